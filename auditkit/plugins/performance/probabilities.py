"""How good probabilities are: log-loss, Brier score, calibration."""

from typing import NamedTuple

import numpy as np
from scipy import special

from auditkit import stats
from auditkit.errors import present
from auditkit.metrics.catalogue import BY_UNIT
from auditkit.plugins.performance.estimates import Answers, Estimate, few, mean
from auditkit.results import Interval

ROWS_PER_BIN = 25
"""Small groups get fewer bins, so that each holds this many rows."""
SMALLEST = float(np.finfo(np.float64).eps)
"""A probability of 0 for what happened would make the log-loss infinite; it is taken as this."""


class Bin(NamedTuple):
    """Rows of similar probability."""

    predicted: float
    """Their mean probability."""
    observed: float
    """The share of them in which it came true."""
    share: float
    """Of all rows (of their weight)."""
    size: float
    """Rows, or effective rows."""
    rows: int


def auc(answers: Answers) -> Estimate:
    """The area under the ROC curve; see `auditkit.stats.auc`."""
    scores = present(answers.scores, "asked only where there are scores")
    positive = answers.truth == answers.positive
    for side, sign in ((positive, "positive"), (~positive, "negative")):
        rows = int(side.sum()) if answers.clusters is None else len(np.unique(answers.clusters[side]))
        if rows < max(1, answers.minimum):
            return few(rows, answers.minimum, f"people with a {sign} label")._replace(n=None)
    area = present(stats.auc(scores, positive, answers.weights, clusters=answers.clusters), "both classes are there")
    return Estimate(area.value, area.interval, len(answers), units=answers.units)


def log_loss(answers: Answers) -> Estimate:
    """The mean of -ln(probability given to the true class)."""
    probabilities = present(answers.probabilities, "asked only where there are probabilities")
    true_class = np.take_along_axis(probabilities, answers.truth[:, None], axis=1)[:, 0]
    total = probabilities.sum(axis=1)
    # divided by the sum of the row, as float32 probabilities seldom add up to 1
    return mean(-np.log(np.clip(true_class / total, SMALLEST, 1)), answers)


def brier(answers: Answers) -> Estimate:
    """The mean squared distance between the probability of the positive class and what happened (binary)."""
    probabilities = present(answers.probabilities, "asked only where there are probabilities")
    happened = answers.truth == answers.positive
    return mean((probabilities[:, answers.positive] - happened) ** 2, answers)


def confidence(answers: Answers) -> tuple[np.ndarray, np.ndarray]:
    """What calibration is about: (n,) probabilities, and (n,) bool whether they came true.

    Binary: of the positive class. More classes: of the likeliest class (Guo et al. 2017).
    """
    probabilities = present(answers.probabilities, "asked only where there are probabilities")
    if len(answers.classes) == 2:
        return probabilities[:, answers.positive], answers.truth == answers.positive
    return probabilities.max(axis=1), answers.truth == probabilities.argmax(axis=1)


def bins(
    predicted: np.ndarray, happened: np.ndarray, count: int, weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> list[Bin]:  # fmt: skip
    """Bins that hold about equally many rows; rows of equal probability stay together.

    Args:
        predicted: (n,) probabilities, n at least 1.
        happened: (n,) bool.
        count: how many bins at most.
        weights: (n,) positive, or None.
        clusters: (n,) as in `Answers`.
    """
    count = max(1, min(count, len(predicted) // ROWS_PER_BIN))
    # quantiles of few distinct values coincide: unique keeps equal probabilities in one bin
    edges = np.unique(np.quantile(predicted, np.arange(1, count) / count))
    numbers = np.searchsorted(edges, predicted, side="right")
    weight = np.ones(len(predicted)) if weights is None else weights
    groups = []
    for number in np.unique(numbers):
        inside = numbers == number
        mass = float(weight[inside].sum())
        size = stats.effective_size(weight[inside])
        if clusters is not None:
            size = stats.cluster_size(happened[inside], clusters[inside], weight[inside])
        groups.append(
            Bin(
                float(np.dot(weight[inside], predicted[inside]) / mass),
                float(np.dot(weight[inside], happened[inside]) / mass),
                mass / float(weight.sum()), size, int(inside.sum()),
            )
        )  # fmt: skip
    return groups


def calibration_error(answers: Answers, count: int) -> Estimate:
    """The mean distance between predicted and observed shares, over bins of equally many rows.

    The value is the plain estimate, which is above 0 by chance also for a calibrated model; see the interval.
    """
    if answers.many < max(1, answers.minimum):
        return few(answers.many, answers.minimum, "people")
    groups = bins(*confidence(answers), count, answers.weights, answers.clusters)
    value = sum(group.share * abs(group.observed - group.predicted) for group in groups)
    interval = calibration_interval(groups, independent=answers.clusters is None)
    return Estimate(value, interval, len(answers), units=answers.units)


def calibration_interval(groups: list[Bin], level: float = 0.95, independent: bool = True) -> Interval:
    """An interval for the calibration error that reaches 0 where nothing speaks against perfect calibration.

    The true gaps of the bins lie in an ellipsoid around those seen with confidence `level`; the ends are the smallest
    and the largest weighted sum of their sizes within it. A bootstrap would only add noise to a number that noise has
    already made too large. Bins that are not independent, as rows of one unit may be in several, each have an interval
    of their own at a level that holds for all at once, however they go together.

    Source: Scheffé (1953), A method for judging all contrasts, Biometrika 40; Bonferroni.
    """
    predicted, observed, weight, size, _ = np.array(groups).T
    gaps = observed - predicted
    smoothed = ((predicted + gaps) * size + 2) / (size + 4)  # Agresti and Coull (1998)
    # the spread as seen or as it would be under perfect calibration, whichever is larger: too small a spread seen by
    # chance must not turn into a calibration error
    variance = np.maximum(smoothed * (1 - smoothed), predicted * (1 - predicted)) / size
    if not independent:
        reach = stats.critical(1 - (1 - level) / len(groups)) * np.sqrt(variance)
        least, most = (float(np.dot(weight, np.maximum(0, np.abs(gaps) + sign * reach))) for sign in (-1, 1))
        method = f"simultaneous over bins (Bonferroni), {BY_UNIT}"
        return Interval(low=least, high=min(1.0, most), level=level, method=method)
    radius = float(special.chdtri(len(groups), 1 - level))
    high = float(np.dot(weight, np.abs(gaps)) + np.sqrt(radius * np.dot(weight**2, variance)))
    return Interval(
        low=_least(np.abs(gaps), weight, variance, radius), high=min(1.0, high), level=level,
        method="simultaneous over bins (Scheffé)",
    )  # fmt: skip


def _least(gaps: np.ndarray, weight: np.ndarray, variance: np.ndarray, radius: float) -> float:
    """The smallest weighted sum of |d| with sum((d - gap)^2 / variance) at most `radius`.

    Every gap shrinks by one multiple of weight * variance, down to 0, until the radius is used up (Lagrange).
    """
    if np.sum(gaps**2 / variance) <= radius:
        return 0.0
    low, high = 0.0, float(np.max(gaps / (weight * variance)))
    # halvings beyond what float64 resolves: the end does not depend on the start
    for _ in range(100):
        middle = (low + high) / 2
        moved = np.minimum(gaps, middle * weight * variance)
        low, high = (middle, high) if np.sum(moved**2 / variance) <= radius else (low, middle)
    return float(np.dot(weight, np.maximum(0, gaps - low * weight * variance)))
