"""The area under the ROC curve, with an interval."""

from typing import NamedTuple

import numpy as np
import scipy

from auditkit.results import Interval
from auditkit.stats.clusters import cluster_freedom, together
from auditkit.stats.proportions import critical, wilson_bounds
from auditkit.stats.weights import effective_size


class Auc(NamedTuple):
    """An area under the ROC curve."""

    value: float
    """Between 0 and 1; 0.5: the scores say nothing."""
    interval: Interval
    influence: np.ndarray
    """(n,) how much each row pulls the value; the variance is the sum of squares over n squared. Of rows in clusters,
    (n,) as many as there are rows: the sum of each cluster in place of one of its rows, 0 in place of the others."""


def auc(
    scores: np.ndarray,
    positive: np.ndarray,
    weights: np.ndarray | None = None,
    level: float = 0.95,
    clusters: np.ndarray | None = None,
) -> Auc | None:
    """The chance that a positive row scores above a negative one (ties count half), with DeLong's interval.

    The interval is taken on the logit scale, so that it stays between 0 and 1. Where the scores separate the classes
    without error there is no spread to estimate, and the interval is Wilson's for the rows of the smaller class.

    Args:
        scores: (n,) finite.
        positive: (n,) bool.
        weights: (n,) not negative, or None: all the same.
        level: the confidence, between 0 and 1.
        clusters: (n,) whole numbers, the same for rows that vary together, such as those of a person; None: each row
            varies by itself. A cluster may have rows of both classes.

    Returns:
        None where one of the classes is empty.

    Source: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44; by ranks as in Sun and Xu (2014), IEEE Signal
    Processing Letters 21; logit scale as in Pepe (2003), The statistical evaluation of medical tests, 5.2; clusters as
    in Obuchowski (1997), Nonparametric analysis of clustered ROC curve data, Biometrics 53.
    """
    weights, clusters = np.ones(len(scores)) if weights is None else weights, together(clusters)
    sizes = [
        effective_size(weights[side] if clusters is None else _totals(weights[side], clusters[side]))
        for side in (positive, ~positive)
    ]
    if min(sizes) <= 0:
        return None
    beaten = _placements(scores, positive, weights)
    value = float(np.average(beaten[positive], weights=weights[positive]))
    influence = _influence(beaten - value, positive, weights, clusters)
    error = float(np.sqrt(np.sum(influence**2))) / len(scores)
    freedom = (
        None
        if clusters is None
        else min(cluster_freedom(clusters[side], weights[side]) for side in (positive, ~positive))
    )
    return Auc(value, auc_interval(value, error, min(sizes), level, freedom), influence)


def auc_gain(first: Auc, second: Auc, level: float = 0.95) -> Interval:
    """The interval for the first area less the second, of two scores of the same rows, by DeLong's paired method.

    Args:
        first: from `auc` on (n,) rows.
        second: from `auc` on the same rows, with the same positives and weights.
        level: the confidence, between 0 and 1.

    Raises:
        ValueError: the two are of different numbers of rows.

    Source: DeLong, DeLong and Clarke-Pearson (1988), Comparing the areas under two or more correlated receiver
    operating characteristic curves, Biometrics 44.
    """
    n = len(first.influence)
    if len(second.influence) != n:
        raise ValueError(f"both areas must be of the same rows; they are of {n} and {len(second.influence)}")
    # the influences of the two areas on one row are taken from each other: what both share cancels
    error = float(np.sqrt(np.sum((first.influence - second.influence) ** 2))) / n
    gain, half = first.value - second.value, critical(level) * error
    return Interval(low=max(-1.0, gain - half), high=min(1.0, gain + half), level=level, method="DeLong, paired")


def auc_interval(
    value: float, error: float, smaller: float, level: float = 0.95, freedom: float | None = None
) -> Interval:
    """The interval for an area from its standard error; see `auc`.

    Args:
        value: between 0 and 1.
        error: the standard error, not negative.
        smaller: how many (effective) rows the smaller class has; used where the error cannot be estimated.
        level: the confidence, between 0 and 1.
        freedom: degrees of freedom of the error, of rows in clusters; None: so many that the law is the normal one.
    """
    # the logit of 0 and of 1 is infinite, and an error of 0 only says that there are too few rows to see one
    if error <= 0 or value <= 0 or value >= 1:
        low, high = wilson_bounds(value * smaller, smaller, level)
        by_units = "" if freedom is None else ", by units"
        return Interval(low=float(low), high=float(high), level=level, method=f"Wilson on the smaller class{by_units}")
    quantile = critical(level) if freedom is None else float(scipy.special.stdtrit(freedom, 0.5 + level / 2))
    half = quantile * error / (value * (1 - value))
    low, high = (
        scipy.special.expit(scipy.special.logit(value) - half),
        scipy.special.expit(scipy.special.logit(value) + half),
    )
    method = "DeLong, logit scale" if freedom is None else "Obuchowski, by units on the logit scale, Student t"
    return Interval(low=float(low), high=float(high), level=level, method=method)


def _placements(scores: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n,) for a positive row the share of negatives below it, for a negative row the share of positives above it."""
    placements = np.empty(len(scores))
    for is_class, sign in ((positive, 1.0), (~positive, -1.0)):
        other_scores, other_weights = sign * scores[~is_class], weights[~is_class]
        # by ranks: to compare every pair of rows would take n² steps
        order = np.argsort(other_scores, kind="stable")
        below = np.concatenate([[0.0], np.cumsum(other_weights[order])])
        first_equal = np.searchsorted(other_scores[order], sign * scores[is_class], side="left")
        after_equal = np.searchsorted(other_scores[order], sign * scores[is_class], side="right")
        placements[is_class] = (below[first_equal] + below[after_equal]) / 2 / below[-1]
    return placements


def _influence(
    centred: np.ndarray, positive: np.ndarray, weights: np.ndarray, clusters: np.ndarray | None
) -> np.ndarray:  # fmt: skip
    n = len(centred)
    pull = np.zeros(n)
    for is_class in (positive, ~positive):
        # DeLong's variance divides by the rows of a class less one, Obuchowski's by its clusters
        units = int(is_class.sum()) if clusters is None else len(np.unique(clusters[is_class]))
        unbias = np.sqrt(units / (units - 1)) if units > 1 else 1.0
        pull[is_class] = n * unbias * centred[is_class] * weights[is_class] / weights[is_class].sum()
    if clusters is None:
        return pull
    summed = np.zeros(n)
    summed[np.unique(clusters, return_index=True)[1]] = _totals(pull, clusters)
    return summed


def _totals(values: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """The sum of each cluster, in the order of their numbers."""
    return np.bincount(np.unique(clusters, return_inverse=True)[1].reshape(-1), values)


def pooled_error(influences: list[np.ndarray]) -> float:
    """The standard error of the mean of several areas on the same rows, from their influences."""
    pooled = np.mean(influences, axis=0)
    return float(np.sqrt(np.sum(pooled**2))) / len(pooled)
