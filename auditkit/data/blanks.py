"""Blanks: those around a text, and values that are blank, as labels that are not known and decisions withheld are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from auditkit.data.inputs import as_column
from auditkit.errors import DataError
from auditkit.lazy import pandas
from auditkit.value_spelling import meant, spelling


def fill(values: Any, name: str, meaning: Any = None) -> tuple[Any, np.ndarray | None]:
    """Take the blanks out of a column.

    Args:
        values: (N,) labels or decisions.
        name: the column, for messages.
        meaning: the value that means blank, in any spelling, beside what is missing; None or "": only what is missing.

    Returns:
        (N,) values as given; where blank, one of the values that are there, so that no new one appears. And (N,) bool:
        False where blank; None where nothing is.

    Raises:
        DataError: every row is blank.
    """
    column = pandas.Series(values).reset_index(drop=True)
    blank = column.isna().to_numpy()
    if meaning not in (None, ""):
        blank_spelling = spelling(meant(meaning))
        means_blank = column.map(lambda value: spelling(meant(value)) == blank_spelling, na_action="ignore")
        blank = blank | means_blank.eq(True).to_numpy()  # map leaves a missing value missing
    if not blank.any():
        return values, None
    if blank.all():
        raise DataError(f"{name} is blank in every row; check that the right column is named")
    # A value of the column's own fills the gaps, so that no class appears that nobody has.
    full = column[~blank].iloc[0]
    return column.astype(object).where(~blank, full).infer_objects().to_numpy(), ~blank


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


class Bare(NamedTuple):
    """Values without blanks."""

    values: Any
    """(N,) as given, where there was nothing to take off."""
    stripped: bool = False
    """Whether a text had blanks around it."""
    merged: tuple[str, ...] = ()
    """Texts that are one without the blanks around them."""


@dataclass(frozen=True)
class Blanks:
    """What blanks are in labels, answers, ids and groups; inputs stay as the model knows them."""

    strip: bool = True
    """Whether those around a text are no part of it."""
    missing: bool = True
    """Whether a text of nothing else is a missing value."""

    def off(self, values: Any) -> Bare:
        """The values without blanks; a text of nothing else is None where it is missing.

        Args:
            values: (N,) of any kind.
        """
        column = values if hasattr(values, "factorize") else as_column(values)
        kind = getattr(column.dtype, "categories", column).dtype.kind
        if kind not in "OUT" or column.ndim != 1:
            return Bare(values)
        # Each different text is looked at once, however many rows hold it.
        codes, distinct = pandas.factorize(column.astype(object) if kind in "UT" else column)
        known = np.empty(len(distinct) + 1, dtype=object)
        known[:-1], known[-1] = [self._bare(value) for value in distinct], None  # the code of a missing value is -1
        pairs = list(zip(known, distinct, strict=False))
        # The values come back as given where nothing changed: a column of categories stays one.
        if all(bare is value for bare, value in pairs):
            return Bare(values)
        merged = one_but_for_blanks(distinct) if self.strip else ()
        return Bare(known[codes], any(bare is not None and bare != value for bare, value in pairs), merged)

    def _bare(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        stripped = value.strip() if self.strip else value
        return None if self.missing and not stripped else value if stripped == value else stripped


def one_but_for_blanks(distinct: Iterable[Any]) -> tuple[str, ...]:
    """The texts that others are without the blanks around them, and these others."""
    together: dict[str, list[str]] = {}
    for value in distinct:
        if isinstance(value, str) and value.strip():
            together.setdefault(value.strip(), []).append(value)
    return tuple(name for names in together.values() if len(names) > 1 for name in names)
