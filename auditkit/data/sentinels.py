"""Values that stand for a missing one, as -999 and 1900-01-01 do: far from what is next, or much more frequent."""

from __future__ import annotations

import datetime
from typing import Any, Final, NamedTuple

import numpy as np
import pandas

from auditkit.data.orders import Notation, Order, order_of

CODES: Final = frozenset(
    sign * number
    for number in (
        *(float(digit * length) for digit in "9" for length in range(2, 11)),
        *(float(first * (length - 1) + last) for first in "98" for last in "78" for length in range(2, 6)),
        *(float("7" * length) for length in range(2, 6)),
        *(float("9" * length) + 0.9 for length in range(1, 7)),
        32767.0, 2.0**31 - 1, 1e20, 1e30,
    )
    for sign in (1, -1)
) | {-float(digit) for digit in (1, 7, 8, 9)} | {-(2.0**15), -(2.0**31)}  # fmt: skip
"""What questionnaires, sensors and programs write where a value is lacking."""
NEAREST: Final = 10
"""Different values next to the code, whose distances say how far apart values stand there."""
FAR: Final = 5.0
"""Times that distance, to stand apart."""
FEWEST: Final = 2
"""Other values, at least."""
LONG: Final = 99
"""Shorter codes are counts as well: they are known by their distance from many others only."""


DATES: Final = tuple(
    datetime.date.fromisoformat(day)
    for day in (
        "0001-01-01", "1111-11-11", "1582-10-15", "1753-01-01", "1800-01-01", "1899-12-30", "1899-12-31", "1900-01-01",
        "1901-01-01", "1904-01-01", "1969-12-31", "1970-01-01", "1980-01-01", "2038-01-19", "2099-12-31", "2100-01-01",
        "2999-12-31", "3000-01-01", "9999-01-01", "9999-12-31",
    )
)  # fmt: skip
"""The days on which calendars of programs and data bases begin or end, and others that are written for no date."""


class Sentinel(NamedTuple):
    """A number, or a day as its ordinal, that may stand for a missing value."""

    value: float
    rows: int


def codes_of(column: pandas.Series[Any], notation: Notation) -> list[str]:
    """The values of a column of any kind that may stand for a missing one, as text.

    Args:
        column: (N,) values.
        notation: what the owner says about texts.
    """
    codes, distinct = pandas.factorize(column)
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    return codes_in_order(order_of(pandas.Series(distinct), notation), counts)


def codes_in_order(order: Order, counts: np.ndarray | None = None) -> list[str]:
    """The same of a column that was read: of its numbers or its dates; those of other columns have none.

    Args:
        order: of the column, or of its different values.
        counts: (N,) how many rows hold each of them; None: one.
    """
    if order.values is None or order.how.startswith(
        ("lengths", "ranges", "categories", "hexa", "feet", "fractions", "versions", "addresses", "Roman")
    ):
        return []
    known = ~np.isnan(order.values)
    values, positions = np.unique(order.values[known], return_inverse=True)
    rows = np.bincount(positions, weights=None if counts is None else counts[known]).astype(np.int64)
    if order.how.startswith("dates"):
        return [datetime.date.fromordinal(int(sentinel.value)).isoformat() for sentinel in days_among(values, rows)]
    return [f"{sentinel.value:g}" for sentinel in sentinels_among(values, rows)]


def sentinels_among(values: np.ndarray, counts: np.ndarray) -> list[Sentinel]:
    """The codes of a column that stand apart from its other values.

    A code is the smallest or largest value and far from the next: five times as far as the ten values there are from
    each other. At the upper end it also occurs twice or more, or is farther than all others are from each other; at the
    lower end it is the only value below zero, and may be near where it is five times as frequent as any of the ten.
    A code of three digits or more may stand anywhere, where it is a value of at least five rows and five times as
    frequent as any of the ten nearest on either side. Beside two to nine other values it is five times as far from them
    as they are from each other.

    Args:
        values: (K,) the different numbers, rising.
        counts: (K,) how many rows hold each.
    """
    often = np.array([_frequent(values, counts, index) for index in range(len(values))], dtype=bool)
    codes_found = [
        Sentinel(float(value), int(count)) for value, count in zip(values[often], counts[often], strict=True)
    ]
    values, counts = values[~often], counts[~often]
    # One code may hide the next (98 beside 99), so each is taken off before the ends are looked at again.
    while len(values) > FEWEST:
        end = next((end for end in (0, -1) if _stands_apart(values, counts, end)), None)
        if end is None:
            break
        codes_found.append(Sentinel(float(values[end]), int(counts[end])))
        keep = slice(1, None) if end == 0 else slice(None, -1)
        values, counts = values[keep], counts[keep]
    return codes_found


def days_among(values: np.ndarray, counts: np.ndarray) -> list[Sentinel]:
    """The days of a column that programs write for no date, and that no date of its own explains.

    Such a day lies outside all others, five times as far from the next as the ten nearest there are from each other
    (where there are fewer, as all are); or it is a day of at least five rows, five times as frequent as any of the ten
    nearest and as the same day of other years.

    Args:
        values: (K,) moments, rising, in seconds since the year 1, as `Order` has dates.
        counts: (K,) how many rows hold each.
    """
    # The time of day does not matter: 1900-01-01 12:00 stands for no date either.
    days, positions = np.unique(np.floor(values / 86_400).astype(np.int64), return_inverse=True)
    rows = np.bincount(positions, weights=counts).astype(np.int64)
    codes = {day.toordinal(): day for day in DATES}
    are_own = np.array([day not in codes for day in days.tolist()], dtype=bool)
    if are_own.sum() < FEWEST:
        return []
    codes_found = []
    for index in np.flatnonzero(~are_own).tolist():
        near = np.flatnonzero(are_own)[np.argsort(np.abs(days[are_own] - days[index]), kind="stable")[:NEAREST]]
        gaps = np.diff(np.sort(days[near]))
        apart = FAR * (np.median(gaps) if len(near) == NEAREST else gaps.sum())
        outside = days[index] < days[are_own].min() or days[index] > days[are_own].max()
        alone = outside and np.abs(days[near] - days[index]).min() >= apart
        if alone or _frequent_day(days, rows, index, near, codes[int(days[index])]):
            codes_found.append(Sentinel(float(days[index]), int(rows[index])))
    return codes_found


def _frequent_day(days: np.ndarray, rows: np.ndarray, index: int, near: np.ndarray, code: datetime.date) -> bool:
    """Whether a day is much more frequent than those around it and than the same day of other years."""
    other_years = [
        rows[position]
        for position, day in enumerate(days.tolist())
        if position != index and (date := datetime.date.fromordinal(day)).month == code.month and date.day == code.day
    ]
    return len(near) >= NEAREST and bool(rows[index] >= FAR * max([*rows[near], *other_years]))


def _stands_apart(values: np.ndarray, counts: np.ndarray, end: int) -> bool:
    value, others = values[end], np.delete(values, end)
    if float(value) not in CODES:
        return False
    inner = [neighbour for neighbour in others if float(neighbour) not in CODES]  # 98 and 99 stand apart together
    if len(inner) < NEAREST:
        far = len(inner) >= FEWEST and np.abs(value - np.array(inner)).min() >= FAR * (inner[-1] - inner[0])
        return bool(far and abs(value) >= LONG)
    # The neighbours of the end, not all values: a long tail on the other side says nothing about this one.
    near = np.array(inner[:NEAREST] if end == 0 else inner[-NEAREST:])
    apart = np.abs(value - near).min() >= FAR * np.median(np.diff(near))
    if end == 0:
        is_frequent = counts[0] >= FAR * counts[np.isin(values, near)].max()
        return bool((apart or is_frequent) and value < 0 <= inner[0])
    return bool(apart and value > 0 and (counts[end] > 1 or value - inner[-1] > inner[-1] - inner[0]))


def _frequent(values: np.ndarray, counts: np.ndarray, index: int) -> bool:
    """Whether a long code is much more frequent than the values around it, wherever it stands."""
    if float(values[index]) not in CODES or abs(values[index]) < LONG or counts[index] < FAR:
        return False
    near = [*counts[max(0, index - NEAREST) : index], *counts[index + 1 : index + 1 + NEAREST]]
    return len(near) >= NEAREST and counts[index] >= FAR * max(near)
