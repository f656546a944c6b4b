"""Means of several groups with their standard errors, and intervals for the widest gap and the smallest ratio of them.

A bootstrap interval of a maximum cannot reach "no gap"; these come from all pairs of groups at once.
"""

from typing import NamedTuple, Self

import numpy as np
from scipy import special

from auditkit import stats
from auditkit.results import Interval
from auditkit.stats.gaps import PAIRWISE


class Means(NamedTuple):
    """The mean of one quantity in each of K groups."""

    values: np.ndarray
    """(K,) means."""
    errors: np.ndarray
    """(K,) squared standard errors of the means; 0 where a group does not vary."""
    sizes: np.ndarray
    """(K,) rows; with weights, the effective number of them (Kish)."""
    rows: np.ndarray
    """(K,) int64 rows."""

    def take(self, groups: np.ndarray) -> Self:
        """Some of the groups."""
        return type(self)(*(column[groups] for column in self))

    def logs(self) -> Self:
        """The same on the scale of logarithms (delta method); every mean must be above 0."""
        return self._replace(values=np.log(self.values), errors=self.errors / self.values**2)

    def steady_logs(self) -> Self:
        """As `logs`, with no error below what the group's size and the shape of all groups' values imply.

        A small group that happens to hold no large value looks surer than it is; the other groups know better.

        Source: after Bonett (2006), Robust confidence interval for a ratio of standard deviations, Applied
        Psychological Measurement 30, who pools the kurtosis.
        """
        logs = self.logs()
        # errors * sizes is the variance of one row on this scale; its mean over all rows is what a group of any size
        # has at least.
        common = float((logs.errors * self.sizes**2).sum() / self.sizes.sum())
        return logs._replace(errors=np.maximum(logs.errors, common / self.sizes))


def means(
    codes: np.ndarray, values: np.ndarray, weights: np.ndarray | None, groups: int, unit: np.ndarray | None = None
) -> Means:
    """The mean in each group, and its squared standard error (linearised for weights; the jackknife over units).

    Args:
        codes: (N,) the group of each row, 0 to K - 1; -1: left out.
        values: (N,) finite numbers.
        weights: (N,) positive, or None: all the same.
        groups: K; each has at least two rows.
        unit: (N,) whose row it is, where rows of one are not independent; None: each by itself.

    Source: Särndal, Swensson and Wretman (1992), Model assisted survey sampling, 5.7, for weights.
    """
    if (codes < 0).any():
        in_group = codes >= 0
        codes, values, weights = codes[in_group], values[in_group], None if weights is None else weights[in_group]
        unit = None if unit is None else unit[in_group]
    rows = np.bincount(codes, minlength=groups)
    weight = np.ones(len(codes)) if weights is None else weights
    total = np.bincount(codes, weights=weight, minlength=groups)
    mean = np.bincount(codes, weights=weight * values, minlength=groups) / total
    deviations = weight * (values - mean[codes])
    spread = np.bincount(codes, weights=deviations**2, minlength=groups)
    # what is left of rounding is no spread
    spread[spread <= rows * (1e-14 * np.bincount(codes, weights=weight * np.abs(values), minlength=groups)) ** 2] = 0
    square = rows.astype(float) if weights is None else np.bincount(codes, weights=weight**2, minlength=groups)
    by_row = Means(mean, rows / (rows - 1) * spread / total**2, total**2 / square, rows)
    return by_row if unit is None else _by_units(by_row, codes, values, weights, unit)


def _by_units(
    means: Means, codes: np.ndarray, values: np.ndarray, weights: np.ndarray | None, unit: np.ndarray
) -> Means:
    """The means with the standard errors of the jackknife over units, and as many independent rows as these are.

    Of a group in one unit the error is endless.
    """
    errors, sizes = np.full(len(means.values), np.inf), np.ones(len(means.values))
    for group in range(len(means.values)):
        rows = codes == group
        weight = None if weights is None else weights[rows]
        pulls = stats.cluster_pulls(values[rows], unit[rows], weight)
        if len(pulls) > 1:
            errors[group] = stats.cluster_error(pulls) ** 2
            sizes[group] = stats.cluster_freedom(unit[rows], weight) + 1
    return means._replace(errors=errors, sizes=sizes)


def by_units(interval: Interval) -> Interval:
    """The interval, saying that its errors are those of units."""
    return interval.model_copy(update={"method": f"{interval.method}, by units"})


def mean_interval(means: Means, group: int, level: float = 0.95, weighted: bool = False) -> Interval:
    """Student's interval for the mean of one group (Student 1908, Biometrika 6)."""
    half = _student(level, means.sizes[group] - 1) * np.sqrt(means.errors[group])
    mean, method = means.values[group], "Student t, linearised for weights" if weighted else "Student t"
    return Interval(low=float(mean - half), high=float(mean + half), level=level, method=method)


def root_interval(means: Means, group: int, level: float = 0.95) -> Interval:
    """An interval for the root of a group's mean square: delta method on the scale of logarithms, so it stays above 0.

    Args:
        means: means of squares, above 0 in this group.
        group: which group.
        level: the confidence, between 0 and 1.
    """
    logs = means.take(np.array([group])).logs()
    half = _student(level, logs.sizes[0] - 1) * np.sqrt(logs.errors[0])
    low, high = np.exp((logs.values[0] - half) / 2), np.exp((logs.values[0] + half) / 2)
    return Interval(low=float(low), high=float(high), level=level, method="delta method on logarithms, Student t")


def gap(means: Means, pairs: stats.Pairs | None = None, level: float = 0.95) -> stats.Extreme:
    """The widest difference of means and its interval; the low end is 0 unless some pair differs for certain.

    With intervals of all pairs that hold at once, the widest true difference is at least every low end and at most the
    largest high end.

    Args:
        means: means of groups, at least two.
        pairs: those that are compared (`stats.pairs_of`); None: all.
        level: the confidence, between 0 and 1.

    Source: pairs by Welch (1947), Biometrika 34, at the level of Šidák: Tamhane (1979), A comparison of procedures for
    multiple comparisons of means with unequal variances, JASA 74 (T2).
    """
    apart = _apart(means, pairs, level)
    method = "simultaneous Welch intervals of all pairs (Šidák; Tamhane T2)"
    if len(apart.values) == 1:
        method = "Welch t"
    elif _many(means, pairs):
        method = "simultaneous Student intervals of all groups (Šidák)"
    return stats.largest_apart(apart, means.values, method, level=level)


def ratio(means: Means, root: bool = False, pairs: stats.Pairs | None = None, level: float = 0.95) -> stats.Extreme:
    """The smallest ratio of means and its interval, 0 to 1; the high end is 1 unless some pair differs for certain.

    Args:
        means: means above 0 of groups, at least two.
        root: about the roots of the means.
        pairs: those that are compared (`stats.pairs_of`); None: all.
        level: the confidence, between 0 and 1.
    """
    # The logarithm of a root is half the logarithm.
    half, (pairs, gaps, low, high) = 2 if root else 1, _apart(means.steady_logs(), pairs, level)
    apart = stats.Apart(pairs, *(np.exp(-end / half) for end in (gaps, high, low)))
    method = "simultaneous delta-method intervals of all pairs' log ratio, Welch t (Šidák)"
    return stats.smallest_apart(apart, means.values, method, level)


def detectable(means: Means, tests: int, level: float = 0.95, power: float = 0.8) -> float:
    """The difference, between the two groups with the largest standard errors, that would be found 8 times in 10.

    Of any other two groups it is found more often. Adjusted for all pairs and for `tests` tests; normal approximation.
    """
    k = len(means.values)
    alpha = (1 - stats.sidak_level(level, k * (k - 1) // 2)) / max(1, tests)
    worst = float(np.sqrt(np.sort(means.errors)[-2:].sum()))
    return float((special.ndtri(1 - alpha / 2) + special.ndtri(power)) * worst)


def _student(level: float, freedom: np.ndarray | float) -> np.ndarray:
    return np.asarray(special.stdtrit(np.maximum(1.0, freedom), 0.5 + level / 2))


def _many(means: Means, pairs: stats.Pairs | None) -> bool:
    return pairs is None and len(means.values) > PAIRWISE


def _apart(means: Means, pairs: stats.Pairs | None, level: float) -> stats.Apart:
    """The differences of the pairs; of very many groups, those of groups at an end, from an interval for each group."""
    # Pairs grow with the square of the groups. Only a group at an end of the values, or of their intervals, can make
    # the widest gap.
    if _many(means, pairs):
        half = _student(stats.sidak_level(level, len(means.values)), means.sizes - 1) * np.sqrt(means.errors)
        low, high = means.values - half, means.values + half
        ends = np.unique([index for side in (means.values, low, high) for index in (side.argmin(), side.argmax())])
        i, j = stats.pairs_of(len(means.values), ends.tolist())
        gap = np.abs(means.values[i] - means.values[j])
        return stats.Apart((i, j), gap, np.maximum(low[i] - high[j], low[j] - high[i]),
                     np.maximum(high[i] - low[j], high[j] - low[i]))  # fmt: skip
    i, j = stats.pairs_of(len(means.values)) if pairs is None else pairs
    gap, error = np.abs(means.values[i] - means.values[j]), means.errors[i] + means.errors[j]
    # Welch's degrees of freedom, pair by pair; a group that does not vary adds nothing to them.
    below = means.errors[i] ** 2 / (means.sizes[i] - 1) + means.errors[j] ** 2 / (means.sizes[j] - 1)
    freedom = np.divide(error**2, below, out=np.full(len(gap), np.inf), where=below > 0)
    half = _student(stats.sidak_level(level, len(gap)), freedom) * np.sqrt(error)
    return stats.Apart((i, j), gap, gap - half, gap + half)
