"""What was asked about one row, and what came of it."""

from collections.abc import Generator
from typing import NamedTuple

import numpy as np

from auditkit.plugins.explanations.counterfactuals.space import Space


class Verdicts(NamedTuple):
    """What the model says about some rows."""

    wanted: np.ndarray
    """(m,) bool: decided as wanted."""
    scores: np.ndarray
    """(m,) the larger, the nearer to that."""


Asking = Generator[np.ndarray, Verdicts, None]
"""Yields rows (m, D) to ask about, and is sent their verdicts."""


class Solution(NamedTuple):
    """A changed row that is decided as wanted."""

    cost: float
    score: float
    row: np.ndarray
    """(D,)"""


class QueryLog:
    """The rows that were asked about, with the cheapest wanted one of each set of changed columns."""

    def __init__(self, space: Space, x: np.ndarray, budget: int) -> None:
        self.space, self.x, self.left = space, x, budget
        self._verdicts: dict[bytes, tuple[bool, float]] = {}
        self.refused, self.costs, self.scores = np.zeros((0, len(x))), np.zeros(0), np.zeros(0)
        """Rows (m, D) that are not decided as wanted, with their costs (m,) and scores (m,)."""
        self._solutions: dict[bytes, Solution] = {}

    def ask(self, rows: np.ndarray, most: int | None = None, allowed: bool = True) -> Asking:
        """Ask about rows (m, D), once about each and within the budget; others than allowed ones are no solutions.

        Args:
            rows: to ask about.
            most: of them, at most; None: as many as the budget allows.
            allowed: ask about allowed ones alone.
        """
        rows = rows[self.space.allowed(self.x, rows)] if allowed and len(rows) else rows
        new = {row.tobytes(): row for row in rows if row.tobytes() not in self._verdicts}
        asked = np.array(list(new.values())[: self.left if most is None else most]).reshape(-1, len(self.x))
        if not len(asked):
            return
        self.left -= len(asked)
        verdicts = yield asked
        costs, changed = self.space.cost(self.x, asked), self.space.changed(self.x, asked)
        fits = self.space.allowed(self.x, asked)
        not_wanted = ~verdicts.wanted & fits
        self.refused = np.concatenate([self.refused, asked[not_wanted]])
        self.costs = np.concatenate([self.costs, costs[not_wanted]])
        self.scores = np.concatenate([self.scores, verdicts.scores[not_wanted]])
        for row, wanted, score, cost, columns, fit in zip(asked, *verdicts, costs, changed, fits, strict=True):
            self._verdicts[row.tobytes()] = bool(wanted), float(score)
            before = self._solutions.get(columns.tobytes())
            # of equally dear ones that with more to spare, for it can be made smaller
            if wanted and fit and (before is None or (cost, -score) < (before.cost, -before.score)):
                self._solutions[columns.tobytes()] = Solution(float(cost), float(score), row)

    def gains(self, rows: np.ndarray, score: float) -> np.ndarray:
        """(m,) by how much the scores of rows are larger; -inf where they were not asked about."""
        return np.array([self._verdicts.get(row.tobytes(), (False, -np.inf))[1] - score for row in rows])

    def is_wanted(self, row: np.ndarray) -> bool:
        """Whether a row was asked about and is decided as wanted."""
        return self._verdicts.get(row.tobytes(), (False, 0.0))[0]

    @property
    def solutions(self) -> list[Solution]:
        """The cheapest of each set of changed columns, the cheapest first."""
        return sorted(self._solutions.values(), key=lambda solution: solution.cost)
