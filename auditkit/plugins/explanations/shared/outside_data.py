"""How many rows that a model is asked about lie where no real row does."""

from typing import NamedTuple, Self

import numpy as np
import scipy

QUANTILE = 0.99
"""A row is outside where it is farther from the nearest real row than this share of real rows are from another."""
LEAST_SPREAD = 0.05
"""Directions in which rows hardly vary are stretched by at most 1 over this: no twin of a column is worth infinity."""


class DataSpace(NamedTuple):
    """Real rows as points: ranks of numbers without their correlations, another category at a distance of 1."""

    points: np.ndarray
    """(N, K)"""
    numeric: np.ndarray
    """(D,) bool."""
    scores: tuple[tuple[np.ndarray, np.ndarray], ...]
    """For each number its values, and the normal score of each."""
    turn: np.ndarray
    """(D', D') from normal scores to numbers of about one size that do not correlate."""
    values: tuple[np.ndarray, ...]
    """For each category its values."""
    limit: float
    """The distance from which a row is outside."""

    @classmethod
    def of_rows(cls, real: np.ndarray, numeric: np.ndarray) -> Self:
        """From (N, D) real rows, three at least; a missing number is in the middle, a missing category is one more."""
        scores = tuple(_normal_scores(column) for column in real[:, numeric].T)
        categories = tuple(np.unique(column) for column in real[:, ~numeric].T)
        space = cls(np.zeros((0, 0)), numeric, scores, np.eye(len(scores)), categories, 0.0)
        numbers = space.place(real)[:, : len(scores)]
        # with few rows for the columns, spread is chance: stretching its directions would push all outside
        if 2 * len(scores) <= len(real):
            variances, axes = np.linalg.eigh(np.cov(numbers.T, bias=True).reshape(len(scores), len(scores)))
            space = space._replace(turn=axes / np.maximum(np.sqrt(np.maximum(variances, 0.0)), LEAST_SPREAD))
        points = space.place(real)
        between = _nearest(points, points, skip_first=True)
        return space._replace(points=points, limit=float(np.quantile(between, QUANTILE)))

    def place(self, rows: np.ndarray) -> np.ndarray:
        """(m, K) points of rows (m, D)."""
        # by rank, for in a column of amounts a few very large ones would make everything else look near
        numbers = [
            np.nan_to_num(np.interp(column, values, scores))
            for column, (values, scores) in zip(rows[:, self.numeric].T, self.scores, strict=True)
        ]
        turned = np.array(numbers).T.reshape(len(rows), len(numbers)) @ self.turn
        # of two categories both differ, so that each counts half of the square
        marks = [
            ((column[:, None] == values) | (np.isnan(column)[:, None] & np.isnan(values))) / np.sqrt(2)
            for column, values in zip(rows[:, ~self.numeric].T, self.values, strict=True)
        ]
        return np.column_stack([turned, *marks])

    def outside(self, rows: np.ndarray) -> np.ndarray:
        """(m,) bool: which rows (m, D) lie farther from the nearest real row than 99 % of these do from another."""
        return np.asarray(_nearest(self.points, self.place(rows)) > self.limit * (1 + 1e-9))


def _normal_scores(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values of a column (n,), and the normal score of the middle rank of each (van der Waerden 1952)."""
    present = column[~np.isnan(column)]
    if not len(present):
        return np.zeros(1), np.zeros(1)
    values, counts = np.unique(present, return_counts=True)
    middles = np.cumsum(counts) - (counts - 1) / 2
    return values, np.asarray(scipy.stats.norm.ppf(middles / (len(present) + 1)))


def _nearest(points: np.ndarray, asked: np.ndarray, skip_first: bool = False) -> np.ndarray:
    """(m,) the distance to the nearest point, or to the second one, where the first is the point itself."""
    distances, _ = scipy.spatial.cKDTree(points).query(asked, k=2 if skip_first else 1)
    return np.asarray(distances[:, 1] if skip_first else distances)
