"""Two decisions about the same rows: how far a share, a disparity or a predictive value moved, and whether it did."""

from typing import NamedTuple

import numpy as np
import scipy

from auditkit.results import Interval
from auditkit.stats import mover
from auditkit.stats.extremes import smallest, widest
from auditkit.stats.gaps import Shares
from auditkit.stats.proportions import critical, falling_root, wilson_bounds
from auditkit.stats.resampling import resampled_counts

STEPS = 60
"""Halvings of the bracket in which an interval's end lies."""
REPLICATES = 1000
"""Resamples behind a correlation."""


class Shift(NamedTuple):
    """The new number less the old one, and an interval for it."""

    value: float
    interval: Interval


def paired_difference_interval(first: float, second: float, n: float, level: float = 0.95) -> Interval:
    """The score interval for (first - second) / n, the difference of two shares of the same n rows.

    It leaves 0 out exactly where McNemar's test without continuity correction rejects.

    Args:
        first: rows that only the first share counts.
        second: rows that only the second share counts.
        n: all rows, 1 or more; need not be whole, nor the counts.
        level: the confidence, between 0 and 1.

    Raises:
        ValueError: counts that are negative or more than n.

    Source: Tango (1998), Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design, Statistics in Medicine 17.
    """
    if min(first, second) < 0 or n < 1 or first + second > n:
        raise ValueError(f"first and second must not be negative, and at most n; {first}, {second} of {n} was given")
    z, difference = critical(level), (first - second) / n

    def score(gap: np.ndarray) -> np.ndarray:
        return np.asarray(paired_score(first, second, n, float(gap)))

    low, high = falling_root(score, z, -1.0, difference, STEPS), falling_root(score, -z, difference, 1.0, STEPS)
    return Interval(low=float(low), high=float(high), level=level, method="Tango score, paired")


def paired_score(first: float, second: float, n: float, gap: float) -> float:
    """Tango's statistic: the distance of the seen difference from `gap`, in standard errors under it."""
    # `rest` is the likeliest share of rows that only the second counts, were the gap true: a root of a quadratic
    b = -first - second + (2 * n - first + second) * gap
    c = -second * gap * (1 - gap)
    rest = (np.sqrt(max(b * b - 8 * n * c, 0.0)) - b) / (4 * n)
    variance = n * (2 * rest + gap * (1 - gap))
    distance = first - second - n * gap
    if variance > 1e-15:
        return float(distance / np.sqrt(variance))
    return float(np.sign(distance)) * np.inf if distance else 0.0  # 0 times infinity would be NaN


def mcnemar(first: int, second: int) -> float:
    """The exact two-sided p-value of McNemar's test: as many rows count for one as for the other, but for chance.

    Source: McNemar (1947), Psychometrika 12; exact by the binomial law.
    """
    return 1.0 if first + second == 0 else float(scipy.stats.binomtest(first, first + second).pvalue)


def disparity_shift(counts: np.ndarray, rng: np.random.Generator, *, ratio: bool, level: float = 0.95) -> Shift | None:
    """How far the widest gap, or the smallest ratio, of the groups' shares moved.

    Each of the two numbers has its simultaneous interval over all pairs of groups. They are put together as by MOVER,
    with the correlation that resamples of the rows show. Where one of the two intervals reaches "no gap" and the other
    does not, the true gap may lie at that bound, and its estimate is pushed away from it by chance alone; the distances
    on that side are added instead. A percentile bootstrap of the same change covers in 5 to 84 % of samples where a
    disparity was removed, which is what it is for.

    Args:
        counts: (groups, 2, 2) rows by group, new decision and old decision; two or more groups, none empty.
        rng: the source of chance.
        ratio: the smallest ratio instead of the widest gap.
        level: the confidence, between 0 and 1.

    Returns:
        None where one of the decisions selects nobody, so that its ratio is not defined.

    Source: Zou and Donner (2008), Construction of confidence limits about effect measures, Statistics in Medicine 27,
    their formula for dependent estimates; the parts in `auditkit.stats.gaps`.
    """
    sizes = counts.sum(axis=(1, 2))
    new = _disparity(Shares(counts[:, 1, :].sum(axis=1), sizes), ratio, level)
    old = _disparity(Shares(counts[:, :, 1].sum(axis=1), sizes), ratio, level)
    if new is None or old is None:
        return None
    drawn = resampled_counts(counts, REPLICATES, rng)
    low, high = mover.difference(new, old, _correlation(_rates(drawn, 1, ratio), _rates(drawn, 0, ratio)))
    none = 1.0 if ratio else 0.0
    # a bound at which only one of the two lies has no spread on that side, which MOVER would take for certainty
    reaches_new, reaches_old = (none in (ends.low, ends.high) for ends in (new, old))
    if reaches_new != reaches_old:
        if reaches_new == ratio:
            high = np.asarray(new.high - old.low)
        else:
            low = np.asarray(new.low - old.high)
    method = "simultaneous intervals of both, put together by MOVER, paired"
    return Shift(float(new.at - old.at), Interval(low=float(low), high=float(high), level=level, method=method))


def predictive_shift(counts: np.ndarray, rng: np.random.Generator, level: float = 0.95) -> Shift | None:
    """How far the share of right ones among those decided positive moved.

    The two shares are of different rows that overlap, so neither McNemar's nor Tango's statistic applies. Wilson's
    intervals are put together by MOVER with the correlation that resamples of the rows show.

    Args:
        counts: (2, 2, 2) rows by label, new decision and old decision; 1 is positive.
        rng: the source of chance.
        level: the confidence, between 0 and 1.

    Returns:
        None where one of the decisions is positive for nobody.

    Source: as `disparity_shift`.
    """
    of_new, of_old = counts[:, 1, :].sum(axis=1), counts[:, :, 1].sum(axis=1)
    if not of_new.sum() or not of_old.sum():
        return None
    new, old = (
        mover.Ends(decided[1] / decided.sum(), *wilson_bounds(decided[1], decided.sum(), level))
        for decided in (of_new, of_old)
    )
    # both shares from the same resamples, as their correlation is what is sought
    drawn = resampled_counts(counts, REPLICATES, rng)
    with np.errstate(divide="ignore", invalid="ignore"):
        new_values = drawn[:, 1, 1, :].sum(axis=1) / drawn[:, :, 1, :].sum(axis=(1, 2))
        old_values = drawn[:, 1, :, 1].sum(axis=1) / drawn[:, :, :, 1].sum(axis=(1, 2))
    low, high = mover.difference(new, old, _correlation(new_values, old_values))
    interval = Interval(low=float(low), high=float(high), level=level, method="Wilson and MOVER, paired")
    return Shift(float(new.at - old.at), interval)


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Never below 0, which would be as if the rows were not the same; 0 where it cannot be told."""
    is_finite = np.isfinite(first) & np.isfinite(second)
    first, second = first[is_finite], second[is_finite]
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.clip(np.corrcoef(first, second)[0, 1], 0, 1))


def _disparity(shares: Shares, ratio: bool, level: float) -> mover.Ends | None:
    extreme = smallest([shares], level) if ratio else widest([shares], level)
    if extreme is None or extreme.interval.low is None or extreme.interval.high is None:
        return None
    return mover.Ends(extreme.value, extreme.interval.low, extreme.interval.high)


def _rates(drawn: np.ndarray, new: int, ratio: bool) -> np.ndarray:
    """(B,) the disparity of the new decisions, or of the old ones, in (B, groups, 2, 2) tables."""
    selected = drawn[:, :, 1, :].sum(axis=2) if new else drawn[:, :, :, 1].sum(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = selected / drawn.sum(axis=(2, 3))
        return np.asarray(rates.min(axis=1) / rates.max(axis=1) if ratio else np.ptp(rates, axis=1))
