"""The widest difference and the smallest ratio over several groups: intervals, a permutation test, power.

A bootstrap interval for a maximum of differences cannot reach 0, because every resample of equal groups differs. Here
an interval comes from all pairs of groups at once, and a p-value from shuffling rows between the groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from auditkit.results import Interval
from auditkit.stats.multiplicity import sidak_level
from auditkit.stats.proportions import Bounds, critical, score_difference, score_ratio, wilson_bounds

PAIRWISE = 100
"""Groups above which one interval per group takes the place of one per pair: wider, and linear in the groups."""


class Shares(NamedTuple):
    """One share in each of k groups. Every size is above 0."""

    successes: np.ndarray
    """(k,) between 0 and the size; need not be whole."""
    sizes: np.ndarray
    """(k,) rows, or effective rows where they are weighted."""

    @property
    def rates(self) -> np.ndarray:
        """(k,) between 0 and 1."""
        return self.successes / self.sizes


def widest_gap(parts: Sequence[Shares]) -> float:
    """The largest difference between two groups, in the part where it is largest; between 0 and 1."""
    return max(float(np.ptp(part.rates)) for part in parts)


def smallest_ratio(parts: Sequence[Shares]) -> float | None:
    """The smallest ratio of two groups' shares, in the part where it is smallest; None where a part is all 0."""
    if any(part.rates.max() == 0 for part in parts):
        return None
    return min(float(part.rates.min() / part.rates.max()) for part in parts)


def widest_gap_interval(parts: Sequence[Shares], level: float = 0.95) -> Interval:
    """An interval for `widest_gap`, between 0 and 1; its low end is 0 unless some pair of groups differs for certain.

    With intervals [L, U] for all pairs that hold at once, the widest true difference is at least every L and at most
    the largest U. So the interval covers in at least `level` of all samples, whatever the number of groups, and also
    where there is no gap at all.

    Args:
        parts: one or several shares per group (equalized odds has two); each with at least two groups.
        level: the confidence, between 0 and 1.

    Source: pairs by Miettinen and Nurminen (1985), Statistics in Medicine 4, at the level of Šidák (1967), JASA 62,
    which holds for normal statistics however they correlate.
    """
    bounds = [_differences(part, sidak_level(level, _comparisons(parts))) for part in parts]
    low = max(0.0, *(float(each.low.max()) for each in bounds))
    high = max(float(each.high.max()) for each in bounds)
    return Interval(low=low, high=min(1.0, high), level=level, method=_method("differences", parts))


def smallest_ratio_interval(parts: Sequence[Shares], level: float = 0.95) -> Interval | None:
    """An interval for `smallest_ratio`, between 0 and 1; its high end is 1 unless some pair differs for certain.

    As `widest_gap_interval`, with score intervals for the ratio of every pair.

    Args:
        parts: one or several shares per group; each with at least two groups.
        level: the confidence, between 0 and 1.

    Returns:
        None where all shares of a part are 0, so that no ratio is defined.
    """
    if smallest_ratio(parts) is None:
        return None
    bounds = [_ratios(part, sidak_level(level, _comparisons(parts))) for part in parts]
    low = min(float(np.nanmin(each.low)) for each in bounds)
    high = min(1.0, *(float(np.nanmin(each.high)) for each in bounds))
    return Interval(low=low, high=high, level=level, method=_method("ratios", parts))


def largest_z(parts: Sequence[Shares]) -> float:
    """The largest difference between two groups in standard errors, in the part where it is largest; at least 0.

    Standard errors, not differences, so that two large groups that differ for certain are not outshouted by the
    chance differences of small ones.
    """
    return max(float(_studentized(part.successes[None, :], part.sizes)[0]) for part in parts)


def shuffled_z(parts: Sequence[Shares], draws: int, rng: np.random.Generator) -> np.ndarray:
    """(draws,) values of `largest_z` if the groups were shuffled among the rows: its law where no group differs.

    Shuffling rows moves a fixed number of successes over groups of fixed size, so the counts follow a multivariate
    hypergeometric law; it is drawn directly. Exact, at a cost that does not grow with the rows. Several parts are
    shuffled each for itself (for equalized odds: among the rows of equal label).

    Args:
        parts: counts, below 10^9 rows in all; numbers that are not whole are rounded first.
        draws: how many shuffles.
        rng: the source of chance.

    Source: Fisher (1935), The design of experiments; Westfall and Young (1993), Resampling-based multiple testing, for
    the maximum over pairs.
    """
    largest = np.zeros(draws)
    for part in parts:
        sizes = np.maximum(1, np.round(part.sizes)).astype(np.int64)
        total = int(min(sizes.sum(), round(float(part.successes.sum()))))
        counts = rng.multivariate_hypergeometric(sizes, total, size=draws, method="marginals")
        np.maximum(largest, _studentized(counts, sizes), out=largest)
    return largest


def permutation_p(observed: float, shuffled: np.ndarray) -> float:
    """The share of shuffles at least as extreme as what was observed, itself counted; never 0.

    Source: Phipson and Smyth (2010), Permutation p-values should never be zero, arXiv:1603.05766.
    """
    extreme = int(np.sum(shuffled >= observed * (1 - 1e-9)))
    return (1 + extreme) / (1 + len(shuffled))


def detectable_gap(rate: float, n1: float, n2: float, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """The smallest true difference of two groups that a two-sided test would find with this power.

    The groups' common rate stays at `rate` and the two move apart from it, as far as 0 and 1 allow.

    Args:
        rate: the share over both groups, between 0 and 1.
        n1: rows of the one group, above 0.
        n2: rows of the other, above 0.
        alpha: the test's level, already divided among all tests of the family.
        power: how often the difference is to be found.

    Returns:
        A difference above 0 and at most 1; None where no difference would be found that often.

    Source: Fleiss, Levin and Paik (2003), Statistical methods for rates and proportions, 4.2, without the continuity
    correction.
    """
    steps = np.linspace(0, 1, 20_001)[1:]
    first, second = apart(rate, n1, n2, steps)
    pooled = (n1 * first + n2 * second) / (n1 + n2)
    null = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    spread = np.sqrt(first * (1 - first) / n1 + second * (1 - second) / n2)
    with np.errstate(divide="ignore", invalid="ignore"):
        reached = np.where(spread > 0, (steps - critical(1 - alpha) * null) / spread, np.inf)
    enough = np.flatnonzero((reached >= stats.norm.ppf(power)) & (steps >= critical(1 - alpha) * null))
    return round(float(steps[enough[0]]), 6) if enough.size else None


class Apart(NamedTuple):
    """Two rates that differ by a given gap."""

    first: np.ndarray
    """The higher one."""
    second: np.ndarray


def apart(rate: float, n1: float, n2: float, gap: np.ndarray | float) -> Apart:
    """Two rates that differ by `gap`, around a common `rate`, moved together where one would leave 0 to 1."""
    second = np.clip(rate - np.asarray(gap) * n1 / (n1 + n2), 0, 1 - np.asarray(gap))
    return Apart(second + gap, second)


def _studentized(counts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(B,) the largest difference of two groups in pooled standard errors, for tables of counts (B, k)."""
    rates, pooled = counts / sizes, counts.sum(axis=1) / sizes.sum()
    largest = np.zeros(len(counts))
    for i in range(len(sizes) - 1):
        weight = 1 / np.sqrt(1 / sizes[i] + 1 / sizes[i + 1 :])
        np.maximum(largest, (np.abs(rates[:, i + 1 :] - rates[:, i : i + 1]) * weight).max(axis=1), out=largest)
    spread = np.sqrt(pooled * (1 - pooled))
    return np.divide(largest, spread, out=np.zeros_like(largest), where=spread > 0)


def _comparisons(parts: Sequence[Shares]) -> int:
    return sum(_count(len(part.sizes)) for part in parts)


def _count(groups: int) -> int:
    return groups * (groups - 1) // 2 if groups <= PAIRWISE else groups


def _method(what: str, parts: Sequence[Shares]) -> str:
    if max(len(part.sizes) for part in parts) > PAIRWISE:
        return "simultaneous Wilson intervals of all groups (Šidák)"
    if _comparisons(parts) == 1:
        return f"Miettinen-Nurminen score, {what}"
    return f"simultaneous score intervals of all pairs' {what} (Šidák)"


def _differences(part: Shares, level: float) -> Bounds:
    """Intervals of every ordered pair's difference, or of the two extremes'."""
    if len(part.sizes) > PAIRWISE:
        low, high = wilson_bounds(part.successes, part.sizes, level)
        return Bounds(low.max(keepdims=True) - high.min(), high.max(keepdims=True) - low.min())
    i, j = np.triu_indices(len(part.sizes), 1)
    low, high = score_difference(part.successes[i], part.sizes[i], part.successes[j], part.sizes[j], level)
    return Bounds(np.concatenate([low, -high]), np.concatenate([high, -low]))


def _ratios(part: Shares, level: float) -> Bounds:
    """Intervals of every ordered pair's ratio, or of the two extremes'."""
    if len(part.sizes) > PAIRWISE:
        low, high = wilson_bounds(part.successes, part.sizes, level)
        return Bounds(low.min(keepdims=True) / high.max(), high.min(keepdims=True) / max(low.max(), 1e-300))
    i, j = np.triu_indices(len(part.sizes), 1)
    low, high = score_ratio(part.successes[i], part.sizes[i], part.successes[j], part.sizes[j], level)
    with np.errstate(divide="ignore"):
        return Bounds(np.concatenate([low, 1 / high]), np.concatenate([high, 1 / low]))
