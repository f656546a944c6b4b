"""Which two groups make the widest difference or the smallest ratio, and which two make each end of its interval.

Of shares, and of any number with an interval for each pair of groups.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from auditkit.results import Interval
from auditkit.stats import mover
from auditkit.stats.gaps import PAIRWISE, Shares
from auditkit.stats.multiplicity import sidak_level
from auditkit.stats.proportions import score_difference, score_ratio, wilson_bounds

Pairs: TypeAlias = tuple[np.ndarray, np.ndarray]
"""The positions of the one and of the other group of each pair."""


class Place(NamedTuple):
    """Two groups and the part in which they are compared."""

    part: int
    low: int
    """The position of the group with the lower share."""
    high: int


class Extreme(NamedTuple):
    """A disparity with the groups behind it."""

    value: float
    interval: Interval
    at: Place
    low: Place | None
    """Whose interval gives the low end; None where that is the end of the scale."""
    high: Place | None
    """Whose interval gives the high end; None where that is the end of the scale."""


class Apart(NamedTuple):
    """How far apart the two groups of each of P pairs are, with intervals that hold for all of the pairs at once."""

    pairs: Pairs
    values: np.ndarray
    """(P,) a difference or distance from 0 up, or a ratio from 0 to 1."""
    low: np.ndarray
    """(P,)"""
    high: np.ndarray
    """(P,)"""


def widest(parts: Sequence[Shares], level: float = 0.95, reference: Sequence[int] | None = None) -> Extreme:
    """The widest difference of two groups with its interval, between 0 and 1, and whose it is.

    With intervals [L, U] for all pairs that hold at once, the widest true difference is at least every L and at most
    the largest U. So the interval covers in at least `level` of all samples, whatever the number of groups, and also
    where there is no gap at all; its low end is 0 unless some pair of groups differs for certain.

    Args:
        parts: one or several shares per group (equalized odds has two); each with at least two groups.
        level: the confidence, between 0 and 1.
        reference: in each part the position of the group with which alone the others are compared; None: all pairs.

    Source: pairs by Miettinen and Nurminen (1985), Statistics in Medicine 4, at the level of Šidák (1967), JASA 62,
    which holds for normal statistics however they correlate.
    """
    return _extreme_over_pairs(parts, level, reference, ratio=False)


def smallest(parts: Sequence[Shares], level: float = 0.95, reference: Sequence[int] | None = None) -> Extreme | None:
    """The smallest ratio of two groups with its interval, between 0 and 1, and whose it is.

    As `widest`, with score intervals for the ratio of every pair; its high end is 1 unless some pair differs for
    certain. A part whose shares are all 0 bounds the interval by 0 from below, and hides no gap in another part.

    Args:
        parts: one or several shares per group; each with at least two groups.
        level: the confidence, between 0 and 1.
        reference: in each part the position of the group with which alone the others are compared; None: all pairs.

    Returns:
        None where all shares of every part are 0, so that no ratio is defined.
    """
    if not any(part.rates.any() for part in parts):
        return None
    return _extreme_over_pairs(parts, level, reference, ratio=True)


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
    return _extreme([apart], [numbers], (most, level, method), largest=True)


def smallest_apart(apart: Apart, numbers: np.ndarray, method: str, level: float = 0.95) -> Extreme:
    """The smallest ratio; the high end of its interval is 1 unless some pair differs for certain.

    Args:
        apart: one pair or more.
        numbers: (K,) by which the two groups of a pair are called low and high.
        method: of the interval.
        level: of the intervals.
    """
    return _extreme([apart], [numbers], (1.0, level, method), largest=False)


def _extreme_over_pairs(parts: Sequence[Shares], level: float, reference: Sequence[int] | None, ratio: bool) -> Extreme:
    """The widest difference, or the smallest ratio, over the pairs of all parts, and the pair behind each number."""
    pairs = _pairs(parts, reference)
    # intervals that hold at once: one for each pair, or one for each group where these are many, which is wider
    numbers = zip(parts, pairs, strict=True)
    comparisons = sum(len(part.sizes) if _many(part, reference) else len(i) for part, (i, _) in numbers)
    inside = sidak_level(level, comparisons)
    aparts = [
        (_from_all_groups if _many(part, reference) else _from_pairs)(part, of_part, inside, ratio)
        for part, of_part in zip(parts, pairs, strict=True)
    ]
    method = _method("ratios" if ratio else "differences", comparisons, parts, reference)
    return _extreme(aparts, [part.rates for part in parts], (1.0, level, method), largest=not ratio)


def _many(part: Shares, reference: Sequence[int] | None) -> bool:
    return reference is None and len(part.sizes) > PAIRWISE


def _pairs(parts: Sequence[Shares], reference: Sequence[int] | None) -> list[Pairs]:
    """The pairs that are compared; of very many groups, the two with the lowest and the highest share."""
    pairs: list[Pairs] = []
    for number, part in enumerate(parts):
        if reference is not None:
            others = np.delete(np.arange(len(part.sizes)), reference[number])
            pairs.append((others, np.full(len(others), reference[number])))
        elif _many(part, reference):
            pairs.append((np.atleast_1d(part.rates.argmin()), np.atleast_1d(part.rates.argmax())))
        else:
            pairs.append(pairs_of(len(part.sizes)))
    return pairs


def _method(compared: str, comparisons: int, parts: Sequence[Shares], reference: Sequence[int] | None) -> str:
    if any(_many(part, reference) for part in parts):
        return "simultaneous Wilson intervals of all groups (Šidák)"
    if comparisons == 1:
        return f"Miettinen-Nurminen score, {compared}"
    if reference is not None:
        return f"simultaneous score intervals of the {compared} to the reference group (Šidák)"
    return f"simultaneous score intervals of all pairs' {compared} (Šidák)"


def _values(part: Shares, pairs: Pairs, ratio: bool) -> np.ndarray:
    """The difference, or the ratio, of every pair."""
    first, second = (part.rates[groups] for groups in pairs)
    larger, smaller = np.maximum(first, second), np.minimum(first, second)
    # two groups that nobody of is selected are alike: their ratio is 1, not 0 / 0
    ratios = np.divide(smaller, larger, out=np.ones_like(larger), where=larger > 0)
    return ratios if ratio else larger - smaller


def _from_pairs(part: Shares, pairs: Pairs, level: float, ratio: bool) -> Apart:
    """Intervals of every pair's difference or ratio, both ways round: which group is the lower is not certain."""
    i, j = pairs
    counts = part.successes[i], part.sizes[i], part.successes[j], part.sizes[j]
    low, high = score_ratio(*counts, level) if ratio else score_difference(*counts, level)
    # the ratio of nobody to nobody may be any
    low, high = np.nan_to_num(low), np.where(np.isnan(high), np.inf, high)
    with np.errstate(divide="ignore"):
        turned_low, turned_high = (1 / high, 1 / low) if ratio else (-high, -low)
    both = np.tile(i, 2), np.tile(j, 2)
    values = _values(part, both, ratio)
    return Apart(both, values, np.concatenate([low, turned_low]), np.concatenate([high, turned_high]))


def _from_all_groups(part: Shares, pairs: Pairs, level: float, ratio: bool) -> Apart:
    """The interval of the two extremes, from one interval for each group; each number is of a pair of its own."""
    low, high = wilson_bounds(part.successes, part.sizes, level)
    certain, possible = (low.argmax(), high.argmin()), (high.argmax(), low.argmin())
    if ratio:
        # where every group may be at 0 the ratio is bounded by nothing; 1e-300 keeps it finite until it is cut at 1
        least, most = low.min() / high.max(), high.min() / max(low.max(), 1e-300)
        lows, highs = possible, certain
    else:
        least, most = low.max() - high.min(), high.max() - low.min()
        lows, highs = certain, possible
    i, j = (np.append(groups, ends) for groups, ends in zip(pairs, zip(lows, highs, strict=True), strict=True))
    numbers = np.full((3, 3), np.nan)
    np.fill_diagonal(numbers, [_values(part, pairs, ratio)[0], least, most])
    return Apart((i, j), *numbers)


def _extreme(
    aparts: Sequence[Apart], numbers: Sequence[np.ndarray], about: tuple[float, float, str], *, largest: bool
) -> Extreme:
    """The pair that makes the number and those that make the ends; an end at the edge of the scale is nobody's.

    Each end is an extreme of its own, often of another pair than the value: the interval holds for the true extreme,
    whichever pair that is.

    Args:
        aparts: for each part, its pairs; NaN is never an extreme.
        numbers: for each part, (K,) by which the groups of a pair are called low and high.
        about: the largest value that there can be, the level and the method of the interval.
        largest: the largest difference; else the smallest ratio.
    """
    most, level, method = about
    (value, at), (least, low), (widest, high) = (
        _end([apart.pairs for apart in aparts], column, numbers, largest)
        for column in zip(*(apart[1:] for apart in aparts), strict=True)
    )
    edge = min(most, widest)
    interval = Interval(low=max(0.0, least), high=edge if np.isfinite(edge) else None, level=level, method=method)
    # a scale without an end has no edge that an interval could reach
    return Extreme(value, interval, at, low if least > 0 else None, high if widest < most or most == np.inf else None)


def _end(
    pairs: Sequence[Pairs], values: Sequence[np.ndarray], numbers: Sequence[np.ndarray], largest: bool
) -> tuple[float, Place]:
    """The largest or the smallest value over all parts, and the two groups behind it."""
    indices = [int(np.nanargmax(of_part) if largest else np.nanargmin(of_part)) for of_part in values]
    extremes = [float(of_part[index]) for of_part, index in zip(values, indices, strict=True)]
    part = extremes.index(max(extremes) if largest else min(extremes))
    first, second = (int(groups[indices[part]]) for groups in pairs[part])
    if numbers[part][first] > numbers[part][second]:
        first, second = second, first
    return extremes[part], Place(part, first, second)
