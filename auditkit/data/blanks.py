"""Labels that are not known and decisions that were withheld: values without gaps, and a mask beside them."""

from typing import Any, NamedTuple

import numpy as np

from auditkit.errors import DataError
from auditkit.value_spelling import meant, spelling


class Filled(NamedTuple):
    """Values of which some are blank."""

    values: Any
    """(N,) as given; where blank, one of the values that are there, so that no new one appears."""
    present: np.ndarray | None
    """(N,) bool: False where blank; None where nothing is."""


def fill(values: Any, name: str, meaning: Any = None) -> Filled:
    """Take the blanks out of a column.

    Args:
        values: (N,) labels or decisions.
        name: the column, for messages.
        meaning: the value that means blank, in any spelling, beside what is missing; None or "": only what is missing.

    Raises:
        DataError: every row is blank.
    """
    import pandas  # the one library that knows every kind of missing value

    column = pandas.Series(values).reset_index(drop=True)
    blank = column.isna().to_numpy()
    if meaning not in (None, ""):
        blank_spelling = spelling(meant(meaning))
        means_blank = column.map(lambda value: spelling(meant(value)) == blank_spelling, na_action="ignore")
        blank = blank | means_blank.eq(True).to_numpy()  # map leaves a missing value missing
    if not blank.any():
        return Filled(values, None)
    if blank.all():
        raise DataError(f"{name} is blank in every row; check that the right column is named")
    # A value of the column's own fills the gaps, so that no class appears that nobody has.
    full = column[~blank].iloc[0]
    return Filled(column.astype(object).where(~blank, full).infer_objects().to_numpy(), ~blank)


def check_mask(mask: Any, rows: int, name: str) -> np.ndarray | None:
    """(N,) bool, or None where it is True everywhere.

    Raises:
        DataError: not bool, or not one value per row.
    """
    flags = np.asarray(mask)
    if flags.dtype != bool or flags.shape != (rows,):
        raise DataError(
            f"{name} must be one true or false per row ({rows}); {flags.dtype} of shape {flags.shape} was given"
        )
    if not flags.any():
        raise DataError(f"{name} is false in every row; leave the column out instead")
    return None if flags.all() else flags


def check_people(people: Any, name: str) -> np.ndarray:
    """(N,) int64: how many people each row stands for.

    Raises:
        DataError: a number that is missing, not whole, or under 1.
    """
    try:
        counts = np.asarray(people, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{name}: people must be whole numbers, how many people each row stands for") from None
    # From 2**53 on float64 does not tell whole numbers apart.
    wrong = ~(np.isfinite(counts) & (counts >= 1) & (counts == np.round(counts)) & (counts < 2**53))
    if counts.ndim != 1 or wrong.any():
        raise DataError(
            f"{name}: people must be whole numbers from 1, how many people each row stands for; {int(wrong.sum())} are "
            "not. Take rows of nobody out; fractions are weights, not people"
        )
    return counts.astype(np.int64)
