"""A column of any type as ordered numbers, or why its order is not known.

Whole numbers are dates where they are written in digits alone, of which the leading zero may be lost.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from auditkit.data.orders.dates import by_format, digits_of, seconds
from auditkit.data.orders.order import NO_DATES, Notation, Order
from auditkit.data.orders.plain import plain as in_plain_form
from auditkit.data.orders.texts import Reading, dated, is_word, readings
from auditkit.errors import DataError
from auditkit.lazy import pandas

PARTS: Final = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
EPOCH: Final = seconds(datetime.date(1970, 1, 1))
LARGEST: Final = 1e300
"""Infinite values are put here, so that differences can be taken."""
KINDS: Final = {"numbers": "number", "dates": "moment", "lengths of time": "length"}


def numbers_of(column: Any, notation: Notation, name: str) -> np.ndarray | None:
    """(N,) float64, NaN where missing, of a column of texts each of which is a number; None for any other column.

    Args:
        column: (N,) values.
        notation: what the owner says about texts.
        name: the column, for messages.

    Raises:
        DataError: the texts are numbers in more than one way.
    """
    series = pandas.Series(column)
    if series.dtype.kind in "fiubmMc" or not any(isinstance(value, str) for value in series.dropna().unique()):
        return None
    order = order_of(series, dataclasses.replace(notation, dates="none"))  # digits are no dates here
    if order.choices and order.choices[0].startswith("numbers"):
        raise DataError(f"{name} must be numbers, and {order.doubt}")
    return None if order.worded or not order.how.startswith("numbers") else order.values


def order_of(column: pandas.Series[Any], notation: Notation | None = None) -> Order:
    """A column of a table as ordered numbers.

    Numbers, dates, times, periods and intervals of any library are themselves; ordered categories have their
    positions; texts are read as numbers or dates where one reading fits every value.

    Args:
        column: (N,) values of any kind.
        notation: what the owner says about texts.
    """
    notation = notation or Notation()
    dtype = column.dtype
    lacking = column.isna().to_numpy(dtype=bool)
    # The categories are read in place of the rows: there are few of them, and each row names one.
    if isinstance(dtype, pandas.CategoricalDtype):
        known = order_of(pandas.Series(dtype.categories.astype(object), dtype=object), notation)
        if dtype.ordered:
            known = _in_their_order(len(dtype.categories), known)
        if known.values is None:
            return known
        return dataclasses.replace(known, values=np.append(known.values, np.nan)[column.cat.codes.to_numpy()])
    if getattr(dtype, "kind", "") in "mM":  # those of zones are
        ticks = getattr(column.array, "asi8", None)
        if ticks is not None:
            first, kind = (0.0, "lengths of time") if dtype.kind == "m" else (EPOCH, "dates")
            return Order(np.where(lacking, np.nan, ticks / PARTS[column.array.unit] + first), kind)
    if isinstance(dtype, np.dtype) and dtype.kind in "fiub":
        return Order(np.clip(column.to_numpy(dtype=np.float64), -LARGEST, LARGEST))
    codes, distinct = pandas.factorize(column.astype(object))
    read = _read(list(distinct), notation)
    if read.values is None:
        return read
    values = np.clip(np.append(read.values, np.nan), -LARGEST, LARGEST)
    return dataclasses.replace(read, values=values[np.where(lacking, -1, codes)])


def _in_their_order(count: int, read: Order) -> Order:
    """Ordered categories by their positions, unless they are numbers or dates that stand there in no order.

    Args:
        count: how many.
        read: what they say, the first one first.
    """
    description = "categories in their order"
    # The owner's order of categories holds, unless they are numbers that it contradicts.
    steps = np.diff(np.zeros(0) if read.values is None else read.values[np.isfinite(read.values)])
    if (steps < 0).any() and (steps > 0).any() and not read.worded:
        return Order(None, "", (description, read.how or "numbers"), ('kind = "category" under [data.features.NAME]',))
    return Order(np.arange(count, dtype=np.float64), description)


def _read(distinct: Sequence[Any], notation: Notation) -> Order:
    """Different values of a column of objects."""
    plain = [_plain(value) for value in distinct]
    texts = [value for value in plain if isinstance(value, str)]
    typed = {value[0] for value in plain if isinstance(value, tuple)}
    if any(value is None for value in plain) or len(typed) > 1:
        return Order()
    if not texts:
        kind = next(iter(typed), "numbers")
        values = np.array([value[1] for value in plain if isinstance(value, tuple)], dtype=np.float64)
        return Order(values, "" if kind == "numbers" else kind)
    beside = {KINDS[kind] for kind in typed}
    fitting = [reading for reading in readings(texts, notation) if beside <= {reading.kind}]
    # Digits alone are dates only where nothing else in the column says that they are numbers.
    if beside <= {"number"} and all(reading.kind == "number" for reading in fitting):
        days = _digits(plain, notation)
        if days is not None:
            return days
    if not fitting and typed:
        return _with_few_words(plain, texts)
    if len(fitting) != 1:
        settings = tuple(dict.fromkeys(reading.setting for reading in fitting if reading.setting))
        return Order(None, "", tuple(dict.fromkeys(reading.how for reading in fitting)), settings)
    return Order(np.array(_merged(plain, fitting[0])), fitting[0].how, worded=any(map(is_word, texts)))


def _digits(plain: Sequence[Any], notation: Notation) -> Order | None:
    """Texts of digits alone, and numbers, as dates that may have lost a leading zero."""
    numbers = []
    for value in plain:
        text = in_plain_form(value) if isinstance(value, str) else ""
        if isinstance(value, str) and not text.isdecimal():
            return None
        numbers.append(float(text or value[1]))
    return days_of(np.array(numbers), notation, NO_DATES)


def _merged(plain: Sequence[Any], reading: Reading) -> list[float]:
    numbers = iter(reading.values)
    return [next(numbers) if isinstance(value, str) else value[1] for value in plain]


def _with_few_words(plain: Sequence[Any], texts: Sequence[str]) -> Order:
    """Numbers among which a few words stand: these come before all numbers."""
    numbers = [value[1] for value in plain if isinstance(value, tuple)]
    if len(texts) >= len(numbers) or not all(map(is_word, texts)):
        return Order()
    worded_values = {text: min(numbers) - len(texts) + rank for rank, text in enumerate(sorted(texts))}
    values = np.array([worded_values[value] if isinstance(value, str) else value[1] for value in plain])
    return Order(values, "numbers with words before them", worded=True)


def _plain(value: Any) -> str | tuple[str, float] | None:
    """A value as text, or as what it is and its number; None for what has no order."""
    if isinstance(value, enum.Enum):
        value = value.value
    # A moment of numpy is left as it is, for item() makes an integer of one in nanoseconds.
    value = value.item() if isinstance(value, np.generic) and value.dtype.kind not in "mM" else value
    for kind, read in KINDS_OF_PYTHON:
        if isinstance(value, kind):
            return read(value)
    return _of_pandas(value)


def _of_pandas(value: Any) -> tuple[str, float] | None:
    """Periods and intervals."""
    if isinstance(value, pandas.Period):
        return "dates", seconds(value.start_time.to_pydatetime(warn=False))
    if not isinstance(value, pandas.Interval):
        return None
    low, high = _plain(value.left), _plain(value.right)
    if not isinstance(low, tuple) or not isinstance(high, tuple):
        return None
    ends = [end for end in (low[1], high[1]) if math.isfinite(end)]  # "65 and over" stands at 65
    return (low[0], sum(ends) / len(ends)) if ends else None


def _finite(value: Any) -> tuple[str, float]:
    try:
        return "numbers", float(value)
    except OverflowError:  # beyond 1e308
        return "numbers", math.copysign(math.inf, value)


def _clock(value: datetime.time) -> tuple[str, float]:
    return "lengths of time", value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6


KINDS_OF_PYTHON: Final[tuple[tuple[Any, Callable[[Any], str | tuple[str, float] | None]], ...]] = (
    (str, str),
    (bytes, lambda value: value.decode("utf-8", "replace")),
    (complex, lambda value: ("numbers", value.real) if value.imag == 0 else None),
    (bool | int | float | decimal.Decimal | fractions.Fraction, _finite),
    (datetime.date, lambda value: ("dates", seconds(value))),
    (datetime.time, _clock),
    (datetime.timedelta, lambda value: ("lengths of time", value.total_seconds())),
    (np.datetime64, lambda value: ("dates", seconds(pandas.Timestamp(value).to_pydatetime(warn=False)))),
    (np.timedelta64, lambda value: ("lengths of time", pandas.Timedelta(value).total_seconds())),
)
"""How values of Python and numpy are read; the moments of pandas are datetimes, its lengths of time timedeltas."""


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
