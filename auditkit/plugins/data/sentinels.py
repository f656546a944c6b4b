"""Numbers that stand for a missing value, as -999 and 9999 do: at the end of a column, and far from what is next."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

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


class Sentinel(NamedTuple):
    """A number that may stand for a missing value."""

    value: float
    rows: int


def sentinels(column: np.ndarray) -> list[Sentinel]:
    """The codes of a column that stand apart from its other values.

    A code is the smallest or largest value and far from the next: five times as far as the ten values there are from
    each other. At the upper end it also occurs twice or more, or is farther than all others are from each other; at the
    lower end it is the only value below zero, and may be near where it is five times as frequent as any of the ten.
    A code of three digits or more may stand anywhere, where it is a value of at least five rows and five times as
    frequent as any of the ten nearest on either side. Beside two to nine other values it is five times as far from them
    as they are from each other.

    Args:
        column: (N,) numbers, NaN where missing.
    """
    values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    found = []
    often = np.array([_frequent(values, counts, at) for at in range(len(values))], dtype=bool)
    found += [Sentinel(float(value), int(count)) for value, count in zip(values[often], counts[often], strict=True)]
    values, counts = values[~often], counts[~often]
    while len(values) > FEWEST:
        end = next((end for end in (0, -1) if _stands_apart(values, counts, end)), None)
        if end is None:
            break
        found.append(Sentinel(float(values[end]), int(counts[end])))
        keep = slice(1, None) if end == 0 else slice(None, -1)
        values, counts = values[keep], counts[keep]
    return found


def _stands_apart(values: np.ndarray, counts: np.ndarray, end: int) -> bool:
    value, rest = values[end], np.delete(values, end)
    if float(value) not in CODES:
        return False
    inner = [other for other in rest if float(other) not in CODES]  # 98 and 99 stand apart together
    if len(inner) < NEAREST:
        far = len(inner) >= FEWEST and np.abs(value - np.array(inner)).min() >= FAR * (inner[-1] - inner[0])
        return bool(far and abs(value) >= LONG)
    near = np.array(inner[:NEAREST] if end == 0 else inner[-NEAREST:])
    apart = np.abs(value - near).min() >= FAR * np.median(np.diff(near))
    if end == 0:
        often = counts[0] >= FAR * counts[np.isin(values, near)].max()
        return bool((apart or often) and value < 0 <= inner[0])
    return bool(apart and value > 0 and (counts[end] > 1 or value - inner[-1] > inner[-1] - inner[0]))


def _frequent(values: np.ndarray, counts: np.ndarray, at: int) -> bool:
    """Whether a long code is much more frequent than the values around it, wherever it stands."""
    if float(values[at]) not in CODES or abs(values[at]) < LONG or counts[at] < FAR:
        return False
    near = [*counts[max(0, at - NEAREST) : at], *counts[at + 1 : at + 1 + NEAREST]]
    return len(near) >= NEAREST and counts[at] >= FAR * max(near)
