"""What an attack asks about one row: counted, held to what may be tried, and remembered where the answer is wrong."""

from collections.abc import Callable

import numpy as np

from auditkit.plugins.robustness.space import Space

REMEMBERED = 16
"""Closest points with a wrong answer that are kept for each row, to be asked about anew."""


class BudgetSpent(Exception):
    """The row's budget of queries is used up."""


class Watch:
    """The budget and the finds of one row.

    Args:
        space: what may change.
        origin: (D,) the row.
        norm: `Linf` or `L2`.
        tick: called whenever the attack asks; raises where the time is up.
    """

    def __init__(self, space: Space, origin: np.ndarray, norm: str, tick: Callable[[], None]) -> None:
        self.space, self.origin, self.norm, self.tick = space, origin, norm, tick
        self.wants_probabilities = False
        """The attack wants probabilities rather than logits."""
        self.limit = 0
        self.queries = 0
        self.points = np.empty((0, len(origin)))
        self.distances = np.empty(0)

    def admit(self, rows: int) -> int:
        """How many of these rows may still be asked about; they are counted.

        Raises:
            BudgetSpent: none of them.
        """
        self.tick()
        # ART asks in batches; what the budget covers of the last batch is asked still
        allowed = min(rows, self.limit - self.queries)
        if allowed <= 0:
            raise BudgetSpent
        self.queries += allowed
        return allowed

    def legal(self, unit: np.ndarray) -> np.ndarray:
        """(M, D) inputs for free features (M, ...) in units: held features held, whole numbers whole, in range."""
        free = self.space.free
        points = np.repeat(self.origin[None], len(unit), axis=0)
        moved = self.space.low[free] + unit.reshape(len(unit), -1) * self.space.scale[free]
        points[:, free] = np.where(np.isfinite(moved), moved, self.origin[free])
        return self.space.snap(points, self.origin)

    def units(self, points: np.ndarray) -> np.ndarray:
        """(M, F) the free features of inputs (M, D), in units."""
        free = self.space.free
        units: np.ndarray = (points[:, free] - self.space.low[free]) / self.space.scale[free]
        return units

    def distances_to(self, points: np.ndarray) -> np.ndarray:
        """(M,) how far inputs (M, D) are from the row."""
        return (self.space.farthest if self.norm == "Linf" else self.space.distance)(points, self.origin)

    def remember(self, points: np.ndarray) -> None:
        """Remember points (M, D) with a wrong answer; the closest are kept."""
        if not len(points):
            return
        everything = np.vstack([self.points, points])
        distances = np.append(self.distances, self.distances_to(points))
        nearest = np.argsort(distances, kind="stable")[:REMEMBERED]
        self.points, self.distances = everything[nearest], distances[nearest]
