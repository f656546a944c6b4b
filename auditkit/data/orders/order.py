"""What is known of the order of a column's values, and what its owner says of how they are written."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from auditkit.errors import DataError, closest
from auditkit.value_spelling import listed


@dataclass(frozen=True)
class Order:
    """A column as ordered numbers; where its order is not known there are no numbers."""

    values: np.ndarray | None = None
    """(N,) float64, NaN where missing; of dates seconds since the year 1, of lengths of time seconds."""
    how: str = ""
    """How it was read, in words; empty where that goes without saying."""
    choices: tuple[str, ...] = ()
    """The readings that fit every value, where there are several."""
    settings: tuple[str, ...] = ()
    """The settings that choose among them."""
    worded: bool = False
    """Whether words stand among the numbers, which come before all numbers."""

    @property
    def doubt(self) -> str:
        """Why no reading was taken, with the setting that decides."""
        if not self.choices:
            return "its values are neither numbers nor dates in any known form"
        readings = " or ".join(self.choices)
        mend = f"; say {' or '.join(self.settings)} under [data]" if self.settings else ""
        return f"its values can be read as {readings}{mend}"


DATES: Final = ("day first", "month first", "year first", "none")
NO_DATES: Final = 'dates = "none"'
"""The setting that says that no digits are dates."""
DECIMALS: Final = (".", ",")
THOUSANDS: Final = (".", ",", " ", "'", "_")


@dataclass(frozen=True)
class Notation:
    """What decides where two readings fit every value of a column.

    Raises:
        DataError: a sign that is none of those known, or the same sign for both.
    """

    decimal: str | None = None
    """The sign before the decimals: a point or a comma."""
    thousands: str | None = None
    """The sign between groups of three digits."""
    dates: str | None = None
    """Day first, month first or year first; a format of `strftime`, such as %d.%m.%Y; or none, where no digits are."""

    def __post_init__(self) -> None:
        _check("decimal", self.decimal, DECIMALS)
        _check("thousands", self.thousands, THOUSANDS)
        if self.dates is None or "%" not in str(self.dates):
            _check("dates", self.dates, DATES)
        if self.decimal is not None and self.decimal == self.thousands:
            raise DataError(f"decimal and thousands must be different characters; both are {self.decimal!r}")

    def allows_decimal(self, sign: str) -> bool:
        """Whether numbers with this decimal sign are as the owner says."""
        return self.decimal in (None, sign) and self.thousands != sign

    @property
    def says_nothing(self) -> bool:
        """Whether the owner left it all open."""
        return self == Notation()


def _check(setting: str, value: Any, known: tuple[str, ...]) -> None:
    if value is None or value in known:
        return
    or_format = " or a format such as %d.%m.%Y" if setting == "dates" else ""
    raise DataError(
        f"{setting} must be one of {listed(known)}{or_format}; {value!r} was given. {closest(str(value), known)}"
    )
