"""The check's tests of itself: means by another road, and intervals tried on samples of the cases themselves."""

from collections.abc import Sequence

import numpy as np

from auditkit import stats
from auditkit.plugins.performance.case_scores.estimates import Cases, mean_interval

COVERED = 0.88
"""Of 95 % intervals at least so many must cover what they are for; four standard errors below, of 200 trials."""


def largest_deviation(claims: Sequence[tuple[np.ndarray, np.ndarray | None, float]]) -> float:
    """The largest difference between means shown and sums over counts in the order of size, on the scale of values.

    Args:
        claims: (values (n,) without NaN, weights (n,) or None, the mean shown).
    """
    worst = 0.0
    for values, weights, mean in claims:
        order = np.argsort(values, kind="stable")
        weight = np.ones(len(values)) if weights is None else weights
        again = float(np.cumsum((values * weight)[order])[-1] / np.cumsum(weight[order])[-1])
        worst = max(worst, abs(again - mean) / max(float(np.abs(values).max()), 1e-300))
    return worst


def covered(cases: Cases, size: int, trials: int, rng: np.random.Generator) -> float | None:
    """How often the interval of `size` cases drawn from all of them covers their mean; None where there are too few.

    A sample without an interval claims nothing, and counts as covering.

    Args:
        cases: those with a score.
        size: cases in a sample, as many as the smallest group has.
        trials: samples.
        rng: the source of chance.
    """
    values = cases.values
    # of more than half of all cases the mean is too near to that of all for a trial
    size = min(size, len(values) // 2)
    if size < 10:
        return None
    mean, hits = stats.weighted_mean(values), 0
    for _ in range(trials):
        interval = mean_interval(cases.score, rng.choice(values, size, replace=False))
        if interval is None or interval.low is None or interval.high is None:
            hits += 1
        else:
            hits += interval.low <= mean <= interval.high
    return hits / trials
