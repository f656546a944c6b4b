"""RayS on many rows at once: the nearest wrong decision in Linf, from decisions alone.

The method is that of Chen and Gu (2020), RayS: A Ray Searching Method for Hard-label Adversarial Attack,
arXiv:2006.12792: a corner of the cube gives the direction, and signs of ever smaller stretches of features are turned
where that brings the boundary nearer. What is added: several rows of other classes point out the first direction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

HALVINGS = 10
"""Steps of the search along a direction: the rest is a thousandth of the distance."""
STARTS = 8
"""Rows of other classes whose direction is tried first."""
KNOWN = 0.2
"""The distance of the boundary in the trial on which the search is tried."""

Decide = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(M, D) points in units and (M,) rows in, (M,) bool out: the decision is wrong."""


class Ray(NamedTuple):
    """What was found for each row."""

    points: np.ndarray
    """(N, D) the nearest point found; the row itself where there is none."""
    distances: np.ndarray
    """(N,) Linf; infinite where none was found."""
    queries: np.ndarray
    """(N,) how often the model was asked."""


class _Rays:
    def __init__(self, decide: Decide, x: np.ndarray, high: np.ndarray, free: np.ndarray, max_queries: int) -> None:
        self.decide, self.x, self.high, self.max_queries = decide, x, high, max_queries
        self.reach = float(high.max())
        self.sign = np.where(free, 1.0, 0.0) * np.ones_like(x)
        self.distance = np.full(len(x), np.inf)
        self.queries = np.zeros(len(x), dtype=np.int64)

    def at(self, rows: np.ndarray, sign: np.ndarray, far: np.ndarray) -> np.ndarray:
        return np.clip(self.x[rows] + far[:, None] * sign, 0, self.high)

    def try_signs(self, rows: np.ndarray, sign: np.ndarray) -> None:
        """Go on with these directions (R, D) on the rows where they lead to a nearer boundary."""
        open_ = self.queries[rows] < self.max_queries
        rows, sign = rows[open_], sign[open_]
        if not len(rows):
            return
        far = np.minimum(self.distance[rows], self.reach)
        wrong = self._ask(rows, sign, far)
        rows, sign, far = rows[wrong], sign[wrong], far[wrong]
        near = np.zeros(len(rows))
        for _ in range(HALVINGS if len(rows) else 0):
            middle = (near + far) / 2
            wrong = self._ask(rows, sign, middle)
            near, far = np.where(wrong, near, middle), np.where(wrong, middle, far)
        self.sign[rows], self.distance[rows] = sign, far

    def _ask(self, rows: np.ndarray, sign: np.ndarray, far: np.ndarray) -> np.ndarray:
        self.queries[rows] += 1
        return self.decide(self.at(rows, sign, far), rows)


def rays(
    decide: Decide,
    x: np.ndarray,
    high: np.ndarray,
    free: np.ndarray,
    hints: np.ndarray,
    rng: np.random.Generator,
    max_queries: int,
    progress: Callable[[int, int], None] | None = None,
) -> Ray:
    """Look for the nearest wrong decision to each row.

    Args:
        decide: see `Decide`.
        x: (N, D) rows in units, between 0 and `high`.
        high: (D,) the most that a feature may be.
        free: (D,) bool, what may move.
        hints: (N, H, D) points of other classes for each row; H may be 0.
        rng: the source of chance.
        max_queries: how often the model may be asked about one row.
        progress: told (queries spent on one row, max_queries).
    """
    search = _Rays(decide, x, high, free, max_queries)
    everyone, held = np.arange(len(x)), np.where(free, 1.0, 0.0)
    for number in range(hints.shape[1]):
        search.try_signs(everyone, np.where(hints[:, number] >= x, 1.0, -1.0) * held)
    for sign in (1.0, -1.0):
        search.try_signs(everyone, np.full_like(x, sign) * held)
    order, stretches = np.flatnonzero(free), 1
    while len(order) and len(x):
        for part in np.array_split(order, min(stretches, len(order))):
            turned = search.sign.copy()
            turned[:, part] *= -1
            search.try_signs(everyone, turned)
        if progress is not None:
            progress(int(search.queries.max()), max_queries)
        if (search.queries >= max_queries).all():
            break
        if stretches >= len(order):  # every feature was turned by itself: once more, in another order
            order, stretches = rng.permutation(order), max(1, len(order) // 2)
        stretches *= 2
    found = np.isfinite(search.distance)
    points = search.at(everyone, search.sign, np.where(found, search.distance, 0.0))
    return Ray(np.where(found[:, None], points, x), search.distance, search.queries)


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

    def decide(points: np.ndarray, at: np.ndarray) -> np.ndarray:
        return np.asarray(((points - rows[at]) * normals[at]).sum(axis=1) > KNOWN)

    found = rays(decide, rows, high, free, np.empty((len(rows), 0, rows.shape[1])), rng, max_queries)
    return float(np.median(found.distances)) / KNOWN
