"""Intervals for a mean, with and without weights."""

import numpy as np
import scipy

from auditkit.results import Interval
from auditkit.stats.proportions import wilson

FEW = 30
"""Rows under which values that do not vary say nothing about how much they might."""


def mean_interval(values: np.ndarray, level: float = 0.95, weights: np.ndarray | None = None) -> Interval | None:
    """An interval for the mean of independent values: Wilson for booleans, Student's t otherwise.

    With weights the mean is the weighted one; booleans use the effective number of rows, numbers the linearised
    (sandwich) variance.

    Args:
        values: (n,) bool or finite numbers.
        level: the confidence, between 0 and 1.
        weights: (n,) not negative, or None: all the same.

    Returns:
        None below two rows, and below 30 where all values are the same: nothing to estimate a spread from.

    Source: Student (1908), Biometrika 6; Wilson (1927), JASA 22; Särndal, Swensson and Wretman (1992), Model assisted
    survey sampling, 5.7 (ratio of two totals).
    """
    n = len(values)
    if n and (bool(((values == 0) | (values == 1)).all())):
        size = effective_size(n if weights is None else weights)
        # a rounding of the weighted mean must not make more successes than rows
        return wilson(min(size, size * weighted_mean(values, weights)), size, level)
    return student_interval(values, level, weights)


def student_interval(values: np.ndarray, level: float = 0.95, weights: np.ndarray | None = None) -> Interval | None:
    """`mean_interval` without the exception for booleans: for numbers that may happen to be 0 and 1 only."""
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


def median_interval(values: np.ndarray, level: float = 0.95) -> Interval | None:
    """The interval for a median that order statistics give, whatever the law of the values.

    Args:
        values: (n,) numbers; infinite ones make an end infinite, which is then None.
        level: the confidence, between 0 and 1.

    Returns:
        None where no two values enclose the median with that confidence: under six values at 95 %.

    Source: Thompson (1936), On confidence ranges for the median, Annals of Mathematical Statistics 7.
    """
    ordered, n = np.sort(values), len(values)
    # the first count whose probability reaches the tail: values at that rank from either end still enclose the median
    rank = int(scipy.stats.binom.ppf((1 - level) / 2, n, 0.5)) if n else 0
    if rank < 1:
        return None
    low, high = (float(end) if np.isfinite(end) else None for end in (ordered[rank - 1], ordered[n - rank]))
    return Interval(low=low, high=high, level=level, method="order statistics")


def weighted_mean(values: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The mean of (n,) values, weighted where there are weights."""
    return float(values.mean()) if weights is None else float(np.dot(weights, values) / weights.sum())


def effective_size(weights: np.ndarray | float, people: np.ndarray | None = None) -> float:
    """How many rows of equal weight hold as much information: (sum of weights)^2 / sum of squares; 0 for none.

    Args:
        weights: (n,) not negative, or the number of rows where all weigh the same.
        people: (n,) how many rows of that weight there are; None: one of each.

    Source: Kish (1965), Survey sampling.
    """
    if not isinstance(weights, np.ndarray):
        return float(weights)
    many = 1 if people is None else people
    squares = float(np.sum(many * weights**2))
    return float(np.sum(many * weights)) ** 2 / squares if squares > 0 else 0.0
