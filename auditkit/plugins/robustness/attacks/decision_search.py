"""The state of a search by decisions: what was asked about each row, and the closest other decision seen."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from auditkit.plugins.robustness.attacks import guesses
from auditkit.plugins.robustness.space import Space

KNOWN = 0.2
"""The distance of the boundary in the trial on which a search is tried."""


class Broken(NamedTuple):
    """What the attack found for each row."""

    points: np.ndarray
    """(N, D) the closest point with another decision; the origin where there is none."""
    distances: np.ndarray
    """(N,) in units of the space, Euclidean or Linf as was searched; infinite where none was found."""
    queries: np.ndarray
    """(N,) how often the model was asked."""


class Search:
    """The state of the attack on every row: the best point so far and the queries spent.

    Args:
        decide: see `hop_skip_jump`, as for `origins`, `decided`, `space` and `max_queries`.
        teachers: only answers about so many first rows teach what is guessed. So a row may stand here a second time, as
            a trial of the first time, and the first time knows nothing of the second. None: all.
    """

    def __init__(
        self,
        decide: Callable[[np.ndarray], np.ndarray],
        origins: np.ndarray,
        decided: np.ndarray,
        space: Space,
        max_queries: int,
        teachers: int | None = None,
    ) -> None:
        self.decide, self.origins, self.decided = decide, origins, decided
        self.space, self.max_queries = space, max_queries
        self.best, self.distances = origins.copy(), np.full(len(origins), np.inf)
        self.queries = np.zeros(len(origins), dtype=np.int64)
        self.teachers = len(origins) if teachers is None else teachers
        self.answers = guesses.Answers(space)

    def ask(self, rows: np.ndarray, points: np.ndarray) -> np.ndarray:
        """(M,) bool: whether the decision on `points` (M, D) differs from that on the rows (M,) they belong to.

        Points over a row's budget are not asked about and count as not different.
        """
        points = self.space.snap(points, self.origins[rows])
        # the n-th question of each row: a row's budget ends in the middle of a call too
        order = np.argsort(rows, kind="stable")
        first_index = np.searchsorted(rows[order], rows[order], side="left")
        turns = np.empty(len(rows), dtype=np.int64)
        turns[order] = np.arange(len(rows)) - first_index
        allowed = np.flatnonzero(turns + self.queries[rows] < self.max_queries)
        different = np.zeros(len(rows), dtype=bool)
        if len(allowed):
            # unlike `+= 1`, it counts a row that is asked about several times in one call each time
            np.add.at(self.queries, rows[allowed], 1)
            decided = self.decide(points[allowed])
            different[allowed] = decided != self.decided[rows[allowed]]
            is_teacher = rows[allowed] < self.teachers
            self.answers.add(points[allowed[is_teacher]], decided[is_teacher])
            self._remember(rows[different], points[different])
        return different

    def open(self, at_least: int) -> np.ndarray:
        """The rows that have a start and at least so many queries left."""
        has_start = np.isfinite(self.distances) & (self.distances > 0)
        return np.flatnonzero(has_start & (self.max_queries - self.queries >= at_least))

    def _remember(self, rows: np.ndarray, points: np.ndarray) -> None:
        distances = self.space.distance(points, self.origins[rows])
        nearest_last = np.argsort(-distances, kind="stable")
        rows, points, distances = rows[nearest_last], points[nearest_last], distances[nearest_last]
        is_better = distances < self.distances[rows]
        # with repeated rows the last assignment holds, which is the nearest
        self.best[rows[is_better]] = points[is_better]
        self.distances[rows[is_better]] = distances[is_better]
