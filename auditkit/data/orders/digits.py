"""Whole numbers that are dates written in digits alone, of which the leading zero may be lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from auditkit.data.orders.dates import by_format, digits_of
from auditkit.data.orders.notation import NO_DATES, Notation
from auditkit.data.orders.order import Order
from auditkit.data.orders.texts import Reading, readings

EARLIEST: Final = 101
"""The smallest number that is a date: the first of January 2000, in two digits of the year, the year first."""
RANGES: Final = {
    6: (EARLIEST, 991_231),
    7: (11_900, 3_662_100),
    8: (1_011_900, 31_129_999),
    12: (10_119_000_000, 311_299_992_359),
    14: (1_011_900_000_000, 31_129_999_235_959),
}
"""{digits: the smallest and the largest number} of dates, with and without a time."""
MANY: Final = 20
"""Different numbers that are all dates by no chance."""
FEW: Final = 2
"""Different numbers among them that may stand for a missing date."""
FIRST: Final = (4, 100)
"""Numbers that are tried before all are: most columns are known by these."""
LEAST: Final = 10_100
"""No column whose numbers are all smaller has another order as dates."""


def days_of(numbers: np.ndarray, notation: Notation, otherwise: str) -> Order | None:
    """Whole numbers that are all dates, as 3022024 and 30224 are, where that is another order than the numbers' own.

    None for others, and where the owner says that no digits are dates. Numbers that are dates too have an order where
    the owner says which; else they are in doubt. One or two that stand for a missing date, as 0 does, are missing.

    Args:
        numbers: (N,) float64, NaN where missing.
        notation: what the owner says.
        otherwise: the setting that says that they are numbers.
    """
    if f'dates = "{notation.dates}"' == NO_DATES or not _may_be(
        numbers[:: max(1, len(numbers) // FIRST[-1])], notation
    ):
        return None
    distinct = np.unique(numbers[~np.isnan(numbers)])
    dates = distinct[[not _lacking(value) for value in distinct]] if len(distinct) > MANY else distinct
    if len(dates) < MANY or len(distinct) - len(dates) > FEW:
        return None
    found = _moments(dates, notation)
    if not found:
        return None
    if len(found) == 1 and notation.dates is not None:
        values = np.append(found[0].values, np.nan)
        place = np.searchsorted(dates, np.where(np.isnan(numbers), dates[0], numbers))
        known = dates[np.minimum(place, len(dates) - 1)] == numbers
        return Order(values[np.where(known, place, -1)], found[0].how)
    choices = tuple(dict.fromkeys(("numbers", *(each.how for each in found))))
    return Order(None, "", choices, tuple(dict.fromkeys((otherwise, *(each.setting for each in found)))))


def _may_be(numbers: np.ndarray, notation: Notation) -> bool:
    """Whether some of the numbers, looked at by themselves, are all dates."""
    some = np.unique(numbers[~np.isnan(numbers)])
    whole = bool(len(some) and not (some % 1).any() and (np.abs(some) < RANGES[14][1] * 10).all())
    if not whole or (some[-1] < LEAST and "%" not in str(notation.dates)):
        return False
    known = [value for value in some if not _lacking(value)]
    return all(_fitting(known[:: max(1, len(known) // few)], notation) for few in FIRST)


def _lacking(value: float) -> bool:
    return value < EARLIEST or set(f"{value:.0f}") == {"9"}


def _fitting(numbers: Sequence[float] | np.ndarray, notation: Notation) -> list[Reading]:
    """The readings as dates, of each width that they may have."""
    if not len(numbers):
        return []
    form = str(notation.dates)
    lowest, highest = min(numbers), max(numbers)
    widths = [digits for digits, (low, high) in RANGES.items() if low <= lowest and highest <= high]
    if "%" in form:
        widths = [digits_of(form)] if highest < 10 ** digits_of(form) else []
    found: list[Reading] = []
    for digits in widths:
        texts = [f"{int(value):0{digits}d}" for value in numbers]
        moments = [each for each in readings(texts, notation) if each.kind == "moment"]
        found += moments or (_year_day_month(texts, notation) if digits == 8 else [])
    return found


def _moments(numbers: np.ndarray, notation: Notation) -> list[Reading]:
    """The readings as dates whose order is not that of the numbers; all that differ, unless the owner says which."""
    found = _fitting(numbers, notation)
    kept = [each for each in found if notation.dates is not None or (np.diff(each.values) < 0).any()]
    return [each for at, each in enumerate(kept) if all(each.values != other.values for other in kept[:at])]


def _year_day_month(texts: list[str], notation: Notation) -> list[Reading]:
    """Year, day and month, which are dates of that order where they are none with the month before the day."""
    form = "%Y%d%m"
    iso: Callable[[str], list[float] | None] = lambda kind: by_format(texts, kind)  # noqa: E731
    values = None if iso("%Y%m%d") is not None else iso(form)
    return [] if values is None else [Reading(f"dates as {form}", "moment", f'dates = "{form}"', values)]
