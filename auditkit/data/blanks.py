"""Labels that are not known and decisions that were withheld: values without gaps, and a mask beside them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from auditkit.errors import DataError
from auditkit.value_spelling import meant, spelling


class Filled(NamedTuple):
    """Values of which some are blank."""

    values: Any
    """(N,) as given; where blank, one of the values that are there, so that no new one appears."""
    there: np.ndarray | None
    """(N,) bool: False where blank; None where nothing is."""


def fill(values: Any, what: str, meaning: Any = None) -> Filled:
    """Take the blanks out of a column.

    Args:
        values: (N,) labels or decisions.
        what: the column, for messages.
        meaning: the value that means blank, in any spelling, beside what is missing; None or "": only what is missing.

    Raises:
        DataError: every row is blank.
    """
    import pandas  # the one library that knows every kind of missing value

    column = pandas.Series(values).reset_index(drop=True)
    blank = column.isna().to_numpy()
    if meaning not in (None, ""):
        sentence = spelling(meant(meaning))
        blank = (
            blank | column.map(lambda value: spelling(meant(value)) == sentence, na_action="ignore").eq(True).to_numpy()
        )
    if not blank.any():
        return Filled(values, None)
    if blank.all():
        raise DataError(f"{what} is blank in every row; check that the right column is named")
    full = column[~blank].iloc[0]
    filled = column.astype(object).where(~blank, full)
    return Filled(filled.infer_objects().to_numpy(), ~blank)


def check_mask(mask: Any, rows: int, what: str) -> np.ndarray | None:
    """(N,) bool, or None where it is True everywhere.

    Raises:
        DataError: not bool, or not one value per row.
    """
    array = np.asarray(mask)
    if array.dtype != bool or array.shape != (rows,):
        raise DataError(
            f"{what} must be one true or false per row ({rows}); {array.dtype} of shape {array.shape} was given"
        )
    if not array.any():
        raise DataError(f"{what} is false in every row; leave the column out instead")
    return None if array.all() else array


def check_people(people: Any, what: str) -> np.ndarray:
    """(N,) int64: how many people each row stands for.

    Raises:
        DataError: a number that is missing, not whole, or under 1.
    """
    try:
        array = np.asarray(people, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{what}: people must be whole numbers, how many people each row stands for") from None
    wrong = ~(np.isfinite(array) & (array >= 1) & (array == np.round(array)) & (array < 2**53))
    if array.ndim != 1 or wrong.any():
        raise DataError(
            f"{what}: people must be whole numbers from 1, how many people each row stands for; {int(wrong.sum())} are "
            "not. Take rows of nobody out; fractions are weights, not people"
        )
    return array.astype(np.int64)
