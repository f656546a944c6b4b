"""Consistency: whether a decision agrees with those about the most similar others."""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.results import Interval


class Consistent(NamedTuple):
    """Consistency of some rows."""

    value: float
    interval: Interval


def nearest(points: np.ndarray, k: int) -> np.ndarray:
    """(N, k) the positions of each row's `k` nearest others, nearest first; the row itself is never among them.

    A copy of a row is a neighbour at distance 0.

    Args:
        points: (N, E), more than `k` rows.
        k: 1 or more.
    """
    from sklearn.neighbors import NearestNeighbors  # half a second, where there is something to measure

    # Brute force: categories make many columns, and in many columns trees are no faster.
    neighbours: np.ndarray = (
        NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points).kneighbors(return_distance=False)
    )
    return neighbours


def agreement(decisions: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """(N,) the share of each row's neighbours that got the same decision; between 0 and 1.

    For two classes this is 1 - |decision - mean decision of the neighbours|.

    Args:
        decisions: (N,) whole numbers.
        neighbours: (N, k) positions.

    Source: Zemel, Wu, Swersky, Pitassi and Dwork (2013), Learning fair representations, ICML, section 5 (yNN).
    """
    same: np.ndarray = decisions[neighbours] == decisions[:, None]
    return same.mean(axis=1)


def chance(decisions: np.ndarray) -> float:
    """The expected agreement of two different rows drawn at random; what shuffled decisions give.

    Args:
        decisions: (N,) whole numbers, two rows or more.
    """
    counts, n = np.unique(decisions, return_counts=True)[1].astype(float), len(decisions)
    return float((counts * (counts - 1)).sum() / (n * (n - 1)))


def jackknife_variance(decisions: np.ndarray, neighbours: np.ndarray, weights: np.ndarray) -> float:
    """The variance of the mean agreement, from leaving out each row in turn, its neighbours finding another.

    Exact: where a row is left out, every row that had it among its k neighbours takes its next nearest one instead.
    On average not too small (Efron and Stein), though the same row is the neighbour of many.

    Args:
        decisions: (N,) whole numbers.
        neighbours: (N, k + 1), nearest first.
        weights: (N,) how much each row counts in the mean; 0 for rows that are neighbours only.

    Source: Efron and Stein (1981), The jackknife estimate of variance, Annals of Statistics 9.
    """
    n, k = neighbours.shape[0], neighbours.shape[1] - 1
    same = (decisions[neighbours] == decisions[:, None]).astype(float)
    agreements = same[:, :k].mean(axis=1)
    change = weights[:, None] * (same[:, k:] - same[:, :k]) / k
    changes = np.bincount(neighbours[:, :k].ravel(), weights=change.ravel(), minlength=n)
    weight_left = weights.sum() - weights
    # Without the only row that counts there is no mean, so nothing is known of how it varies.
    if (weight_left <= 0).any():
        return np.inf
    without = (np.dot(weights, agreements) - weights * agreements + changes) / weight_left
    return float((n - 1) / n * np.sum((without - without.mean()) ** 2))


def consistency(decisions: np.ndarray, neighbours: np.ndarray, weights: np.ndarray) -> Consistent:
    """The mean agreement of the rows with weight, with an interval between 0 and 1.

    The interval is Wilson's for the number of independent rows that would give the jackknife's variance, and for no
    more than there are. Where nothing varies, each row and its k neighbours count as one.

    Args:
        decisions: (N,) whole numbers.
        neighbours: (N, k + 1), nearest first: the last is who comes next where a neighbour is left out.
        weights: (N,) not negative, some above 0.
    """
    k = neighbours.shape[1] - 1
    value = float(np.dot(weights, agreement(decisions, neighbours[:, :k])) / weights.sum())
    value = min(1.0, max(0.0, value))
    most = stats.effective_size(weights)
    # The size that gives the binomial law the jackknife's variance; Wilson's interval of it stays between 0 and 1.
    variance = jackknife_variance(decisions, neighbours, weights)
    size = min(most, value * (1 - value) / variance) if variance > 0 else most / (k + 1)
    # Wilson's interval needs a row at least; of less than one nothing follows.
    size = max(size, 1.0)
    interval = stats.wilson(value * size, size)
    method = "Wilson, for the effective number of rows by the jackknife"
    return Consistent(value, interval.model_copy(update={"method": method}))
