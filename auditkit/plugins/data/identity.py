"""Which rows are exactly the same: within the audit data, and between it and the training split."""

import hashlib
from typing import Any, NamedTuple

import numpy as np

from auditkit.data import as_array, take_rows
from auditkit.errors import present


class Identities(NamedTuple):
    """A number for each row; equal rows have equal numbers, also across the two sets."""

    here: np.ndarray
    """(N,) int64"""
    there: np.ndarray | None
    """(M,) int64: of the other rows, where there are any."""


class Overlap(NamedTuple):
    """Which rows occur among other rows."""

    inputs: np.ndarray
    """(N,) bool: with the same inputs."""
    labelled: np.ndarray | None
    """(N,) bool: with the same inputs and the same label; None without labels."""


def identify(rows: Any, other_rows: Any = None) -> Identities:
    """Number the rows by what they hold, so that equal rows have equal numbers.

    Rows of a table by their values (1 and 1.0 are the same, missing equals missing), rows of an array by the BLAKE2
    digest of their bytes, texts as they are.

    Args:
        rows: a table, an array or tensor (N, ...), or a list of texts.
        other_rows: other rows of the same kind, or None.
    """
    sets = [rows] if other_rows is None else [rows, other_rows]
    if hasattr(rows, "columns"):
        numbers = _of_tables(sets)
    else:
        positions: dict[Any, int] = {}
        keys = [key for inputs in sets for key in _keys(inputs, as_array(rows))]
        numbers = np.array([positions.setdefault(key, len(positions)) for key in keys], dtype=np.int64)
    return Identities(numbers[: len(rows)], None if other_rows is None else numbers[len(rows) :])


def repeated(numbers: np.ndarray) -> np.ndarray:
    """(N,) bool: rows that repeat an earlier one."""
    _, first_positions = np.unique(numbers, return_index=True)
    again = np.ones(len(numbers), dtype=bool)
    again[first_positions] = False
    return again


def overlap(rows: Identities, labels: np.ndarray | None = None, other_labels: np.ndarray | None = None) -> Overlap:
    """Which rows of the one set occur in the other.

    Args:
        rows: the numbers of both sets.
        labels: (N,) labels of the one set.
        other_labels: (M,) labels of the other.
    """
    rows_there = present(rows.there, "asked only where there is another set")
    inputs = np.isin(rows.here, rows_there)
    if labels is None or other_labels is None:
        return Overlap(inputs, None)
    label_codes = _factorized([labels, other_labels])
    # one number for row and label: no two pairs have the same
    both = np.concatenate([rows.here, rows_there]) * (int(label_codes.max()) + 1) + label_codes
    return Overlap(inputs, np.isin(both[: len(labels)], both[len(labels) :]))


def planted_share(inputs: Any, rows: np.ndarray) -> float:
    """The share of planted copies that are found: appended as repeats, and set apart as another set.

    Args:
        inputs: the rows.
        rows: positions of those that are copied.
    """
    copied = take_rows(inputs, np.concatenate([np.arange(len(inputs)), rows]))
    before = repeated(identify(inputs).here).sum()
    after = repeated(identify(copied).here).sum()
    as_other_set = overlap(identify(take_rows(inputs, rows), inputs)).inputs
    return float(min((after - before) / len(rows), as_other_set.mean()))


def _of_tables(tables: list[Any]) -> np.ndarray:
    numbers = np.zeros(sum(len(table) for table in tables), dtype=np.int64)
    for name in tables[0].columns:
        codes = _factorized([table[name] for table in tables])
        # made small again after every column, so that the product stays within int64
        numbers = _factorized([numbers * (int(codes.max()) + 1) + codes])
    return numbers


def _factorized(columns: list[Any]) -> np.ndarray:
    """Positions from 0, equal where values are equal; a missing value has its own."""
    import pandas  # hashes values of any kind

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
