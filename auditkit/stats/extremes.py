"""Which two groups make the widest difference or the smallest ratio, and which two make each end of its interval."""

from __future__ import annotations

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
    pairs = _pairs(parts, reference)
    gaps = [np.abs(part.rates[i] - part.rates[j]) for part, (i, j) in zip(parts, pairs, strict=True)]
    inside = sidak_level(level, _comparisons(parts, reference))
    ends = [
        _all_groups(part, inside, ratio=False) if _many(part, reference) else _differences(part, pair, inside)
        for part, pair in zip(parts, pairs, strict=True)
    ]
    at, value = _extreme(gaps, pairs, parts, largest=True)
    low, least = _extreme([end.low for end in ends], [end.lows for end in ends], parts, largest=True)
    high, most = _extreme([end.high for end in ends], [end.highs for end in ends], parts, largest=True)
    method = _method("differences", parts, reference)
    interval = Interval(low=max(0.0, least), high=min(1.0, most), level=level, method=method)
    return Extreme(value, interval, at, low if least > 0 else None, high if most < 1 else None)


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
    pairs = _pairs(parts, reference)
    ratios = []
    for part, (i, j) in zip(parts, pairs, strict=True):
        larger, smaller = np.maximum(part.rates[i], part.rates[j]), np.minimum(part.rates[i], part.rates[j])
        ratios.append(np.divide(smaller, larger, out=np.ones_like(larger), where=larger > 0))
    inside = sidak_level(level, _comparisons(parts, reference))
    ends = [
        _all_groups(part, inside, ratio=True) if _many(part, reference) else _ratios(part, pair, inside)
        for part, pair in zip(parts, pairs, strict=True)
    ]
    at, value = _extreme(ratios, pairs, parts, largest=False)
    low, least = _extreme([end.low for end in ends], [end.lows for end in ends], parts, largest=False)
    high, most = _extreme([end.high for end in ends], [end.highs for end in ends], parts, largest=False)
    interval = Interval(low=least, high=min(1.0, most), level=level, method=_method("ratios", parts, reference))
    return Extreme(value, interval, at, low if least > 0 else None, high if most < 1 else None)


def widest_gap_interval(parts: Sequence[Shares], level: float = 0.95) -> Interval:
    """The interval of `widest`."""
    return widest(parts, level).interval


def smallest_ratio_interval(parts: Sequence[Shares], level: float = 0.95) -> Interval | None:
    """The interval of `smallest`; None where that is None."""
    extreme = smallest(parts, level)
    return extreme and extreme.interval


def _many(part: Shares, reference: Sequence[int] | None) -> bool:
    return reference is None and len(part.sizes) > PAIRWISE


def _pairs(parts: Sequence[Shares], reference: Sequence[int] | None) -> list[Pairs]:
    """The pairs that are compared; of very many groups, the two with the lowest and the highest share."""
    found: list[Pairs] = []
    for at, part in enumerate(parts):
        if reference is not None:
            others = np.delete(np.arange(len(part.sizes)), reference[at])
            found.append((others, np.full(len(others), reference[at])))
        elif _many(part, reference):
            found.append((_one(part.rates.argmin()), _one(part.rates.argmax())))
        else:
            first, second = np.triu_indices(len(part.sizes), 1)
            found.append((first, second))
    return found


def _comparisons(parts: Sequence[Shares], reference: Sequence[int] | None) -> int:
    """How many intervals hold at once."""
    number = 0
    for part in parts:
        groups = len(part.sizes)
        number += groups - 1 if reference is not None else groups if groups > PAIRWISE else groups * (groups - 1) // 2
    return number


def _method(what: str, parts: Sequence[Shares], reference: Sequence[int] | None) -> str:
    if any(_many(part, reference) for part in parts):
        return "simultaneous Wilson intervals of all groups (Šidák)"
    if _comparisons(parts, reference) == 1:
        return f"Miettinen-Nurminen score, {what}"
    if reference is not None:
        return f"simultaneous score intervals of the {what} to the reference group (Šidák)"
    return f"simultaneous score intervals of all pairs' {what} (Šidák)"


def _differences(part: Shares, pairs: Pairs, level: float) -> _Ends:
    """Intervals of every pair's difference, both ways round."""
    low, high = score_difference(*_counts(part, pairs), level)
    return _both_ways(pairs, low, high, -high, -low)


def _ratios(part: Shares, pairs: Pairs, level: float) -> _Ends:
    """Intervals of every pair's ratio, both ways round."""
    low, high = score_ratio(*_counts(part, pairs), level)
    with np.errstate(divide="ignore"):
        return _both_ways(pairs, low, high, 1 / high, 1 / low)


def _counts(part: Shares, pairs: Pairs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Successes and size of the one and of the other group of each pair."""
    i, j = pairs
    return part.successes[i], part.sizes[i], part.successes[j], part.sizes[j]


def _both_ways(pairs: Pairs, low: np.ndarray, high: np.ndarray, back_low: np.ndarray, back_high: np.ndarray) -> _Ends:
    """The intervals of pairs and of the same pairs turned round."""
    both = (np.concatenate([pairs[0], pairs[0]]), np.concatenate([pairs[1], pairs[1]]))
    return _Ends(np.concatenate([low, back_low]), np.concatenate([high, back_high]), both, both)


def _all_groups(part: Shares, level: float, ratio: bool) -> _Ends:
    """The interval of the two extremes, from one interval for each group."""
    low, high = wilson_bounds(part.successes, part.sizes, level)
    certain = (_one(low.argmax()), _one(high.argmin()))
    possible = (_one(high.argmax()), _one(low.argmin()))
    if ratio:
        least, most = low.min() / high.max(), high.min() / max(low.max(), 1e-300)
        return _Ends(np.array([least]), np.array([most]), possible, certain)
    return _Ends(np.array([low.max() - high.min()]), np.array([high.max() - low.min()]), certain, possible)


def _one(position: np.intp) -> np.ndarray:
    return np.array([position])


def _extreme(
    values: Sequence[np.ndarray], pairs: Sequence[Pairs], parts: Sequence[Shares], largest: bool
) -> tuple[Place, float]:
    """The largest or the smallest value over all parts, and the two groups behind it; NaN is never it."""
    at = [int(np.nanargmax(value) if largest else np.nanargmin(value)) for value in values]
    numbers = [float(value[place]) for value, place in zip(values, at, strict=True)]
    part = numbers.index(max(numbers) if largest else min(numbers))
    first, second = (int(array[at[part]]) for array in pairs[part])
    if parts[part].rates[first] > parts[part].rates[second]:
        first, second = second, first
    return Place(part, first, second), numbers[part]
