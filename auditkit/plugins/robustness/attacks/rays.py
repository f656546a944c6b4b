"""RayS on many rows at once: the nearest wrong decision in Linf, from decisions alone.

The method is that of Chen and Gu (2020), RayS: A Ray Searching Method for Hard-label Adversarial Attack,
arXiv:2006.12792: a corner of the cube gives the direction, and signs of ever smaller stretches of features are turned
where that brings the boundary nearer. What is added: several rows of other classes point out the first direction.
"""

from collections.abc import Callable

import numpy as np

from auditkit.plugins.robustness.attacks.decision_search import KNOWN, Broken

HALVINGS = 10
"""Steps of the search along a direction: the rest is a thousandth of the distance."""
STARTS = 8
"""Rows of other classes whose direction is tried first."""

Decide = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(M, D) points in units and (M,) rows in, (M,) bool out: the decision is wrong."""


class RaySearch:
    """The state of the search: the best direction of each row, how far its boundary is, and the queries spent.

    Args:
        decide: see `Decide`.
        x: (N, D) rows in units, between 0 and `high`.
        high: (D,) the most that a feature may be.
        free: (D,) bool, what may move.
        max_queries: how often the model may be asked about one row.
    """

    def __init__(self, decide: Decide, x: np.ndarray, high: np.ndarray, free: np.ndarray, max_queries: int) -> None:
        self.decide, self.x, self.high, self.free, self.max_queries = decide, x, high, free, max_queries
        self.reach = float(high.max())
        self.sign = np.where(free, 1.0, 0.0) * np.ones_like(x)
        self.distance = np.full(len(x), np.inf)
        self.queries = np.zeros(len(x), dtype=np.int64)

    def points(self, rows: np.ndarray, sign: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """(R, D) where these directions (R, D) lead after a distance (R,), inside the box."""
        return np.clip(self.x[rows] + distance[:, None] * sign, 0, self.high)

    def try_signs(self, rows: np.ndarray, sign: np.ndarray) -> None:
        """Go on with these directions (R, D) on the rows where they lead to a nearer boundary."""
        has_budget = self.queries[rows] < self.max_queries
        rows, sign = rows[has_budget], sign[has_budget]
        if not len(rows):
            return
        far_end = np.minimum(self.distance[rows], self.reach)
        is_wrong = self._ask(rows, sign, far_end)
        rows, sign, far_end = rows[is_wrong], sign[is_wrong], far_end[is_wrong]
        # only where the whole reach is wrong does the boundary lie on this ray at all
        near_end = np.zeros(len(rows))
        for _ in range(HALVINGS if len(rows) else 0):
            middle = (near_end + far_end) / 2
            is_wrong = self._ask(rows, sign, middle)
            near_end, far_end = np.where(is_wrong, near_end, middle), np.where(is_wrong, middle, far_end)
        self.sign[rows], self.distance[rows] = sign, far_end

    def _ask(self, rows: np.ndarray, sign: np.ndarray, distance: np.ndarray) -> np.ndarray:
        self.queries[rows] += 1
        return self.decide(self.points(rows, sign, distance), rows)


def rays(
    search: RaySearch, hints: np.ndarray, rng: np.random.Generator, progress: Callable[[int, int], None] | None = None
) -> Broken:
    """Look for the nearest wrong decision to each row, in Linf.

    Args:
        search: the rows, what may move, and how often the model may be asked.
        hints: (N, H, D) points of other classes for each row; H may be 0.
        rng: the source of chance.
        progress: called with (queries spent on one row, max_queries).
    """
    x, free, max_queries = search.x, search.free, search.max_queries
    all_rows, moves = np.arange(len(x)), np.where(free, 1.0, 0.0)
    for hint in range(hints.shape[1]):
        search.try_signs(all_rows, np.where(hints[:, hint] >= x, 1.0, -1.0) * moves)
    for sign in (1.0, -1.0):
        search.try_signs(all_rows, np.full_like(x, sign) * moves)
    order, stretches = np.flatnonzero(free), 1
    while len(order) and len(x):
        for part in np.array_split(order, min(stretches, len(order))):
            signs = search.sign.copy()
            signs[:, part] *= -1
            search.try_signs(all_rows, signs)
        if progress is not None:
            progress(int(search.queries.max()), max_queries)
        if (search.queries >= max_queries).all():
            break
        if stretches >= len(order):  # every feature was turned by itself: once more, in another order
            order, stretches = rng.permutation(order), max(1, len(order) // 2)
        stretches *= 2
    is_found = np.isfinite(search.distance)
    points = search.points(all_rows, search.sign, np.where(is_found, search.distance, 0.0))
    return Broken(np.where(is_found[:, None], points, x), search.distance, search.queries)


def known_ratio(
    x: np.ndarray, high: np.ndarray, free: np.ndarray, rng: np.random.Generator, max_queries: int
) -> float | None:
    """How much farther than the truth the search finds a plane at Linf distance `KNOWN`; 1 is perfect.

    The median over at most ten rows, each with a plane of its own; None where no feature may move, infinite where the
    search found nothing.
    """
    if not free.any() or not len(x):
        return None
    rows = x[:10]
    towards = np.where(high / 2 >= rows, 1.0, -1.0)
    normals = np.where(free, towards * rng.uniform(0.2, 1, rows.shape), 0.0)
    normals /= np.abs(normals).sum(axis=1, keepdims=True)

    def decide(points: np.ndarray, indices: np.ndarray) -> np.ndarray:
        return np.asarray(((points - rows[indices]) * normals[indices]).sum(axis=1) > KNOWN)

    result = rays(RaySearch(decide, rows, high, free, max_queries), np.empty((len(rows), 0, rows.shape[1])), rng)
    return float(np.median(result.distances)) / KNOWN
