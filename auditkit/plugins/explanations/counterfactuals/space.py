"""Which changes of a row are allowed, and what they cost."""

from dataclasses import dataclass

import numpy as np

GRID = 20
"""Values of a number that are tried: quantiles of the real rows, and the ends of its range."""
ROUNDING = 1e-9


@dataclass(frozen=True)
class Space:
    """The columns of a table as codes: what each may become, and what a change costs.

    Cost of a change: |difference| / median absolute deviation of a number (Wachter, Mittelstadt and Russell 2017,
    arXiv:1711.00399, equation 4), 1 for another category (Mothilal, Sharma and Tan 2020, arXiv:1905.07697).
    """

    numeric: np.ndarray
    """(D,) bool."""
    whole: np.ndarray
    """(D,) bool: numbers that are whole."""
    scale: np.ndarray
    """(D,) what one unit of cost is of a number; 1 for a category."""
    low: np.ndarray
    """(D,)"""
    high: np.ndarray
    """(D,)"""
    mutable: np.ndarray
    """(D,) bool."""
    direction: np.ndarray
    """(D,) 1: may only grow; -1: may only fall; 0: both."""
    values: tuple[np.ndarray, ...]
    """For each column the categories that occur, or a grid of numbers."""
    sums: tuple[tuple[int, ...], ...]
    """Positions of numbers whose sum is kept."""
    most: int
    """Columns that may change."""

    def reach(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(D,) and (D,): between which values the numbers of a row may move; its own value lies between them."""
        low = np.where(self.direction > 0, x, np.minimum(self.low, x))
        high = np.where(self.direction < 0, x, np.maximum(self.high, x))
        free = self.mutable & self.numeric & ~np.isnan(x)
        return np.where(free, low, x), np.where(free, high, x)

    def changed(self, x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m, D) bool: in which columns rows differ from one row; two missing values do not differ."""
        return np.asarray((rows != x) & ~(np.isnan(rows) & np.isnan(x)))

    def cost(self, x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m,) of changing one row into each of the rows; a value that comes or goes costs 1, as a category does."""
        changed = self.changed(x, rows)
        size = np.where(self.numeric, np.abs(rows - x) / self.scale, 1.0)
        return np.asarray(np.where(changed, np.nan_to_num(size, nan=1.0), 0.0).sum(axis=1))

    def allowed(self, x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m,) bool: whether one row may be changed into each of the rows."""
        changed, (low, high) = self.changed(x, rows), self.reach(x)
        slack = ROUNDING * np.maximum(1.0, np.abs(self.scale))
        with np.errstate(invalid="ignore"):
            inside = (rows >= low - slack) & (rows <= high + slack) & (~self.whole | (rows == np.rint(rows)))
        for column in np.flatnonzero(~self.numeric):
            inside[:, column] = np.isin(rows[:, column], self.values[column])
        fine = (~changed | (inside & self.mutable & ~np.isnan(x))).all(axis=1) & (changed.sum(axis=1) <= self.most)
        for group in self.sums:
            kept = np.abs((rows - x)[:, list(group)].sum(axis=1)) <= 1e-6 * self.scale[list(group)].min()
            fine &= kept | ~changed[:, list(group)].any(axis=1)
        return np.asarray(fine)

    def other_values(self, x: np.ndarray, column: int) -> np.ndarray:
        """The values on the grid that a row's column may become, without its own."""
        if not self.mutable[column] or np.isnan(x[column]):
            return np.zeros(0)
        values = self.values[column]
        if self.numeric[column]:
            low, high = self.reach(x)
            values = values[(values >= low[column]) & (values <= high[column])]
        return values[values != x[column]]


def spread_of(column: np.ndarray) -> float:
    """The median absolute deviation of numbers; where that is 0, the mean one; 0 where they are all the same."""
    present = column[~np.isnan(column)]
    if not len(present):
        return 0.0
    deviations = np.abs(present - np.median(present))
    # of a column that is mostly 0 the median deviation is 0, and a change would cost infinitely much
    return float(np.median(deviations) or deviations.mean())


def grid_of(column: np.ndarray, numeric: bool, ends: tuple[float, float]) -> np.ndarray:
    """The values of a column that are tried: all categories, or quantiles of numbers (real ones) and their ends."""
    present = np.unique(column[~np.isnan(column)])
    if not numeric:
        return present
    low, high = ends
    inside = column[(column >= low) & (column <= high)]
    # quantiles of all rows, so that values lie dense where people are, and of the distinct ones, for rare large ones
    quantiles = [
        np.quantile(values, np.linspace(0, 1, GRID // 2), method="nearest")
        for values in (inside, np.unique(inside)) if len(values)
    ]  # fmt: skip
    return np.unique(np.concatenate([*quantiles, [low, high]]))
