"""Intervals, bootstrap on counts, permutation, multiple testing, power."""

from __future__ import annotations

import numpy as np
from scipy import stats

from auditkit.results import Interval


def wilson(successes: float, n: float, level: float = 0.95) -> Interval:
    """The score interval for a share of `successes` in `n` independent rows (Wilson 1927), between 0 and 1."""
    z = float(stats.norm.ppf(0.5 + level / 2))
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = max(0.0, float(centre - half)), min(1.0, float(centre + half))
    return Interval(low=low, high=high, level=level, method="Wilson")


def mean_interval(values: np.ndarray, level: float = 0.95) -> Interval | None:
    """An interval for the mean of independent values: Wilson for booleans, Student's t otherwise; None below two rows.

    Args:
        values: (n,) bool or finite numbers.
        level: the confidence, between 0 and 1.
    """
    n = len(values)
    if n and (values.dtype == bool or set(np.unique(values)) <= {0, 1}):
        return wilson(float(values.sum()), n, level)
    if n < 2:
        return None
    half = float(stats.t.ppf(0.5 + level / 2, n - 1) * values.std(ddof=1) / np.sqrt(n))
    mean = float(values.mean())
    return Interval(low=mean - half, high=mean + half, level=level, method="Student t")
