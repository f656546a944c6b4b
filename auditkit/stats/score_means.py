"""Intervals for a mean and a quantile of scores: bounded ones stay in their range, skewed ones lean to their tail."""

import numpy as np
import scipy

from auditkit.results import Interval
from auditkit.stats.clusters import (
    cluster_error,
    cluster_freedom,
    cluster_pulls,
    cluster_size,
    clustered_mean,
    together,
)
from auditkit.stats.weights import FEW, effective_size, weighted_mean

ADDED = 2.0
"""Cases that are added at either end of a range."""
DOMINANT = 0.5
"""The share of the squared deviations above which one value alone makes the spread."""


def bounded_interval(
    values: np.ndarray,
    low: float,
    high: float,
    level: float = 0.95,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> Interval | None:
    """An interval for the mean of independent values between `low` and `high`, which it never leaves.

    Two cases are added at either end, as Agresti and Coull add successes and failures, and Student's interval of all is
    cut to the range. So values that are all the same, or all at an end, have an interval that is not empty: 40 cases
    without a failure do not show that there is none. The more values, the less the added ones weigh.

    Args:
        values: (n,) numbers from `low` to `high`.
        low: the lower end of the range.
        high: the upper end, above `low`.
        level: the confidence, between 0 and 1.
        weights: (n,) not negative, or None: all the same.
        clusters: (n,) whole numbers, the same for values that vary together, such as those of a patient; None: each by
            itself. As many values count as there are clusters, fewer where they are of unequal size.

    Returns:
        None below two values or clusters.

    Source: Agresti and Coull (1998), Approximate is better than "exact" for interval estimation of binomial
    proportions, The American Statistician 52; Student (1908), Biometrika 6.
    """
    clusters = together(clusters)
    if len(values if clusters is None else np.unique(clusters)) < 2:
        return None
    size = effective_size(len(values) if weights is None else weights)
    mean = weighted_mean(values, weights)
    variance = weighted_mean((values - mean) ** 2, weights)
    if clusters is not None:
        size = cluster_freedom(clusters, weights) + 1
        variance = cluster_error(cluster_pulls(values, clusters, weights)) ** 2 * (size - 1)
    centre, error = map(float, with_added(mean, variance, size, low, high))
    half = float(scipy.special.stdtrit(size - 1, 0.5 + level / 2)) * error if size > 1 else high - low
    # the mean itself lies inside, though the centre is drawn away from an end
    ends = max(low, min(mean, centre - half)), min(high, max(mean, centre + half))
    by_units = "" if clusters is None else ", by units"
    method = f"Student t{by_units}, two cases added at either end of the range"
    return Interval(low=ends[0], high=ends[1], level=level, method=method)


def with_added(
    mean: float | np.ndarray, variance: float | np.ndarray, size: float | np.ndarray, low: float, high: float
) -> tuple[np.ndarray, np.ndarray]:
    """The mean and its standard error with two cases added at either end of a range.

    Args:
        mean: of the values.
        variance: their mean squared deviation from it.
        size: how many they are, effectively.
        low: the lower end of the range.
        high: the upper end.
    """
    total = size + 2 * ADDED
    centre = (size * mean + ADDED * (low + high)) / total
    squares = size * (variance + (mean - centre) ** 2) + ADDED * ((low - centre) ** 2 + (high - centre) ** 2)
    return np.asarray(centre), np.sqrt(squares / (total - 1) / total)


def skewed_interval(values: np.ndarray, level: float = 0.95, clusters: np.ndarray | None = None) -> Interval | None:
    """An interval for the mean of independent values without bounds, which leans to the side of the longer tail.

    Student's law of a mean of skewed values is off to one side; Hall's cubic transformation takes the skewness out, and
    is turned back in closed form.

    Args:
        values: (n,) finite numbers.
        level: the confidence, between 0 and 1.
        clusters: (n,) as in `bounded_interval`; then it is the jackknife over clusters, without the correction.

    Returns:
        None below two values, below 30 where all are the same, and where one value makes more than half of the squared
        deviations: then the spread is not known (`dominated`).

    Source: Hall (1992), On the removal of skewness by transformation, JRSS B 54.
    """
    n = len(values)
    if n < 2 or (n < FEW and np.ptp(values) == 0) or dominated(values):
        return None
    if (clusters := together(clusters)) is not None:
        return clustered_mean(values, clusters, level)
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    deviations = values - mean
    skewness = float((deviations**3).mean() / spread**3) if spread > 0 else 0.0
    t = float(scipy.special.stdtrit(n - 1, 0.5 + level / 2))
    low, high = (mean - spread / np.sqrt(n) * _hall(quantile, skewness, n) for quantile in (t, -t))
    return Interval(low=float(low), high=float(high), level=level, method="Student t, corrected for skewness (Hall)")


def _hall(quantile: float, skewness: float, n: int) -> float:
    """The studentized mean that Hall's transformation takes to `quantile`."""
    if abs(skewness) < 1e-9:
        return quantile
    root = np.cbrt(1 + skewness * (quantile / np.sqrt(n) - skewness / (6 * n)))
    return float(3 * np.sqrt(n) / skewness * (root - 1))


def dominated(values: np.ndarray) -> float | None:
    """The share of the squared deviations that one value makes, where it is more than half; else None.

    Of three values one always makes half or more; of many, only where the tail is so heavy that a further case may move
    the mean by as much as all of these.

    Args:
        values: (n,) finite numbers.
    """
    squares = (values - values.mean()) ** 2
    total = float(squares.sum())
    share = float(squares.max()) / total if total > 0 and len(values) > 3 else 0.0
    return share if share > DOMINANT else None


def quantile_interval(
    values: np.ndarray,
    share: float,
    level: float = 0.95,
    low: float | None = None,
    high: float | None = None,
    clusters: np.ndarray | None = None,
) -> Interval | None:
    """The interval for a quantile that order statistics give, whatever the law of the values.

    Args:
        values: (n,) finite numbers.
        share: of the law below the quantile, between 0 and 1.
        level: the confidence, between 0 and 1.
        low: the lowest value that there can be, which is the end where no value of these is low enough; None: none.
        high: likewise the highest.
        clusters: (n,) as in `bounded_interval`: the ranks are those of as many values as are independent.

    Returns:
        None where neither end is known. An end that no value gives and no range, is None.

    Source: Thompson (1936), On confidence ranges for the median, Annals of Mathematical Statistics 7; David and
    Nagaraja (2003), Order statistics, 7.1.
    """
    n, ordered = len(values), np.sort(values)
    clusters = together(clusters) if n else None
    size = n if clusters is None else int(cluster_size(values <= np.quantile(values, share), clusters))
    tail = (1 - level) / 2
    # the counts of values below the quantile that either tail leaves
    below = int(scipy.stats.binom.ppf(tail, size, share)) if size else 0
    above = int(scipy.stats.binom.isf(tail, size, share)) + 1 if size else 1
    # of the values that stand for the one at a rank among the independent ones, the outermost
    first = float(ordered[int((below - 1) * n / size)]) if below >= 1 else low
    last = float(ordered[min(n, int(np.ceil(above * n / size))) - 1]) if above <= size else high
    if first is None and last is None:
        return None
    method = "order statistics" if clusters is None else "order statistics, by units"
    return Interval(low=first, high=last, level=level, method=method)
