"""Several labels of one row: a 0 or 1 for each, kept as one text such as "0110", which is a value like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from auditkit.data.inputs import as_array, without_mask
from auditkit.errors import DataError
from auditkit.lazy import pandas
from auditkit.text import number_of, one_line, shown
from auditkit.value_spelling import listed, spelling

MOST: Final = 500
"""Labels of one task at most."""
LETTERS: Final = 100
"""Of the name of a label, at most."""
_YES, _NO = ("1", "true", "yes"), ("0", "false", "no")


def as_sets(columns: np.ndarray, names: Sequence[str], role: str = "label") -> np.ndarray:
    """(N,) one text for each row, a character of 0 or 1 for each label; None where a label of the row is missing.

    Args:
        columns: (N, L) zeros and ones, true and false, "yes" and "no", or texts of these; any spelling.
        names: of the L labels.
        role: label or decisions, for messages.

    Raises:
        DataError: another value; the message says in which column, and how many there are.
    """
    size = len(columns)
    sets = np.zeros((size, len(names)), dtype=np.uint8)
    missing = np.zeros(size, dtype=bool)
    for place, name in enumerate(names):
        codes, distinct = pandas.factorize(np.asarray(columns[:, place], dtype=object), use_na_sentinel=False)
        meanings = np.array([_meaning(value) for value in distinct], dtype=np.int64)
        if (meanings == _STRANGE).any():
            strange = int((meanings[codes] == _STRANGE).sum())
            raise DataError(
                f"{role} {one_line(name)!r} must hold 0 or 1 in every row, as the task is multilabel; rows with other "
                f"values: {strange}. Make a column of 0 and 1 of each value that it has, or take it out"
            )
        sets[:, place] = np.maximum(meanings, 0)[codes]
        missing |= meanings[codes] == _MISSING
    texts = np.ascontiguousarray(sets + ord("0")).view(f"S{len(names)}")[:, 0].astype(str)
    if not missing.any():
        return texts
    some = texts.astype(object)
    some[missing] = None
    return some


_MISSING, _STRANGE = -1, -2


def _meaning(value: Any) -> int:
    if pandas.isna(value):
        return _MISSING
    text = spelling(value).lower()
    return 1 if text in _YES else 0 if text in _NO else _STRANGE


def matrix_of(sets: np.ndarray, labels: int) -> np.ndarray:
    """(N, L) bool from the texts that `as_sets` gives."""
    return np.ascontiguousarray(np.asarray(sets).astype(f"S{labels}")).view(np.uint8).reshape(-1, labels) == ord("1")


def check_outputs(outputs: Any, name: str) -> tuple[str, ...]:
    """The names of the labels, as AuditData keeps them.

    Raises:
        DataError: fewer than two, too many, twice the same, or no texts.
    """
    names = tuple(map(str, outputs))
    if not 2 <= len(names) <= MOST:
        raise DataError(
            f"{name}: the task multilabel needs 2 to {MOST} labels, by their names; {len(names)} are named. Name the "
            'columns, as in label=["flu", "cold"], or, of an array (N, L), outputs=["flu", "cold"]'
        )
    wrong = next((one for one in names if not one.strip() or len(one) > LETTERS), None)
    if wrong is not None or len(set(names)) < len(names):
        given = f"{shown(wrong)} was given" if wrong is not None else f"of {listed(names)} two are the same"
        raise DataError(
            f"{name}: names of labels must be different texts of 1 to {LETTERS} characters; {given}. Give each column "
            "a name of its own"
        )
    return names


def label_sets(values: Any, outputs: Sequence[str], description: str, role: str = "label") -> np.ndarray:
    """(N,) texts of (N, L) values; texts that this module made are taken as they are.

    Args:
        values: a table, array, tensor or sparse matrix (N, L), or (N,) texts of a 0 or 1 for each label.
        outputs: the names of the L labels; columns of a table that have these names are taken by them.
        description: of the values, for messages.
        role: label or decisions, for messages.

    Raises:
        DataError: another shape, a value that is not 0 or 1, or a label that is missing.
    """
    if hasattr(values, "columns") and set(names_in(values)) >= set(outputs):
        values = values[[column for name in outputs for column in values.columns if str(column) == name]]
    values = (
        values.to_numpy() if hasattr(values, "iloc") else values.toarray() if hasattr(values, "toarray") else values
    )
    array = as_array(without_mask(values))
    array = np.array(values, dtype=object) if array is None else array
    if array.ndim == 1 and all(isinstance(text, str) and len(text) == len(outputs) for text in array):
        array = np.array([list(text) for text in dict.fromkeys(array)], dtype="U1").reshape(-1, len(outputs))
        _ = as_sets(array, outputs, role)  # each different text is looked at once
        return np.asarray(values).astype(f"U{len(outputs)}")
    if array.ndim != 2 or array.shape[1] != len(outputs):
        raise DataError(
            f"{description} must have one column for each of the {len(outputs)} labels {listed(tuple(outputs))}, of "
            f"shape (N, {len(outputs)}); they have the shape {array.shape}. Name the labels with outputs=[…]"
        )
    sets = as_sets(array, outputs, role)
    if sets.dtype.kind == "O":
        count = sum(one is None for one in sets)
        raise DataError(f"{description}: some label is missing in {number_of(count, 'row')}; leave these rows out")
    return sets


def check_chances(scores: Any, outputs: Sequence[str], name: str) -> np.ndarray:
    """(N, L) float64 recorded probabilities of each label.

    Raises:
        DataError: another shape, or numbers outside of 0 and 1.
    """
    values = scores.to_numpy() if hasattr(scores, "iloc") else scores
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != len(outputs):
        raise DataError(
            f"{name}: scores must have one column for each of the {len(outputs)} labels; they have the shape "
            f"{array.shape}"
        )
    wrong = int((~((array >= 0) & (array <= 1))).any(axis=1).sum())  # NaN is outside too
    if wrong:
        raise DataError(
            f"{name}: scores of several labels must be probabilities, from 0 to 1; {number_of(wrong, 'row')} hold "
            "others. Apply a sigmoid to logits, or record decisions"
        )
    return array


def names_in(values: Any) -> tuple[str, ...]:
    """The names of the columns of a table or mapping; empty for an array."""
    columns = getattr(values, "columns", values if isinstance(values, Mapping) else ())
    return tuple(str(column) for column in columns)
