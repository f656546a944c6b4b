"""How much was lost on the same rows: intervals for a paired difference, and for the ratio of two paired means."""

from __future__ import annotations

import numpy as np
from scipy import stats as laws

from auditkit import stats
from auditkit.results import Interval

STEPS = 60
"""Halvings of the bracket in which an interval's end lies."""


def drop_interval(lost: int, gained: int, n: int, level: float = 0.95) -> Interval:
    """The score interval for (lost - gained) / n, the fall of accuracy on the same n rows, between -1 and 1.

    It leaves 0 out exactly where McNemar's test without continuity correction rejects.

    Args:
        lost: rows right before and wrong after.
        gained: rows wrong before and right after.
        n: all rows, above 0.
        level: the confidence, between 0 and 1.

    Raises:
        ValueError: counts that are negative or more than n.

    Source: Tango (1998), Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design, Statistics in Medicine 17.
    """
    if min(lost, gained) < 0 or n < 1 or lost + gained > n:
        raise ValueError(f"lost and gained must not be negative, and at most n; {lost}, {gained} of {n} was given")
    z, seen = stats.critical(level), (lost - gained) / n
    low = _root(lost, gained, n, z, -1.0, seen)
    return Interval(low=low, high=_root(lost, gained, n, -z, seen, 1.0), level=level, method="Tango score, paired")


def score(lost: int, gained: int, n: int, gap: float) -> float:
    """Tango's statistic: the distance of the seen difference from `gap`, in standard errors under it."""
    b = -lost - gained + (2 * n - lost + gained) * gap
    c = -gained * gap * (1 - gap)
    rest = (np.sqrt(max(b * b - 8 * n * c, 0.0)) - b) / (4 * n)
    variance = n * (2 * rest + gap * (1 - gap))
    apart = lost - gained - n * gap
    return float(apart / np.sqrt(variance)) if variance > 1e-15 else float(np.sign(apart)) * np.inf if apart else 0.0


def mcnemar(lost: int, gained: int) -> float:
    """The exact two-sided p-value of McNemar's test: as many rows are lost as gained, but for chance.

    Source: McNemar (1947), Psychometrika 12; exact by the binomial law.
    """
    return 1.0 if lost + gained == 0 else float(laws.binomtest(lost, lost + gained).pvalue)


def mean_interval(values: np.ndarray, level: float = 0.95) -> Interval:
    """An interval for the mean of (n,) shares between 0 and 1: Student's, or Wilson's where they do not vary.

    Wilson's is never too narrow for such values, as none varies more than a yes or no of the same mean.
    """
    if len(values) < stats.FEW or np.ptp(values) == 0:
        return stats.wilson(float(np.clip(values.mean(), 0, 1)) * len(values), len(values), level)
    found = stats.student_interval(values, level)
    assert found is not None and found.low is not None and found.high is not None  # they vary
    return found.model_copy(update={"low": max(0.0, found.low), "high": min(1.0, found.high)})


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


def _root(lost: int, gained: int, n: int, target: float, below: float, above: float) -> float:
    """Where the falling score crosses `target`; the bracket's end where it does not."""
    for _ in range(STEPS):
        middle = (below + above) / 2
        if score(lost, gained, n, middle) > target:
            below = middle
        else:
            above = middle
    return (below + above) / 2
