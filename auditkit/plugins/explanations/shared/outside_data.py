"""How many rows that a model is asked about lie where no real row does."""

from typing import NamedTuple, Self

import numpy as np

from auditkit.data import AuditData

QUANTILE = 0.99
"""A row is outside where it is farther from the nearest real row than this share of real rows are from another."""
LEAST_SPREAD = 0.05
"""Directions in which rows hardly vary are stretched by at most 1 over this: no twin of a column is worth infinity."""


class DataSpace(NamedTuple):
    """Real rows as points: numbers without their correlations, another category at a distance of 1."""

    points: np.ndarray
    """(N, K)"""
    numeric: np.ndarray
    """(D,) bool."""
    centre: np.ndarray
    """(D',) of the numbers."""
    turn: np.ndarray
    """(D', D') from numbers to standardised numbers that do not correlate."""
    values: tuple[np.ndarray, ...]
    """For each category its values."""
    limit: float
    """The distance from which a row is outside."""

    @classmethod
    def of_rows(cls, real: np.ndarray, numeric: np.ndarray) -> Self:
        """From (N, D) real rows, three at least; missing numbers count as the mean, missing categories as one more."""
        numbers = real[:, numeric]
        centre = np.nan_to_num(np.array([column[~np.isnan(column)].mean() if (~np.isnan(column)).any() else 0.0
                                         for column in numbers.T]))  # fmt: skip
        filled = np.where(np.isnan(numbers), centre, numbers) - centre
        scale = filled.std(axis=0)
        scale[scale == 0] = 1.0
        variances, axes = np.linalg.eigh(np.cov((filled / scale).T, bias=True).reshape(len(scale), len(scale)))
        spread = np.maximum(np.sqrt(np.maximum(variances, 0.0)), LEAST_SPREAD)
        space = cls(
            np.zeros((0, 0)), numeric, centre, axes / scale[:, None] / spread,
            tuple(np.unique(column) for column in real[:, ~numeric].T), 0.0,
        )  # fmt: skip
        points = space.place(real)
        between = _nearest(points, points, skip_first=True)
        return space._replace(points=points, limit=float(np.quantile(between, QUANTILE)))

    def place(self, rows: np.ndarray) -> np.ndarray:
        """(m, K) points of rows (m, D)."""
        numbers = rows[:, self.numeric]
        turned = (np.where(np.isnan(numbers), self.centre, numbers) - self.centre) @ self.turn
        # of two categories both differ, so that each counts half of the square
        marks = [
            (column[:, None] == values) / np.sqrt(2)
            for column, values in zip(rows[:, ~self.numeric].T, self.values, strict=True)
        ]
        return np.column_stack([turned, *marks])

    def outside(self, rows: np.ndarray) -> np.ndarray:
        """(m,) bool: which rows (m, D) lie farther from the nearest real row than 99 % of these do from another."""
        return np.asarray(_nearest(self.points, self.place(rows)) > self.limit * (1 + 1e-9))


def numeric_columns(data: AuditData) -> np.ndarray:
    """(D,) bool: which columns hold numbers; those of an array without a schema do."""
    kinds = {feature.name: feature.numeric for feature in data.schema}
    return np.array([kinds.get(name, not kinds) for name in data.feature_names])


def _nearest(points: np.ndarray, asked: np.ndarray, skip_first: bool = False) -> np.ndarray:
    """(m,) the distance to the nearest point, or to the second one, where the first is the point itself."""
    from scipy.spatial import cKDTree

    distances, _ = cKDTree(points).query(asked, k=2 if skip_first else 1)
    return np.asarray(distances[:, 1] if skip_first else distances)
