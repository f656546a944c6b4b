"""How numbers and dates are written in a table, as far as its owner says so."""

from dataclasses import dataclass
from typing import Any, Final

from auditkit.errors import DataError, closest
from auditkit.value_spelling import listed

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
            raise DataError(f"decimal and thousands must be different signs; both are {self.decimal!r}")

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
