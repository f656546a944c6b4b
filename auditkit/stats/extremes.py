"""Which two groups make the widest difference or the smallest ratio, and which two make each end of its interval."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from auditkit.results import Interval
from auditkit.stats.gaps import Shares
from auditkit.stats.multiplicity import sidak_level
from auditkit.stats.proportions import score_difference, score_ratio, wilson_bounds

PAIRWISE = 100
"""Groups above which one interval per group takes the place of one per pair: wider, and linear in the groups."""

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


class _Ends(NamedTuple):
    """Intervals of pairs of groups, and the pair behind each of their ends."""

    low: np.ndarray
    high: np.ndarray
    lows: Pairs
    highs: Pairs


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
    certain.

    Args:
        parts: one or several shares per group; each with at least two groups.
        level: the confidence, between 0 and 1.
        reference: in each part the position of the group with which alone the others are compared; None: all pairs.

    Returns:
        None where all shares of a part are 0, so that no ratio is defined.
    """
    if any(part.rates.max() == 0 for part in parts):
        return None
    return _extreme_over_pairs(parts, level, reference, ratio=True)


def _extreme_over_pairs(parts: Sequence[Shares], level: float, reference: Sequence[int] | None, ratio: bool) -> Extreme:
    """The widest difference, or the smallest ratio, over the pairs of all parts, and the pair behind each number."""
    pairs = _pairs(parts, reference)
    # intervals that hold at once: one for each pair, or one for each group where these are many
    numbers = zip(parts, pairs, strict=True)
    comparisons = sum(len(part.sizes) if _many(part, reference) else len(i) for part, (i, _) in numbers)
    inside = sidak_level(level, comparisons)
    values, ends = [], []
    for part, (i, j) in zip(parts, pairs, strict=True):
        larger, smaller = np.maximum(part.rates[i], part.rates[j]), np.minimum(part.rates[i], part.rates[j])
        # two groups that nobody of is selected are alike: their ratio is 1, not 0 / 0
        ratios = np.divide(smaller, larger, out=np.ones_like(larger), where=larger > 0)
        values.append(ratios if ratio else larger - smaller)
        make_ends = _from_all_groups if _many(part, reference) else _from_pairs
        ends.append(make_ends(part, (i, j), inside, ratio))
    # each end is an extreme of its own, often of another pair than the value: the interval holds for the true extreme,
    # whichever pair that is
    place, value = _extreme(values, pairs, parts, largest=not ratio)
    low, least = _extreme([end.low for end in ends], [end.lows for end in ends], parts, largest=not ratio)
    high, most = _extreme([end.high for end in ends], [end.highs for end in ends], parts, largest=not ratio)
    method = _method("ratios" if ratio else "differences", comparisons, parts, reference)
    interval = Interval(low=max(0.0, least), high=min(1.0, most), level=level, method=method)
    return Extreme(value, interval, place, low if least > 0 else None, high if most < 1 else None)


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
            first, second = np.triu_indices(len(part.sizes), 1)
            pairs.append((first, second))
    return pairs


def _method(compared: str, comparisons: int, parts: Sequence[Shares], reference: Sequence[int] | None) -> str:
    if any(_many(part, reference) for part in parts):
        return "simultaneous Wilson intervals of all groups (Šidák)"
    if comparisons == 1:
        return f"Miettinen-Nurminen score, {compared}"
    if reference is not None:
        return f"simultaneous score intervals of the {compared} to the reference group (Šidák)"
    return f"simultaneous score intervals of all pairs' {compared} (Šidák)"


def _from_pairs(part: Shares, pairs: Pairs, level: float, ratio: bool) -> _Ends:
    """Intervals of every pair's difference or ratio, both ways round: which group is the lower is not certain."""
    i, j = pairs
    counts = part.successes[i], part.sizes[i], part.successes[j], part.sizes[j]
    low, high = score_ratio(*counts, level) if ratio else score_difference(*counts, level)
    with np.errstate(divide="ignore"):
        reverse_low, reverse_high = (1 / high, 1 / low) if ratio else (-high, -low)
    both = (np.concatenate([i, i]), np.concatenate([j, j]))
    return _Ends(np.concatenate([low, reverse_low]), np.concatenate([high, reverse_high]), both, both)


def _from_all_groups(part: Shares, pairs: Pairs, level: float, ratio: bool) -> _Ends:
    """The interval of the two extremes, from one interval for each group; of the pairs, which are too many, none."""
    low, high = wilson_bounds(part.successes, part.sizes, level)
    certain = (np.atleast_1d(low.argmax()), np.atleast_1d(high.argmin()))
    possible = (np.atleast_1d(high.argmax()), np.atleast_1d(low.argmin()))
    if ratio:
        # where every group may be at 0 the ratio is bounded by nothing; 1e-300 keeps it finite until it is cut at 1
        least, most = low.min() / high.max(), high.min() / max(low.max(), 1e-300)
        return _Ends(np.array([least]), np.array([most]), possible, certain)
    return _Ends(np.array([low.max() - high.min()]), np.array([high.max() - low.min()]), certain, possible)


def _extreme(
    values: Sequence[np.ndarray], pairs: Sequence[Pairs], parts: Sequence[Shares], largest: bool
) -> tuple[Place, float]:
    """The largest or the smallest value over all parts, and the two groups behind it; NaN is never it."""
    indices = [int(np.nanargmax(value) if largest else np.nanargmin(value)) for value in values]
    numbers = [float(value[index]) for value, index in zip(values, indices, strict=True)]
    part = numbers.index(max(numbers) if largest else min(numbers))
    first, second = (int(groups[indices[part]]) for groups in pairs[part])
    if parts[part].rates[first] > parts[part].rates[second]:
        first, second = second, first
    return Place(part, first, second), numbers[part]
