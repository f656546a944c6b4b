"""Training rows that nobody could have guessed, and whether the model knows them.

Feldman (2020), Does Learning Require Memorization?, arXiv:1906.05271: a model memorises a row where it is right about
it having seen it, and would not be without. The model is not trained again here: a reference model, fitted without the
row, stands in for it.
"""

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


def odd_rows(values: np.ndarray, classes: np.ndarray) -> Odd:
    """Find the rows that are far from all others, and those whose label is not that of their neighbours.

    Args:
        values: (N, G) without gaps; see `features.expand`.
        classes: (N,) positions.
    """
    from sklearn.neighbors import NearestNeighbors

    near = min(NEIGHBOURS, len(values) - 1)
    if near < 1:
        nothing = np.zeros(len(values), dtype=bool)
        return Odd(nothing, nothing.copy())
    distances, neighbours = NearestNeighbors(n_neighbors=near).fit(values).kneighbors()
    # distances are skewed, their logarithms hardly: the fence is drawn on those
    middle = np.log(np.maximum(distances[:, near // 2], 1e-12))
    lower, upper = np.percentile(middle, (25, 75))
    # where more than half of the rows have a copy, distance says nothing
    isolated = (middle > upper + FENCE * (upper - lower)) & (upper > lower)
    same = (classes[neighbours] == classes[:, None]).mean(axis=1)
    return Odd(isolated, (same <= 0.1) & ~isolated)
