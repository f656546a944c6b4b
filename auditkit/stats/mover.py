"""MOVER: the interval of a difference or a mean of numbers, from an interval for each of them.

The method of variance estimates recovery: how far an end of a number's own interval lies from the number stands for its
standard error on that side, so that skewed intervals, such as Wilson's near 0 or 1, give skewed ones.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from auditkit.stats.proportions import Bounds, Numbers


class Ends(NamedTuple):
    """Numbers and an interval for each; floats, or arrays of one shape."""

    at: Numbers
    low: Numbers
    high: Numbers


def difference(first: Ends, second: Ends, correlation: float | None = None) -> Bounds:
    """The interval of `first` less `second`.

    Args:
        first: a number with its interval, or an array of them.
        second: likewise, at the same confidence.
        correlation: of the two, from -1 to 1; None: they are independent.

    Source: Newcombe (1998), Interval estimation for the difference between independent proportions, Statistics in
    Medicine 17; for any numbers, and for dependent ones, Zou and Donner (2008), Construction of confidence limits about
    effect measures: a general approach, Statistics in Medicine 27.
    """
    value = first.at - second.at
    down = squared_and_added(first.at - first.low, second.high - second.at, correlation=correlation)
    up = squared_and_added(first.high - first.at, second.at - second.low, correlation=correlation)
    return Bounds(np.asarray(value - down), np.asarray(value + up))


def mean(parts: Sequence[Ends], together: bool = False) -> Ends:
    """The mean of numbers, with its interval.

    Args:
        parts: numbers with their intervals, at the same confidence; one at least.
        together: whether the numbers may err together, as those of the same persons do; else they are independent.

    Source: as `difference`; Donner and Zou (2012), Closed-form confidence intervals for functions of the normal mean
    and standard deviation, Statistical Methods in Medical Research 21.
    """
    value = np.mean([np.asarray(part.at) for part in parts], axis=0)
    # of numbers that err together as far as can be, the distances add up
    added = _summed if together else squared_and_added
    down = added(*(part.at - part.low for part in parts)) / len(parts)
    up = added(*(part.high - part.at for part in parts)) / len(parts)
    return Ends(value, value - down, value + up)


def squared_and_added(*distances: Numbers, correlation: float | None = None) -> np.ndarray:
    """How far an end lies from its number: the root of the sum of the squares of the parts' distances.

    Args:
        distances: of each part from its own end on the side that counts, not negative.
        correlation: of two parts; None: the parts are independent.
    """
    # np.hypot and the root of a sum may differ in the last digit: two independent parts always take the first road,
    # whoever asks, so that one number has one interval
    if correlation is None:
        if len(distances) == 2:
            return np.hypot(*distances)
        return np.sqrt(np.sum([np.square(distance) for distance in distances], axis=0))
    first, second = distances
    return np.sqrt(np.maximum(0.0, first * first + second * second - 2 * correlation * first * second))


def _summed(*distances: Numbers) -> np.ndarray:
    return np.sum([np.asarray(distance) for distance in distances], axis=0)
