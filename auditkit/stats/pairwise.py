"""The extreme over pairs of groups of any number with an interval for each pair, and which two groups make it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from auditkit.results import Interval
from auditkit.stats import mover
from auditkit.stats.extremes import Extreme, Pairs, Place


class Apart(NamedTuple):
    """How far apart the two groups of each of P pairs are, with intervals that hold for all of the pairs at once."""

    pairs: Pairs
    values: np.ndarray
    """(P,) a difference or distance from 0 up, or a ratio from 0 to 1."""
    low: np.ndarray
    """(P,)"""
    high: np.ndarray
    """(P,)"""


def pairs_of(groups: int, compared: Sequence[int] | None = None, reference: int | None = None) -> Pairs:
    """The pairs of K groups that are compared.

    Args:
        groups: K.
        compared: the positions of those that are compared; None: all.
        reference: the position of the one with which alone the others are compared; None: all pairs.
    """
    i, j = np.triu_indices(groups, 1)
    is_compared = np.ones(len(i), dtype=bool)
    if compared is not None:
        is_compared &= np.isin(i, compared) & np.isin(j, compared)
    if reference is not None:
        is_compared &= (i == reference) | (j == reference)
    return i[is_compared], j[is_compared]


def pair_numbers(groups: int, pairs: Pairs) -> np.ndarray:
    """(P,) where some pairs stand among all pairs of K groups."""
    number = np.zeros((groups, groups), dtype=np.int64)
    i, j = pairs_of(groups)
    number[i, j] = np.arange(len(i))
    return np.asarray(number[pairs])


def square_and_add(values: np.ndarray, low: np.ndarray, high: np.ndarray, pairs: Pairs) -> Apart:
    """The differences of K independent numbers, from an interval for each.

    Args:
        values: (K,)
        low: (K,) ends of intervals at the confidence that every pair needs (`sidak_level`).
        high: (K,) likewise.
        pairs: which are compared.

    Source: as `mover.difference`.
    """
    i, j = pairs
    first, second = (mover.Ends(values[groups], low[groups], high[groups]) for groups in (i, j))
    least, most = mover.difference(first, second)
    # a distance has no sign: the interval of the difference is folded at 0, and its low end below 0 means "no gap"
    return Apart(pairs, np.abs(values[i] - values[j]), np.maximum(least, -most), np.maximum(most, -least))


def largest_apart(apart: Apart, numbers: np.ndarray, method: str, most: float = np.inf, level: float = 0.95) -> Extreme:
    """The largest difference; the low end of its interval is 0 unless some pair differs for certain.

    Args:
        apart: one pair or more.
        numbers: (K,) by which the two groups of a pair are called low and high.
        method: of the interval.
        most: the largest value that there can be.
        level: of the intervals.
    """
    return _extreme(apart, np.argmax(apart[1:], axis=1).tolist(), numbers, (most, level, method))


def smallest_apart(apart: Apart, numbers: np.ndarray, method: str, level: float = 0.95) -> Extreme:
    """The smallest ratio; the high end of its interval is 1 unless some pair differs for certain.

    Args:
        apart: one pair or more.
        numbers: (K,) by which the two groups of a pair are called low and high.
        method: of the interval.
        level: of the intervals.
    """
    return _extreme(apart, np.argmin(apart[1:], axis=1).tolist(), numbers, (1.0, level, method))


def _extreme(apart: Apart, indices: list[int], numbers: np.ndarray, about: tuple[float, float, str]) -> Extreme:
    """The pair that makes the number and those that make the ends; an end at the edge of the scale is nobody's.

    Args:
        apart: the pairs.
        indices: the pairs with the extreme value, low end and high end.
        numbers: (K,) by which the two groups of a pair are called low and high.
        about: the largest value that there can be, the level and the method of the interval.
    """
    most, level, method = about
    value, least, largest = (float(array[pair]) for array, pair in zip(apart[1:], indices, strict=True))
    interval = Interval(low=max(0.0, least), high=min(most, largest), level=level, method=method)
    places = [_place(apart.pairs, pair, numbers) for pair in indices]
    low, high = places[1] if least > 0 else None, places[2] if largest < most else None
    return Extreme(value, interval, places[0], low, high)


def _place(pairs: Pairs, index: int, numbers: np.ndarray) -> Place:
    first, second = (int(side[index]) for side in pairs)
    return Place(0, second, first) if numbers[first] > numbers[second] else Place(0, first, second)
