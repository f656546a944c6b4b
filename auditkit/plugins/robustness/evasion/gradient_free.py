"""Attacks on a target that follow no gradient: by its logits (Square), and by its decisions (RayS, HopSkipJump)."""

from collections.abc import Callable
from functools import partial

import numpy as np

from auditkit.plugins.robustness.attacks import hop_skip_jump, rays, square
from auditkit.plugins.robustness.attacks.decision_search import Search
from auditkit.plugins.robustness.evasion.target import Tally, Target


def by_decisions(
    target: Target,
    tally: Tally,
    rows: np.ndarray,
    rng: np.random.Generator,
    max_queries: int,
    progress: Callable[[int, int], None] | None = None,
) -> float | None:
    """Look for the nearest wrong decision to these rows by decisions alone, and take down what is found.

    How much farther than the truth the same search finds a boundary that is known, with the same budget.
    """
    if target.problem.norm == "Linf":
        return _rays(target, tally, rows, rng, max_queries, progress)
    origins = target.origins[rows]
    search = Search(target.ask, origins, target.classes[rows], target.space, max_queries)
    result = hop_skip_jump.hop_skip_jump(search, target.origins, rng, progress)
    is_found = np.isfinite(result.distances)
    points = target.space.units(result.points).astype(np.float32).reshape(-1, *target.shape)
    distances = target.distance(result.points, rows)
    tally.add(points[is_found], rows[is_found], distances[is_found] * (1 + 1e-6) + 1e-6)
    return hop_skip_jump.known_ratio(origins, target.space, target.origins, rng, max_queries)


def _rays(
    target: Target, tally: Tally, rows: np.ndarray, rng: np.random.Generator, max_queries: int,
    progress: Callable[[int, int], None] | None,
) -> float | None:  # fmt: skip
    x = target.x.cpu().numpy().reshape(len(target.x), -1)
    high, free = target.ceiling.cpu().numpy().reshape(-1), target.space.free
    hints = np.stack([_others(target, x, row, rng) for row in rows]) if len(rows) else np.empty((0, 0, x.shape[1]))

    def decide(points: np.ndarray, indices: np.ndarray) -> np.ndarray:
        shaped = points.astype(np.float32).reshape(-1, *target.shape)
        distances = np.abs(points - x[rows[indices]]).max(axis=1)
        return target.ask(target.inputs(shaped, rows[indices], distances)) != target.classes[rows[indices]]

    result = rays.rays(rays.RaySearch(decide, x[rows], high, free, max_queries), hints, rng, progress)
    is_found = np.isfinite(result.distances)
    points = result.points.astype(np.float32).reshape(-1, *target.shape)
    tally.add(points[is_found], rows[is_found], result.distances[is_found] + 1e-6)
    return rays.known_ratio(x[rows], high, free, rng, max_queries)


def by_squares(target: Target, tally: Tally, rows: np.ndarray, epsilon: float, queries: int, seed: int) -> None:
    """Square attack on these rows within epsilon, and take down what is found; L1 has none."""
    if target.problem.norm == "L1":
        return
    tally.attack(partial(square, queries=queries, seed=seed), rows, epsilon)


def _others(target: Target, x: np.ndarray, row: int, rng: np.random.Generator) -> np.ndarray:
    """(STARTS, D) rows of other classes, the nearer ones first; the row itself where there are too few."""
    candidates = np.flatnonzero(target.classes != target.classes[row])
    if len(candidates) > 4 * rays.STARTS:
        candidates = rng.choice(candidates, 4 * rays.STARTS, replace=False)
    nearest = candidates[np.argsort(np.abs(x[candidates] - x[row]).mean(axis=1), kind="stable")][: rays.STARTS]
    return x[np.concatenate([nearest, np.full(rays.STARTS - len(nearest), row)]).astype(np.int64)]
