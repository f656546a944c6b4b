"""How good predicted numbers are: mean absolute error, root mean squared error, R²."""

import math

import numpy as np
from scipy import special

from auditkit import stats
from auditkit.plugins.performance.estimates import Answers, Estimate, few, mean
from auditkit.results import Interval


def mean_absolute_error(answers: Answers) -> Estimate:
    """The mean of |predicted - true|, in the units of the label."""
    return mean(np.abs(answers.answers - answers.truth), answers)


def root_mean_squared_error(answers: Answers) -> Estimate:
    """The root of the mean squared error; its interval is the root of that of the mean."""
    squares = mean((answers.answers - answers.truth) ** 2, answers)
    if squares.value is None:
        return squares
    interval = squares.interval
    if interval is not None:
        ends = {end: math.sqrt(max(0.0, getattr(interval, end) or 0.0)) for end in ("low", "high")}
        interval = interval.model_copy(update={**ends, "method": f"{interval.method}, root"})
    return Estimate(math.sqrt(squares.value), interval, squares.n, units=squares.units)


def r_squared(answers: Answers) -> Estimate:
    """One minus the squared error over that of the mean of these rows; at most 1, below 0 where the mean is better.

    The interval is that of ln(1 - R²), by the delta method, so that it never passes 1.
    """
    if answers.many < max(2, answers.minimum):
        return few(answers.many, max(2, answers.minimum), "people")
    weight = np.full(len(answers), 1.0) if answers.weights is None else answers.weights
    weight = weight / weight.sum()
    centred = answers.truth - np.dot(weight, answers.truth)
    squares = (answers.answers - answers.truth) ** 2
    spread, error = float(np.dot(weight, centred**2)), float(np.dot(weight, squares))
    # ptp and no variance, which a rounding can leave above 0
    if np.ptp(answers.truth) == 0:
        return Estimate(None, reason="the label is the same in every row, so there is nothing to explain")
    value = 1 - error / spread
    if error == 0:
        # without a residual ln(1 - R²) has no finite value, nor a spread
        interval = Interval(low=1.0, high=1.0, method="no residual") if answers.many >= stats.FEW else None
        return Estimate(value, interval, len(answers), units=answers.units)
    pull = squares / error - centred**2 / spread
    n, moved, quantile = answers.many, weight * pull, stats.critical(0.95)
    method = "delta method on ln(1 - R²)"
    if answers.clusters is not None:
        moved = np.bincount(stats.numbered(answers.clusters), moved)
        method = f"{method}, by units"
        quantile = float(special.stdtrit(stats.cluster_freedom(answers.clusters, answers.weights), 0.975))
    half = quantile * math.sqrt(n / (n - 1) * float(np.sum(moved**2)))
    low, high = 1 - (1 - value) * math.exp(half), 1 - (1 - value) * math.exp(-half)
    return Estimate(value, Interval(low=low, high=high, method=method), len(answers), units=answers.units)
