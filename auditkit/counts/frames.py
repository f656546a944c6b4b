"""A table of counts as rows of a data frame, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from auditkit.counts.column_codes import raw
from auditkit.counts.histogram import Cells, people_counts
from auditkit.counts.table import CodedAnswers, Counts, collect
from auditkit.errors import DataError, check_known
from auditkit.lazy import pandas
from auditkit.value_spelling import listed, spelling

LABEL: Final = "label"
DECISION: Final = "decision"
PEOPLE: Final = "people"
WEIGHTS: Final = ("weight", "weight_squared")
RESERVED: Final = (LABEL, DECISION, PEOPLE, *WEIGHTS)


def to_frame(counts: Counts) -> pandas.DataFrame:
    """The table as rows: the attributes, `label`, `decision`, `people`; with weights `weight` and `weight_squared`.

    A label that is not known and a decision that was withheld are missing. Combinations of nobody are left out.

    Raises:
        DataError: an attribute is called like one of the other columns.
    """
    clashing = [name for name in counts.attributes if name in RESERVED]
    if clashing:
        raise DataError(f"an attribute is called {clashing[0]!r}, as a column of the table of counts is; rename it")
    cell, label, decision = np.nonzero(counts.tally.rows)
    columns: dict[str, Any] = {
        name: pandas.Categorical.from_codes(counts.cells[cell, index], _texts(counts.values[index]))
        for index, name in enumerate(counts.attributes)
    }
    for name, codes in ((LABEL, label), (DECISION, decision)):
        # pandas writes -1 for missing
        without_unknown = np.where(codes == len(counts.classes), -1, codes)
        columns[name] = pandas.Categorical.from_codes(without_unknown, _texts(counts.classes))
    columns[PEOPLE] = counts.tally.rows[cell, label, decision]
    if counts.weighted:
        columns.update(zip(WEIGHTS, (array[cell, label, decision] for array in counts.tally.tables[1:]), strict=True))
    return pandas.DataFrame(columns)


def from_frame(frame: pandas.DataFrame, classes: Sequence[str] | None = None) -> Counts:
    """The table from rows as `to_frame` gives them, also where these were stored and read again.

    Args:
        frame: a column for each attribute, and `label`, `decision`, `people`; the rows may come in any order, and
            the same combination may stand in several rows.
        classes: their names in order; None: the categories of the columns, or what occurs, sorted.

    Raises:
        DataError: a column is missing, or its values do not fit.
    """
    names = [str(name) for name in frame.columns]
    check_known((LABEL, DECISION, PEOPLE), names, DataError, lambda name: f"a table of counts has a column {name!r}; ")
    weighted = set(WEIGHTS) <= set(names)
    if classes is None:
        of_labels, of_decisions = (_spellings(frame[name]) for name in (LABEL, DECISION))
        classes = of_labels if of_labels == of_decisions else sorted({*of_labels, *of_decisions})
    groups = {name: raw(frame[name]) for name in names if name not in RESERVED}
    labels, decisions = (_positions(frame[name], classes, name) for name in (LABEL, DECISION))
    people = people_counts(frame[PEOPLE].to_numpy())
    sums = [frame[name].to_numpy(dtype=np.float64) if weighted else people.astype(float) for name in WEIGHTS]
    if not all(np.isfinite(column_sums).all() for column_sums in sums):
        raise DataError(f"{' and '.join(WEIGHTS)} must be finite numbers in every row of a table of counts")
    return collect(
        {name: group.values for name, group in groups.items()}, [group.codes for group in groups.values()],
        CodedAnswers(classes, labels, decisions), Cells((), people, *sums), weighted=weighted,
    )  # fmt: skip


def _texts(values: Sequence[str]) -> Any:
    return pandas.Index(list(values), dtype=object)


def _spellings(column: pandas.Series[Any]) -> list[str]:
    if hasattr(column, "cat"):
        return [spelling(category) for category in column.cat.categories]
    return sorted({spelling(value) for value in column.dropna().unique()})


def _positions(column: pandas.Series[Any], classes: Sequence[str], name: str) -> np.ndarray:
    """(K,) positions in `classes`; their number where the value is missing."""
    codes, distinct = pandas.factorize(column.to_numpy(dtype=object, na_value=None))
    spelt = [spelling(value) for value in distinct]
    strange = [value for value in spelt if value not in classes]
    if strange:
        raise DataError(f"{name} holds {listed(strange, 3)}, which is none of the classes {listed(classes)}")
    # pandas codes a missing value as -1, which picks the last place: "not known"
    return np.array([*(list(classes).index(value) for value in spelt), len(classes)], dtype=np.int64)[codes]
