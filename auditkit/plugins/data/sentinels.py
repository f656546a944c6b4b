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


class Sentinel(NamedTuple):
    """A number that may stand for a missing value."""

    value: float
    rows: int


def sentinels(column: np.ndarray) -> list[Sentinel]:
    """The codes at either end of a column that stand apart from its other values.

    A code is the smallest or largest value and far from the next: five times as far as the ten values there are from
    each other. At the upper end it also occurs twice or more; at the lower end it is the only value below zero, and may
    be near where it is five times as frequent as any of the ten.
    Columns of fewer than ten other values are categories, and are not judged.

    Args:
        column: (N,) numbers, NaN where missing.
    """
    values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    found = []
    while len(values) > NEAREST:
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
        return False
    near = np.array(inner[:NEAREST] if end == 0 else inner[-NEAREST:])
    apart = np.abs(value - near).min() >= FAR * np.median(np.diff(near))
    if end == 0:
        often = counts[0] >= FAR * counts[np.isin(values, near)].max()
        return bool((apart or often) and value < 0 <= inner[0])
    return bool(apart and counts[end] > 1 and value > 0)
