"""Audit data: inputs, labels, groups, weights and schema, with the training split beside them."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from auditkit.data.cells import LARGEST_LEFT_OUT, MINIMUM, Cell, Cells
from auditkit.data.codes import from_codes, to_codes, whole_numbers
from auditkit.data.inputs import as_array, take_rows
from auditkit.data.labels import Recorded, Task
from auditkit.data.orders import NO_DATES, Notation, Order, days_of, order_of
from auditkit.data.outcome import outcome_of
from auditkit.data.ranges import Range
from auditkit.data.schema import FeatureSchema
from auditkit.data.validation import accept
from auditkit.errors import DataError

if TYPE_CHECKING:
    import pandas

    from auditkit.results import Meaning

__all__ = ["AuditData", "Modality", "Recorded", "Task", "as_array", "take_rows"]

Modality: TypeAlias = Literal["table", "image", "text", "sequence"]
Disclosure: TypeAlias = Literal["internal", "publish"]


@dataclass(frozen=True, eq=False)
class AuditData:
    """What a model is audited on. Make one with `AuditData.from_table`, or from arrays with this constructor.

    Raises:
        DataError: lengths or indexes that do not agree, infinite values, missing labels, a positive value that does
            not occur, probabilities given as decisions, weights that are not positive, or a group that is none (see
            `auditkit.data.groups`). Labels of one class are taken here, and refused by `from_table`.
    """

    inputs: Any
    """A pandas DataFrame, an array or tensor `(N, ...)`, or a list of texts: what the model eats."""
    labels: np.ndarray | None = None
    """(N,): the truth, in the data's own vocabulary; numbers for regression."""
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)
    """{attribute: (N,) array of str}; a missing value is the group "(missing)"."""
    weights: np.ndarray | None = None
    """(N,) float64, positive."""
    schema: tuple[FeatureSchema, ...] = ()
    task: Task = "binary"
    modality: Modality = "table"
    positive: Any = None
    """The label value that counts as positive (binary)."""
    train: AuditData | None = None
    """The training split, where there is one."""
    name: str = "data"
    recorded: Recorded | None = None
    people: np.ndarray | None = None
    """(N,) int64: how many people each row stands for, in a table of counts; None: one each."""
    streamed: str = ""
    """Why the data are counts of files that hold rows; empty where they are not."""
    known: np.ndarray | None = None
    """(N,) bool: whether the label is known; where not, `labels` holds a filler. None: all are."""
    withheld: np.ndarray | None = None
    """(N,) bool: whether the recorded decision was withheld; there it is a filler. None: none was."""
    ids: np.ndarray | None = None
    """(N,) int64: rows of the same person have the same number, -1 where the id is missing; any values are taken."""
    label_name: str | None = None
    group_columns: Mapping[str, str] = field(default_factory=dict)
    """{attribute: the column it was made of}, where that has another name."""
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """{attribute: values that are one group, as only blanks around them told them apart}."""
    suspected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """{attribute: values of its column that may stand for a missing one}, where its bins no longer show them."""
    columns: tuple[str, ...] = ()
    """Every column of the table that a model could have been given, inputs or not; empty where there was none."""
    minimum_cell: int = MINIMUM
    """People in the smallest group that is shown."""
    minimum_rate: int = MINIMUM
    """People in the smallest denominator of a rate that is estimated."""
    disclosure: Disclosure = "internal"
    """For whom the evidence is: for readers in the house, or for anybody (`publish`)."""
    range: Range | None = None
    """The lowest and the highest value that an array may hold: one pair, such as ((0, 255),), or one a channel."""
    largest_left_out: float = LARGEST_LEFT_OUT
    """Groups under `minimum_cell` that are left out of a disparity bar it from meeting a limit above this share."""
    reference: Mapping[str, str] = field(default_factory=dict)
    """{attribute: group} with which the other groups are compared too."""
    notation: Notation = field(default_factory=Notation)
    """What the owner says about how numbers and dates are written; for checks, never for the model."""
    doubts: Mapping[str, str] = field(default_factory=dict)
    """{feature: why it is doubtful that its numbers are what they were read as}."""
    whole: Cells | None = None
    """The cells of the data that these rows were drawn from; set by `take`."""
    notes: tuple[str, ...] = ()
    """What was inferred or repaired, for the report."""
    outcome: Meaning | Mapping[str, Meaning] | None = None
    """What being selected is to a person: "benefit" or "burden"; of more than two classes {class: word}; of predicted
    numbers, what a high one is. None: not stated, and nobody is called worse off. It is no part of the digest."""
    selected_means: str = ""
    """What becomes of somebody who is selected, in the owner's words, such as "flagged as high risk"."""

    def __post_init__(self) -> None:
        for name, value in accept(self).items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.inputs)

    @classmethod
    def from_table(
        cls,
        source: str | os.PathLike[str] | pandas.DataFrame | Any,
        *,
        label: Any = None,
        positive: Any = None,
        groups: Sequence[str] | Mapping[str, Any] = (),
        **options: Any,
    ) -> AuditData:
        """Audit data from a table: a DataFrame (pandas, polars, pyarrow), or a csv, parquet or npz file.

        See `auditkit.data.readers.read_table` for every option.
        """
        from auditkit.data.readers import read_table  # the readers build an AuditData, so they cannot come first

        return read_table(source, label=label, positive=positive, groups=groups, **options)

    @functools.cached_property
    def cells(self) -> Cells:
        """Which groups are too small; decided on the whole data, also for a sample of its rows."""
        return self.whole if self.whole is not None else self._cells(None)

    @functools.cached_property
    def classes(self) -> tuple[Any, ...]:
        """The distinct labels, sorted; empty for regression and where there are no labels."""
        if self.labels is None or self.task == "regression":
            return ()
        return tuple(np.unique(self.labels).tolist())

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 over schema and values of everything here, the training split included."""
        return self._digests.whole

    @property
    def rows_digest(self) -> str:
        """SHA-256 over the rows and their groups alone, whatever settings they are read with."""
        return self._digests.rows

    @functools.cached_property
    def _digests(self) -> _Digests:
        return _digest(self)

    def outcome_of(self, category: str | None = None) -> Meaning | None:
        """What being decided for the positive class, or of more than two for `category`, is; None: not stated."""
        return outcome_of(self.outcome, self.task, category)

    @property
    def seen_groups(self) -> tuple[str, ...]:
        """The sensitive attributes whose column is among the inputs; of recorded answers that says nothing."""
        return tuple(name for name in self.groups if self.column_of(name) in self.feature_names)

    def column_of(self, attribute: str) -> str:
        """The column that a sensitive attribute was made of."""
        return self.group_columns.get(attribute, attribute)

    @functools.cached_property
    def _here(self) -> Cells:
        """The cells of these rows; whether they are too small is asked of the whole data."""
        return self.cells if self.whole is None else self._cells(self.whole)

    def _cells(self, whole: Cells | None) -> Cells:
        return Cells(self.groups, self.minimum_cell, whole, self.people, self.minimum_rate)

    @property
    def size(self) -> int:
        """How many people the rows stand for."""
        return len(self) if self.people is None else int(self.people.sum())

    def slices(self, order: int = 1) -> list[Cell]:
        """Every group, and every intersection of up to `order` attributes, in which somebody is, small ones included.

        The masks are about these rows; whether a cell is too small was decided on the whole data.
        """
        return [cell for attributes in self._here.subsets(order) for cell in self._here.of(attributes)]

    def take(self, rows: np.ndarray) -> AuditData:
        """The same data with only these rows (positions or a mask); what may be shown stays as decided before."""
        at = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        recorded = self.recorded and Recorded(*(None if each is None else each[at] for each in self.recorded))
        beside: dict[str, Any] = {name: None if part is None else part[at] for name, part in self._beside.items()}
        return dataclasses.replace(
            self,
            inputs=take_rows(self.inputs, at),
            labels=None if self.labels is None else self.labels[at],
            groups={name: column[at] for name, column in self.groups.items()},
            **beside,
            recorded=recorded,
            whole=self.cells,
        )

    def one_row_each(self) -> AuditData:
        """The same people with a row for each, where a row stands for several."""
        if self.people is None:
            return self
        return dataclasses.replace(self.take(np.repeat(np.arange(len(self)), self.people)), people=None)

    @property
    def _beside(self) -> dict[str, Any]:
        """What there may be for each row beside inputs, labels, groups and recorded answers."""
        beside = {"weights": self.weights, "people": self.people, "known": self.known, "withheld": self.withheld}
        return {**beside, "ids": self.ids}

    def codes(self) -> np.ndarray:
        """The inputs as (N, D) float64 codes; see `auditkit.data.codes`.

        Raises:
            DataError: the inputs are neither a table nor an array (N, D).
        """
        if hasattr(self.inputs, "columns"):
            return to_codes(self.inputs, self.schema)
        array = as_array(self.inputs)
        if array is not None and array.ndim == 2:
            return array.astype(np.float64)
        raise DataError(f"codes() needs a table or an array (N, D); these inputs are of modality {self.modality!r}")

    @functools.cached_property
    def orders(self) -> dict[str, Order]:
        """{feature: its values as ordered numbers, or why they have no order}: of those that are no numbers.

        Booleans, and what the owner declared, have no place; a number has one where it is a date.
        """
        if not self.schema:
            return self._orders_of_array()
        place = {str(name): at for at, name in enumerate(getattr(self.inputs, "columns", ()))}
        found: dict[str, Order | None] = {}
        for feature in self.schema:
            if feature.declared or feature.kind == "boolean":
                continue
            column = self.inputs.iloc[:, place[feature.name]]
            if feature.kind == "integer":
                codes = to_codes(self.inputs, (feature,))[:, 0]
                found[feature.name] = days_of(codes, self.notation, 'kind = "integer" under [data.features.NAME]')
            elif not feature.numeric:
                found[feature.name] = order_of(column, self.notation)
        return {name: order for name, order in found.items() if order is not None}

    def _orders_of_array(self) -> dict[str, Order]:
        """The same of the columns of an array (N, D), of which some may be dates in digits."""
        array = as_array(self.inputs) if self.modality == "table" else None
        if array is None or array.ndim != 2:
            return {}
        found = {
            name: days_of(array[:, at].astype(np.float64), self.notation, NO_DATES)
            for at, name in enumerate(self.feature_names)
        }
        return {name: order for name, order in found.items() if order is not None}

    def decode(self, codes: np.ndarray) -> Any:
        """The inputs that these codes stand for, of the kind the model eats."""
        if hasattr(self.inputs, "columns"):
            frame = from_codes(codes, self.schema)
            frame.columns = self.inputs.columns  # a model may want numbers as column names
            return frame
        array = as_array(self.inputs)
        kind = np.dtype(np.float64) if array is None else array.dtype
        same = whole_numbers(codes, kind) if kind.kind in "iu" else codes.astype(kind)
        return same if isinstance(self.inputs, np.ndarray) else self.inputs.new_tensor(same)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features of a table or of an array (N, D); empty for anything else."""
        if self.schema:
            return tuple(feature.name for feature in self.schema)
        shape: tuple[int, ...] = getattr(self.inputs, "shape", ())
        return tuple(f"x{number}" for number in range(shape[1])) if len(shape) == 2 else ()


class _Digests(NamedTuple):
    whole: str
    rows: str


def _digest(data: AuditData) -> _Digests:
    from auditkit.data.digests import Digest  # hashing is wanted only by those who write

    state = Digest()
    array = as_array(data.inputs)
    if hasattr(data.inputs, "columns"):
        state.frame(data.inputs)
    elif array is not None:
        state.array(array)
    else:
        state.texts(list(data.inputs))
    decisions, scores = data.recorded or (None, None)
    parts = {"labels": data.labels, "decisions": decisions, "scores": scores, **data._beside}
    for name, values in (*parts.items(), *((f"group {name}", data.groups[name]) for name in sorted(data.groups))):
        if values is not None:
            state.text(name)
            state.array(values)
    rows = state.copy()
    rows.text("no training split" if data.train is None else data.train.rows_digest)
    for feature in data.schema:
        state.text((feature.name, feature.kind, feature.categories, feature.low, feature.high, feature.mutable))
        if feature.declared:
            state.text("declared")
    for fact in (data.task, data.modality, data.positive, data.minimum_cell):
        state.text(fact)
    if data.range is not None:
        state.text(("range", data.range))
    if data.largest_left_out != LARGEST_LEFT_OUT or data.reference:
        state.text((data.largest_left_out, sorted(data.reference.items())))
    if not data.notation.says_nothing:
        state.text(data.notation)
    for name in sorted(data.doubts):
        state.text((name, data.doubts[name]))
    if data.minimum_rate != MINIMUM:  # as it is by default, it changes no digest of before
        state.text(("minimum rate", data.minimum_rate))
    if data.disclosure != "internal":
        state.text(("disclosure", data.disclosure))
    state.text("no training split" if data.train is None else data.train.digest)
    return _Digests(state.hexdigest(), rows.hexdigest())
