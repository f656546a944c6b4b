"""Intervals for a mean and a median, with and without weights, of rows by themselves or in clusters."""

import numpy as np
import scipy

from auditkit.results import Interval
from auditkit.stats.clusters import cluster_size, clustered_mean, clustered_median, together
from auditkit.stats.proportions import wilson
from auditkit.stats.weights import FEW, effective_size, weighted_mean


def mean_interval(
    values: np.ndarray, level: float = 0.95, weights: np.ndarray | None = None, clusters: np.ndarray | None = None
) -> Interval | None:
    """An interval for the mean of independent values: Wilson for booleans, Student's t otherwise.

    With weights the mean is the weighted one; booleans use the effective number of rows, numbers the linearised
    (sandwich) variance.

    Args:
        values: (n,) bool or finite numbers.
        level: the confidence, between 0 and 1.
        weights: (n,) not negative, or None: all the same.
        clusters: (n,) whole numbers, the same for rows that vary together, such as those of a person; None: each row
            varies by itself.

    Returns:
        None below two rows or clusters, and below 30 where all values are the same: nothing to estimate a spread from.

    Source: Student (1908), Biometrika 6; Wilson (1927), JASA 22; Särndal, Swensson and Wretman (1992), Model assisted
    survey sampling, 5.7 (ratio of two totals); clusters as in `clusters.cluster_sizes` and `clusters.clustered_mean`.
    """
    n, clusters = len(values), together(clusters)
    if n and (bool(((values == 0) | (values == 1)).all())):
        rows = effective_size(n if weights is None else weights)
        size = rows if clusters is None else cluster_size(values, clusters, weights)
        # a rounding of the weighted mean must not make more successes than rows
        interval = wilson(min(size, size * weighted_mean(values, weights)), size, level)
        return interval if clusters is None else interval.model_copy(update={"method": "Wilson, by units"})
    return student_interval(values, level, weights, clusters)


def student_interval(
    values: np.ndarray, level: float = 0.95, weights: np.ndarray | None = None, clusters: np.ndarray | None = None
) -> Interval | None:
    """`mean_interval` without the exception for booleans: for numbers that may happen to be 0 and 1 only."""
    if (clusters := together(clusters)) is not None:
        return clustered_mean(values, clusters, level, weights)
    n = len(values)
    if n < 2 or (n < FEW and np.ptp(values) == 0):
        return None
    mean = weighted_mean(values, weights)
    shares = np.full(n, 1 / n) if weights is None else weights / weights.sum()
    # n / (n - 1), as the squares are taken around the mean of these same rows
    error = float(np.sqrt(n / (n - 1) * np.sum((shares * (values - mean)) ** 2)))
    half = float(scipy.special.stdtrit(n - 1, 0.5 + level / 2)) * error
    method = "Student t" if weights is None else "Student t, linearised for weights"
    return Interval(low=mean - half, high=mean + half, level=level, method=method)


def median_interval(values: np.ndarray, level: float = 0.95, clusters: np.ndarray | None = None) -> Interval | None:
    """The interval for a median that order statistics give, whatever the law of the values.

    Args:
        values: (n,) numbers; infinite ones make an end infinite, which is then None.
        level: the confidence, between 0 and 1.
        clusters: (n,) as in `mean_interval`.

    Returns:
        None where no two values enclose the median with that confidence: under six values at 95 %.

    Source: Thompson (1936), On confidence ranges for the median, Annals of Mathematical Statistics 7.
    """
    if (clusters := together(clusters)) is not None:
        return clustered_median(values, clusters, level)
    ordered, n = np.sort(values), len(values)
    # the first count whose probability reaches the tail: values at that rank from either end still enclose the median
    rank = int(scipy.stats.binom.ppf((1 - level) / 2, n, 0.5)) if n else 0
    if rank < 1:
        return None
    low, high = (float(end) if np.isfinite(end) else None for end in (ordered[rank - 1], ordered[n - rank]))
    return Interval(low=low, high=high, level=level, method="order statistics")
