"""Which rows are exactly the same: within the audit data, and between it and the training split."""

from __future__ import annotations

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


def identify(here: Any, there: Any = None) -> Identities:
    """Number the rows by what they hold, so that equal rows have equal numbers.

    Rows of a table by their values (1 and 1.0 are the same, missing equals missing), rows of an array by the BLAKE2
    digest of their bytes, texts as they are.

    Args:
        here: a table, an array or tensor (N, ...), or a list of texts.
        there: other rows of the same kind, or None.
    """
    sets = [here] if there is None else [here, there]
    if hasattr(here, "columns"):
        numbers = _of_tables(sets)
    else:
        numbers = _of_keys([_keys(each, as_array(here)) for each in sets])
    return Identities(numbers[: len(here)], None if there is None else numbers[len(here) :])


def repeated(numbers: np.ndarray) -> np.ndarray:
    """(N,) bool: rows that repeat an earlier one."""
    _, first = np.unique(numbers, return_index=True)
    again = np.ones(len(numbers), dtype=bool)
    again[first] = False
    return again


def overlap(rows: Identities, here: np.ndarray | None = None, there: np.ndarray | None = None) -> Overlap:
    """Which rows of the one set occur in the other.

    Args:
        rows: the numbers of both sets.
        here: (N,) labels of the one set.
        there: (M,) labels of the other.
    """
    rows_there = present(rows.there, "asked only where there is another set")
    inputs = np.isin(rows.here, rows_there)
    if here is None or there is None:
        return Overlap(inputs, None)
    labels = _factorized([here, there])
    both = np.concatenate([rows.here, rows_there]) * (int(labels.max()) + 1) + labels
    return Overlap(inputs, np.isin(both[: len(here)], both[len(here) :]))


def planted_share(inputs: Any, rows: np.ndarray) -> float:
    """The share of planted copies that are found: appended as repeats, and set apart as another set.

    Args:
        inputs: the rows.
        rows: positions of those that are copied.
    """
    copied = take_rows(inputs, np.concatenate([np.arange(len(inputs)), rows]))
    before = repeated(identify(inputs).here).sum()
    after = repeated(identify(copied).here).sum()
    apart = overlap(identify(take_rows(inputs, rows), inputs)).inputs
    return float(min((after - before) / len(rows), apart.mean()))


def _of_tables(tables: list[Any]) -> np.ndarray:
    numbers = np.zeros(sum(len(table) for table in tables), dtype=np.int64)
    for name in tables[0].columns:
        codes = _factorized([table[name] for table in tables])
        numbers = _factorized([numbers * (int(codes.max()) + 1) + codes])
    return numbers


def _factorized(columns: list[Any]) -> np.ndarray:
    """Positions from 0, equal where values are equal; a missing value has its own."""
    import pandas  # hashes values of any kind

    plain = [np.asarray(column, dtype=object) if _strange(column) else np.asarray(column) for column in columns]
    kinds = {column.dtype.kind for column in plain}
    if len(kinds) > 1 and not kinds <= set("biuf"):
        plain = [column.astype(object) for column in plain]
    codes, _ = pandas.factorize(np.concatenate(plain))
    return codes.astype(np.int64) + 1


def _strange(column: Any) -> bool:
    return not isinstance(getattr(column, "dtype", None), np.dtype)


def _keys(inputs: Any, like: np.ndarray | None) -> list[Any]:
    if like is None:
        return list(inputs)
    array = present(as_array(inputs), "both sets are of one kind")
    array = array.astype(like.dtype, copy=False)
    array = array + 0.0 if array.dtype.kind == "f" else array  # -0.0 is 0.0
    return [hashlib.blake2b(np.ascontiguousarray(row).tobytes(), digest_size=16).digest() for row in array]


def _of_keys(sets: list[list[Any]]) -> np.ndarray:
    place: dict[Any, int] = {}
    return np.array([place.setdefault(key, len(place)) for keys in sets for key in keys], dtype=np.int64)
