"""Consistency: whether a decision agrees with those about the most similar others, sensitive attributes left aside."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.results import Interval

CATEGORIES = 100
"""Categories of one feature that are told apart, the most frequent first; all others count as one."""


class Consistent(NamedTuple):
    """Consistency of some rows."""

    value: float
    interval: Interval


def distance_space(data: AuditData, without: Collection[str]) -> np.ndarray:
    """(N, E) points whose Euclidean distance says how much two rows differ.

    Numbers are standardised, so one standard deviation counts 1. Two different categories, or missing against present,
    count 1 as well (overlap distance). A feature in which all rows are the same has no place, nor have free text and
    identifiers, of which nearly any two differ.

    Args:
        data: a table or an array (N, D).
        without: features that do not count.

    Source: Stanfill and Waltz (1986), Toward memory-based reasoning, CACM 29, for the overlap distance.
    """
    codes, is_hidden = data.codes(), data.uncompared
    parts = [np.zeros((len(codes), 0))]
    for index, name in enumerate(data.feature_names):
        if name in without or is_hidden[index]:
            continue
        column = codes[:, index]
        numeric = not data.schema or data.schema[index].numeric
        # Missing is at no distance from any number, so beside the number stands whether there is one.
        parts += [_standardised(column)] if numeric else []
        parts.append(_categories(np.isnan(column).astype(float) if numeric else column))
    return np.hstack(parts)


def nearest(points: np.ndarray, k: int, unit: np.ndarray | None = None) -> np.ndarray:
    """(N, k) the positions of each row's `k` nearest others, nearest first; the row itself is never among them.

    A copy of a row is a neighbour at distance 0.

    Args:
        points: (N, E), more than `k` rows, and as many of other units.
        k: 1 or more.
        unit: (N,) whose row it is: a person's other rows are not others. None: each is somebody else's.
    """
    from sklearn.neighbors import NearestNeighbors  # half a second, where there is something to measure

    own = 0 if unit is None else most_of_a_unit(unit) - 1
    # Brute force: categories make many columns, and in many columns trees are no faster.
    fitted = NearestNeighbors(n_neighbors=k + own, algorithm="brute").fit(points)
    neighbours = np.asarray(fitted.kneighbors(return_distance=False))
    if unit is None:
        return neighbours
    # those of the same unit go behind all others, which stay in their order
    order = np.argsort(unit[neighbours] == unit[:, None], axis=1, kind="stable")
    return np.take_along_axis(neighbours, order[:, :k], axis=1)


def most_of_a_unit(unit: np.ndarray) -> int:
    """How many rows the largest of (N,) units has."""
    return int(np.unique(unit, return_counts=True)[1].max())


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


def jackknife_variance(
    decisions: np.ndarray, neighbours: np.ndarray, weights: np.ndarray, unit: np.ndarray | None = None
) -> float:
    """The variance of the mean agreement, from leaving out each row in turn, its neighbours finding another.

    Exact: where a row is left out, every row that had it among its k neighbours takes its next nearest one instead.
    On average not too small (Efron and Stein), though the same row is the neighbour of many.

    Args:
        decisions: (N,) whole numbers.
        neighbours: (N, k + 1), nearest first.
        weights: (N,) how much each row counts in the mean; 0 for rows that are neighbours only.
        unit: (N,) whose row it is: then each unit is left out in turn, and of a row's neighbours each that is of this
            unit is replaced by the next nearest. None: each row by itself.

    Source: Efron and Stein (1981), The jackknife estimate of variance, Annals of Statistics 9.
    """
    n, k = neighbours.shape[0], neighbours.shape[1] - 1
    same = (decisions[neighbours] == decisions[:, None]).astype(float)
    agreements = same[:, :k].mean(axis=1)
    change = weights[:, None] * (same[:, k:] - same[:, :k]) / k
    changes = np.bincount(neighbours[:, :k].ravel(), weights=change.ravel(), minlength=n)
    counted, total = weights * agreements, weights.sum()
    if unit is not None:
        place = stats.numbered(unit)
        weights, counted, changes = (np.bincount(place, column) for column in (weights, counted, changes))
        n = len(weights)
    weight_left = total - weights
    # Without the only row that counts there is no mean, so nothing is known of how it varies.
    if (weight_left <= 0).any():
        return np.inf
    without = (counted.sum() - counted + changes) / weight_left
    return float((n - 1) / n * np.sum((without - without.mean()) ** 2))


def consistency(
    decisions: np.ndarray, neighbours: np.ndarray, weights: np.ndarray, unit: np.ndarray | None = None
) -> Consistent:
    """The mean agreement of the rows with weight, with an interval between 0 and 1.

    The interval is Wilson's for the number of independent rows that would give the jackknife's variance, and for no
    more than there are. Where nothing varies, each row and its k neighbours count as one.

    Args:
        decisions: (N,) whole numbers.
        neighbours: (N, k + 1), nearest first: the last is who comes next where a neighbour is left out.
        weights: (N,) not negative, some above 0.
        unit: (N,) whose row it is; None: each is by itself. Then there are as many as units.
    """
    k = neighbours.shape[1] - 1
    value = float(np.dot(weights, agreement(decisions, neighbours[:, :k])) / weights.sum())
    value = min(1.0, max(0.0, value))
    most = stats.effective_size(weights if unit is None else np.bincount(stats.numbered(unit), weights))
    # The size that gives the binomial law the jackknife's variance; Wilson's interval of it stays between 0 and 1.
    variance = jackknife_variance(decisions, neighbours, weights, unit)
    size = min(most, value * (1 - value) / variance) if variance > 0 else most / (k + 1)
    # Wilson's interval needs a row at least; of less than one nothing follows.
    size = max(size, 1.0)
    interval = stats.wilson(value * size, size)
    method = "Wilson, for the effective number of rows by the jackknife" + ("" if unit is None else ", by units")
    return Consistent(value, interval.model_copy(update={"method": method}))


def _standardised(column: np.ndarray) -> np.ndarray:
    """(N, 1) standard deviations from the mean, 0 where missing; (N, 0) where nothing varies."""
    lacking = np.isnan(column)
    spread = 0.0 if lacking.all() else float(np.std(column[~lacking]))
    if spread <= 0:
        return np.zeros((len(column), 0))
    return np.where(lacking, 0.0, (column - np.mean(column[~lacking])) / spread)[:, None]


def _categories(column: np.ndarray) -> np.ndarray:
    """(N, C) one column a category, so scaled that two different ones lie 1 apart; missing is a category."""
    # NaN is no category that could be compared, as it equals nothing; -1 is none that occurs.
    _, category, counts = np.unique(np.where(np.isnan(column), -1, column), return_inverse=True, return_counts=True)
    if len(counts) < 2:
        return np.zeros((len(column), 0))
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    rank = np.minimum(rank, CATEGORIES)
    # Two unit vectors lie the root of 2 apart.
    return np.eye(int(rank.max()) + 1)[rank[category]] / np.sqrt(2)
