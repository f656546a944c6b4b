"""Means of shares by row, and the share that was lost of them: intervals on the same rows."""

import numpy as np
from scipy import stats as laws

from auditkit import stats
from auditkit.errors import present
from auditkit.results import Interval


def mean_interval(values: np.ndarray, level: float = 0.95) -> Interval:
    """An interval for the mean of (n,) shares between 0 and 1: Student's, or Wilson's where they do not vary.

    Wilson's is never too narrow for such values, as none varies more than a yes or no of the same mean.
    """
    if len(values) < stats.FEW or np.ptp(values) == 0:
        return stats.wilson(float(np.clip(values.mean(), 0, 1)) * len(values), len(values), level)
    interval = present(stats.student_interval(values, level), "values that vary have one")
    low, high = (present(end, "values that vary have both") for end in (interval.low, interval.high))
    return interval.model_copy(update={"low": max(0.0, low), "high": min(1.0, high)})


def relative_drop_interval(before: np.ndarray, after: np.ndarray, level: float = 0.95) -> Interval | None:
    """An interval for 1 - mean(after) / mean(before) on the same rows; at most 1.

    Args:
        before: (n,) bool or 0 and 1, not all 0.
        after: (n,) shares between 0 and 1.
        level: the confidence, between 0 and 1.

    Returns:
        None where the mean before is so near to 0 that the interval has no ends, and under 30 rows.

    Source: Fieller (1954), Some problems in interval estimation, JRSS B 16.
    """
    n = len(before)
    if n < stats.FEW:
        return None
    x, y = before.mean(), after.mean()
    spread = np.cov(np.vstack([before, after]).astype(float)) / n
    t2 = float(laws.t.ppf(0.5 + level / 2, n - 1)) ** 2
    # ratios r with (y - r x)^2 <= t2 (s_yy - 2 r s_xy + r^2 s_xx); without spread: as for one row that differs
    slack = max(float(spread[1, 1]), 1 / n**2)
    a, b, c = x * x - t2 * spread[0, 0], x * y - t2 * spread[0, 1], y * y - t2 * slack
    if a <= 0:
        return None
    half = np.sqrt(max(b * b - a * c, 0.0))
    return Interval(
        low=float(1 - (b + half) / a), high=float(min(1.0, 1 - (b - half) / a)), level=level, method="Fieller, paired"
    )  # fmt: skip
