"""Rows that their neighbours do not explain."""

from typing import NamedTuple

import numpy as np

NEIGHBOURS = 10
FENCE = 1.5
"""Tukey's fence: so many interquartile ranges above the third quartile of the logarithm of the distance."""


class Odd(NamedTuple):
    """Rows that their neighbours do not explain."""

    isolated: np.ndarray
    """(N,) bool: far from the nearest rows."""
    contradicting: np.ndarray
    """(N,) bool: among near rows, but at most one in ten of them has the same label."""


def odd_rows(
    values: np.ndarray, classes: np.ndarray, other_values: np.ndarray, other_classes: np.ndarray
) -> tuple[Odd, Odd]:
    """Find the rows that are far from all others, and those whose label is not that of their neighbours.

    Nobody could have guessed them, so a model that is right about them has memorised them, or is good at guessing; the
    same kind of rows among those that it never saw tells which. Both are held against the same training rows.

    Args:
        values: (N, G) of training rows, without gaps; see `features.expand`.
        classes: (N,) positions.
        other_values: (M, G) of rows that are no training rows.
        other_classes: (M,) positions.

    Returns:
        The odd ones of the training rows, and those of the others.

    Source: Feldman (2020), Does Learning Require Memorization?, arXiv:1906.05271: a model memorises a row where it is
    right about it having seen it, and would not be without.
    """
    from sklearn.neighbors import NearestNeighbors

    near = min(NEIGHBOURS, len(values) - 1)
    if near < 1:
        return _none(len(values)), _none(len(other_values))
    search = NearestNeighbors(n_neighbors=near).fit(values)
    distances, neighbours = search.kneighbors()  # of a training row, all but the row itself
    # distances are skewed, their logarithms hardly: the fence is drawn on those
    lower, upper = np.percentile(_middle(distances), (25, 75))
    # where more than half of the rows have a copy, distance says nothing
    fence = upper + FENCE * (upper - lower) if upper > lower else np.inf
    own = _odd(distances, classes[neighbours], classes, fence)
    if not len(other_values):
        return own, _none(0)
    distances, neighbours = search.kneighbors(other_values)
    return own, _odd(distances, classes[neighbours], other_classes, fence)


def _odd(distances: np.ndarray, near_classes: np.ndarray, classes: np.ndarray, fence: float) -> Odd:
    isolated = _middle(distances) > fence
    same = (near_classes == classes[:, None]).mean(axis=1)
    return Odd(isolated, (same <= 0.1) & ~isolated)


def _middle(distances: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.maximum(distances[:, distances.shape[1] // 2], 1e-12)))


def _none(rows: int) -> Odd:
    return Odd(np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool))
