"""Whether groups lose alike: the widest difference of their mean losses, its interval, and a test by shuffling."""

from typing import NamedTuple

import numpy as np
from scipy import stats as laws

from auditkit import stats
from auditkit.stats import Extreme, Pairs


class Losses(NamedTuple):
    """The mean losses of k groups."""

    means: np.ndarray
    """(k,)"""
    errors: np.ndarray
    """(k,) the squared standard errors of the means."""
    sizes: np.ndarray
    """(k,) rows."""


def losses(values: np.ndarray, group: np.ndarray) -> Losses:
    """The mean loss of each group, its error taken as if one more row were off by 1.

    So a group that happens not to vary is not taken as certain.

    Args:
        values: (n,) the loss of each row, between -1 and 1.
        group: (n,) codes 0 to k - 1, each of at least two rows.
    """
    return Losses(*(moment[0] for moment in _moments(values, group[None])))


def widest(group_means: Losses, pairs: Pairs, level: float = 0.95) -> Extreme:
    """The widest difference of the groups' means.

    Intervals of all pairs (Welch's, at Šidák's level) hold at once, so the widest true difference is at least the
    largest low end and at most the largest high end; the low end is 0 unless some pair differs for certain.

    Args:
        group_means: of k groups; k at least 2.
        pairs: those that are compared (`stats.pairs_of`).
        level: the confidence, between 0 and 1.

    Source: Welch (1947), Biometrika 34; Šidák (1967), JASA 62.
    """
    i, j = pairs
    mean, error, size = group_means
    squared_error = error[i] + error[j]
    freedom = squared_error**2 / (error[i] ** 2 / (size[i] - 1) + error[j] ** 2 / (size[j] - 1))
    half = laws.t.ppf(0.5 + stats.sidak_level(level, len(i)) / 2, freedom) * np.sqrt(squared_error)
    gap = np.abs(mean[i] - mean[j])
    method = "Welch" if len(i) == 1 else "Welch, all pairs at once (Šidák)"
    return stats.largest_apart(stats.Apart(pairs, gap, gap - half, gap + half), mean, method, 2.0, level)


def p_value(values: np.ndarray, group: np.ndarray, shuffles: int, rng: np.random.Generator) -> float:
    """How often shuffled groups differ as much; the statistic is the largest difference in standard errors.

    Args:
        values: (n,) the loss of each row.
        group: (n,) codes 0 to k - 1.
        shuffles: how often groups are shuffled.
        rng: the source of chance.

    Source: Janssen (1997), Statistics and Probability Letters 36, for shuffling with a studentized statistic.
    """
    shuffled = rng.permuted(np.broadcast_to(group, (shuffles, len(group))), axis=1)
    observed = float(stats.largest_z_of_means(*_moments(values, group[None])[:2])[0])
    return float(stats.permutation_p(observed, stats.largest_z_of_means(*_moments(values, shuffled)[:2])))


def _moments(values: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means, squared standard errors and sizes, each (B, k), of groups (B, n)."""
    # one pass of bincount over (draw, group) cells: B shuffles cost one loop in C instead of B loops
    draws, k = len(groups), int(groups.max()) + 1
    cell = (groups + np.arange(draws)[:, None] * k).ravel()
    repeated = np.broadcast_to(values, groups.shape).ravel()
    size = np.bincount(cell, minlength=draws * k).astype(float)
    mean = np.bincount(cell, weights=repeated, minlength=draws * k) / size
    square = np.bincount(cell, weights=repeated**2, minlength=draws * k)
    # rounding can carry the sum of squares below 0; the added 1 is the one further row that is off by 1
    spread = (np.maximum(square - size * mean**2, 0) + 1) / (size - 1)
    return tuple(moment.reshape(draws, k) for moment in (mean, spread / size, size))  # type: ignore[return-value]
