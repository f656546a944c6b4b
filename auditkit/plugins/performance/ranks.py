"""How good decisions between ordered classes are: a decision far from the truth is worse than one beside it."""

import math

import numpy as np

from auditkit import stats
from auditkit.plugins.performance.estimates import Answers, Estimate, few, mean
from auditkit.results import Interval


def mean_rank_error(answers: Answers, ranks: np.ndarray) -> Estimate:
    """The mean number of ranks between decision and truth.

    Args:
        answers: positions in `classes`.
        ranks: (C,) the rank of each class, from 0.
    """
    apart = np.abs(ranks[answers.answers] - ranks[answers.truth]).astype(float)
    if np.ptp(apart) > 0 or answers.many < max(1, answers.minimum):
        return mean(apart, answers)
    # where all are as far off, such as not at all, Student's law knows no spread
    interval = stats.bounded_interval(apart, 0, len(ranks) - 1, weights=answers.weights, clusters=answers.clusters)
    return Estimate(stats.weighted_mean(apart, answers.weights), interval, len(answers), units=answers.units)


def quadratic_weighted_kappa(answers: Answers, ranks: np.ndarray) -> Estimate:
    """One minus the mean squared distance of ranks over that of decisions and labels put together by chance.

    The interval is that of Fisher's z, with the standard error of the influence values, which is that of Fleiss, Cohen
    and Everitt (1969) for rows by themselves. Where nobody is decided wrong these do not vary; then the mean squared
    distance has two people added at either end of its range, as Agresti and Coull (1998) add them.

    Args:
        answers: positions in `classes`.
        ranks: (C,) the rank of each class, from 0.

    Source: Cohen (1968), Weighted kappa, Psychological Bulletin 70.
    """
    if answers.many < max(2, answers.minimum):
        return few(answers.many, max(2, answers.minimum), "people")
    weights = np.full(len(answers.truth), 1.0) if answers.weights is None else answers.weights
    share = weights / weights.sum()
    truth, decided = ranks[answers.truth].astype(float), ranks[answers.answers].astype(float)
    means, squares = [], []
    for column in (truth, decided):
        means.append(float(share @ column))
        squares.append(float(share @ column**2))
    apart = (truth - decided) ** 2
    observed, expected = float(share @ apart), squares[0] + squares[1] - 2 * means[0] * means[1]
    if expected <= 1e-12:
        return Estimate(None, reason="labels and decisions are all of one class, so chance does as well")
    value = 1 - observed / expected
    by_truth = truth**2 - 2 * truth * means[1] + squares[1]
    by_decision = decided**2 - 2 * decided * means[0] + squares[0]
    pulls = (-apart - observed + observed * (by_truth + by_decision) / expected) / expected
    return Estimate(
        value, _interval(value, apart, expected, pulls, answers, len(ranks)), len(answers), units=answers.units
    )


def _interval(
    value: float, apart: np.ndarray, expected: float, pulls: np.ndarray, answers: Answers, classes: int
) -> Interval | None:
    spread = stats.student_interval(pulls, weights=answers.weights, clusters=answers.clusters)
    if spread is None or spread.low is None or spread.high is None or value >= 1 or np.ptp(apart) == 0:
        most = float((classes - 1) ** 2)
        of_apart = stats.bounded_interval(apart, 0, most, weights=answers.weights, clusters=answers.clusters)
        if of_apart is None or of_apart.low is None or of_apart.high is None:
            return None
        ends = (max(-1.0, 1 - of_apart.high / expected), min(1.0, 1 - of_apart.low / expected))
        return Interval(low=min(value, ends[0]), high=max(value, ends[1]), method=f"{of_apart.method}, over chance")
    half = (spread.high - spread.low) / 2 / (1 - value**2)
    low, high = (math.tanh(math.atanh(value) + sign * half) for sign in (-1, 1))
    by_units = ", by units" if answers.clusters is not None else ""
    return Interval(low=low, high=high, method=f"Fisher z, influence values{by_units}")
