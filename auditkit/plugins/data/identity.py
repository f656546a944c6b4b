"""Which rows are the same, within the audit data and in the training split; which are of the same person."""

import hashlib
from typing import Any, NamedTuple

import numpy as np

from auditkit.data import AuditData, as_array, how_many, take_rows
from auditkit.errors import present
from auditkit.lazy import pandas


class People(NamedTuple):
    """What the ids say."""

    share: float
    """Rows whose id an earlier row has / rows with an id."""
    rows: int
    """Rows with an id."""
    note: str


def identify(rows: Any, other_rows: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """(N,) int64 numbers of the rows by what they hold, and (M,) of the others; equal rows have equal numbers.

    Rows of a table by their values (1 and 1.0 are the same, missing equals missing), rows of an array by the BLAKE2
    digest of their bytes, texts as they are.

    Args:
        rows: a table, an array or tensor (N, ...), or a list of texts.
        other_rows: M other rows of the same kind; None: none.
    """
    sets = [rows] if other_rows is None else [rows, other_rows]
    if hasattr(rows, "columns"):
        numbers = _of_tables(sets)
    else:
        positions: dict[Any, int] = {}
        keys = [key for inputs in sets for key in _keys(inputs, as_array(rows))]
        numbers = np.array([positions.setdefault(key, len(positions)) for key in keys], dtype=np.int64)
    return numbers[: len(rows)], numbers[len(rows) :]


def repeated(numbers: np.ndarray) -> np.ndarray:
    """(N,) bool: rows that repeat an earlier one."""
    return pandas.Series(numbers).duplicated().to_numpy()


def with_label_among(here: np.ndarray, there: np.ndarray, labels: np.ndarray, other_labels: np.ndarray) -> np.ndarray:
    """(N,) bool: the rows that occur among other rows with the same label.

    Args:
        here: (N,) the numbers of the rows, as `identify` gives them.
        there: (M,) those of the others.
        labels: (N,) labels of the rows.
        other_labels: (M,) labels of the others.
    """
    label_codes = _factorized([labels, other_labels])
    # one number for row and label: no two pairs have the same
    both = np.concatenate([here, there]) * (int(label_codes.max()) + 1) + label_codes
    return np.isin(both[: len(labels)], both[len(labels) :])


def planted_share(inputs: Any, rows: np.ndarray) -> float:
    """The share of planted copies that are found: appended as repeats, and set apart as another set.

    Args:
        inputs: the rows.
        rows: positions of those that are copied.
    """
    copied = take_rows(inputs, np.concatenate([np.arange(len(inputs)), rows]))
    before, after = (repeated(identify(every)[0]).sum() for every in (inputs, copied))
    as_other_set = np.isin(*identify(take_rows(inputs, rows), inputs))
    return float(min((after - before) / len(rows), as_other_set.mean()))


def people_of(data: AuditData, alike: float) -> People | None:
    """How many rows are of a person that an earlier row is of; None without ids.

    Args:
        data: the audit data.
        alike: the share of rows whose inputs equal those of an earlier row.
    """
    # a negative number stands for a row without an id
    if data.ids is None or (data.ids < 0).all():
        return None
    ids = data.ids[data.ids >= 0]
    again = int(repeated(ids).sum())
    lacking = " Some rows have no id." if len(ids) < len(data) else ""
    if not again:
        sentence = f"no person twice; {alike:.1%} share all values with another, earlier row".replace("%", " %")
        return People(0.0, len(ids), f"By their ids: {sentence}.{lacking}")
    return People(
        float(again / len(ids)), len(ids),
        f"Ids repeat: {how_many(again, data.minimum_cell, data.disclosure, 'row has', 'rows have')} the id of an "
        "earlier row. Where an id is a person, intervals that take rows for people are too narrow; where it is not, "
        f"name the columns that are, or none.{lacking}",
    )  # fmt: skip


def _of_tables(tables: list[Any]) -> np.ndarray:
    numbers = np.zeros(sum(len(table) for table in tables), dtype=np.int64)
    for name in tables[0].columns:
        codes = _factorized([table[name] for table in tables])
        # made small again after every column, so that the product stays within int64
        numbers = _factorized([numbers * (int(codes.max()) + 1) + codes])
    return numbers


def _factorized(columns: list[Any]) -> np.ndarray:
    """Positions from 0, equal where values are equal; a missing value has its own."""
    # the types of pandas and Arrow have missing values of their own kinds, which numpy's types would not keep apart
    is_numpy = [isinstance(getattr(column, "dtype", None), np.dtype) for column in columns]
    plain = [np.asarray(column, None if known else object) for column, known in zip(columns, is_numpy, strict=True)]
    kinds = {column.dtype.kind for column in plain}
    # numpy would write numbers as texts where a column of the one set is text
    if len(kinds) > 1 and not kinds <= set("biuf"):
        plain = [column.astype(object) for column in plain]
    codes, _ = pandas.factorize(np.concatenate(plain))
    return codes.astype(np.int64) + 1


def _keys(inputs: Any, like: np.ndarray | None) -> list[Any]:
    if like is None:
        return list(inputs)
    array = present(as_array(inputs), "both sets are of one kind")
    # bytes of float32 and of float64 differ where the numbers are the same
    array = array.astype(like.dtype, copy=False)
    array = array + 0.0 if array.dtype.kind == "f" else array  # -0.0 is 0.0
    return [hashlib.blake2b(np.ascontiguousarray(row).tobytes(), digest_size=16).digest() for row in array]
