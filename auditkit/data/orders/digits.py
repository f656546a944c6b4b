"""Whole numbers that are dates written in digits alone, of which the leading zero may be lost."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from auditkit.data.orders.dates import by_format, digits_of
from auditkit.data.orders.notation import NO_DATES, Notation
from auditkit.data.orders.order import Order
from auditkit.data.orders.texts import Reading, dated

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
YEAR_DAY_MONTH: Final = "%Y%d%m"
"""Taken for an order of dates where no other one fits."""
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
    readings = _fitting(dates, notation)
    stated = [reading for reading in readings if reading.setting == f'dates = "{notation.dates}"']
    if stated:
        values = np.append(stated[0].values, np.nan)
        positions = np.minimum(np.searchsorted(dates, numbers), len(dates) - 1)
        return Order(values[np.where(dates[positions] == numbers, positions, -1)], stated[0].how)
    # The order of dates with the year first is that of the numbers, so that nothing is in doubt.
    reordered = [reading for reading in readings if (np.diff(reading.values) < 0).any()]
    if not reordered:
        return None
    choices, settings = (
        tuple(dict.fromkeys(texts))
        for texts in zip(*((reading.how, reading.setting) for reading in reordered), strict=True)
    )
    return Order(None, "", ("numbers", *choices), (otherwise, *settings))


def _may_be(numbers: np.ndarray, notation: Notation) -> bool:
    """Whether some of the numbers, looked at by themselves, are all dates."""
    distinct = np.unique(numbers[~np.isnan(numbers)])
    are_whole = bool(len(distinct) and not (distinct % 1).any() and (np.abs(distinct) < RANGES[14][1] * 10).all())
    if not are_whole or (distinct[-1] < LEAST and "%" not in str(notation.dates)):
        return False
    known = [value for value in distinct if not _lacking(value)]
    return all(_fitting(known[:: max(1, len(known) // count)], notation) for count in FIRST)


def _lacking(value: float) -> bool:
    return value < EARLIEST or set(f"{value:.0f}") == {"9"}


def _fitting(numbers: Sequence[float] | np.ndarray, notation: Notation) -> list[Reading]:
    """The readings as dates, of each width that they may have; of those that give the same the first."""
    if not len(numbers):
        return []
    form = str(notation.dates)
    lowest, highest = min(numbers), max(numbers)
    widths = [digits for digits, (low, high) in RANGES.items() if low <= lowest and highest <= high]
    # Where the owner names a format, its width is the only one, and shorter numbers lost their leading zeros.
    if "%" in form and (width := digits_of(form)):
        widths = [width] if highest < 10**width else []
    readings: list[Reading] = []
    for digits in widths:
        texts = [f"{int(value):0{digits}d}" for value in numbers]
        dates = dated(texts, notation)
        if digits == 8 and not dates and (values := by_format(texts, YEAR_DAY_MONTH)) is not None:
            dates = [Reading(f"dates as {YEAR_DAY_MONTH}", "moment", f'dates = "{YEAR_DAY_MONTH}"', values)]
        readings += [date for date in dates if all(date.values != reading.values for reading in readings)]
    return readings
