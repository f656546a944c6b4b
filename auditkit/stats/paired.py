"""Two shares of the same rows: an interval for their difference, and the test that they are alike."""

import numpy as np
from scipy import stats as laws

from auditkit.results import Interval
from auditkit.stats.proportions import critical, falling_root

STEPS = 60
"""Halvings of the bracket in which an interval's end lies."""


def paired_difference_interval(first: int, second: int, n: int, level: float = 0.95) -> Interval:
    """The score interval for (first - second) / n, the difference of two shares of the same n rows.

    It leaves 0 out exactly where McNemar's test without continuity correction rejects.

    Args:
        first: rows that only the first share counts.
        second: rows that only the second share counts.
        n: all rows, above 0.
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


def paired_score(first: int, second: int, n: int, gap: float) -> float:
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
    return 1.0 if first + second == 0 else float(laws.binomtest(first, first + second).pvalue)
