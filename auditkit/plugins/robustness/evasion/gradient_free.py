"""Attacks on a target that follow no gradient: by its logits (Square), and by its decisions (RayS, HopSkipJump)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from auditkit.plugins.robustness.attacks import hop_skip_jump, rays, square
from auditkit.plugins.robustness.evasion.target import Tally, Target


class Asked(NamedTuple):
    """What the search by decisions did."""

    queries: int
    known_ratio: float | None
    """How much farther than the truth it finds a boundary that is known, with the same budget."""


def by_decisions(
    target: Target,
    tally: Tally,
    rows: np.ndarray,
    rng: np.random.Generator,
    max_queries: int,
    progress: Callable[[int, int], None] | None = None,
) -> Asked:
    """Look for the nearest wrong decision to these rows by decisions alone, and take down what is found."""
    if target.problem.norm == "Linf":
        return _rays(target, tally, rows, rng, max_queries, progress)
    origins = target.origins[rows]

    def decide(points: np.ndarray) -> np.ndarray:
        return target.ask(points)

    found = hop_skip_jump.hop_skip_jump(
        decide, origins, target.classes[rows], target.space, target.origins, rng, max_queries, progress
    )
    won = np.isfinite(found.distances)
    points = ((found.points - target.space.low) / target.space.scale).astype(np.float32).reshape(-1, *target.shape)
    gone = target.distance(found.points, rows)
    tally.add(points[won], rows[won], gone[won] * (1 + 1e-6) + 1e-6)
    known = hop_skip_jump.known_ratio(origins, target.space, target.origins, rng, max_queries)
    return Asked(int(found.queries.sum()), known)


def _rays(
    target: Target, tally: Tally, rows: np.ndarray, rng: np.random.Generator, max_queries: int,
    progress: Callable[[int, int], None] | None,
) -> Asked:  # fmt: skip
    x = target.x.cpu().numpy().reshape(len(target.x), -1)
    high, free = target.ceiling.cpu().numpy().reshape(-1), target.space.free
    hints = np.stack([_others(target, x, row, rng) for row in rows]) if len(rows) else np.empty((0, 0, x.shape[1]))

    def decide(points: np.ndarray, at: np.ndarray) -> np.ndarray:
        shaped = points.astype(np.float32).reshape(-1, *target.shape)
        far = np.abs(points - x[rows[at]]).max(axis=1)
        return target.ask(target.inputs(shaped, rows[at], far)) != target.classes[rows[at]]

    found = rays.rays(decide, x[rows], high, free, hints, rng, max_queries, progress)
    won = np.isfinite(found.distances)
    points = found.points.astype(np.float32).reshape(-1, *target.shape)
    tally.add(points[won], rows[won], found.distances[won] + 1e-6)
    return Asked(int(found.queries.sum()), rays.known_ratio(x[rows], high, free, rng, max_queries))


def by_squares(target: Target, tally: Tally, rows: np.ndarray, epsilon: float, queries: int, seed: int) -> None:
    """Square attack on these rows within epsilon, and take down what is found; L1 has none."""
    if target.problem.norm == "L1" or not len(rows):
        return
    at = torch.as_tensor(rows, device=target.x.device)
    tried = square(target.problem, target.x[at], target.y[at], epsilon, queries=queries, seed=seed)
    broken = tried.broken.cpu().numpy()
    tally.add(tried.points[tried.broken], rows[broken], epsilon)


def _others(target: Target, x: np.ndarray, row: int, rng: np.random.Generator) -> np.ndarray:
    """(STARTS, D) rows of other classes, the nearer ones first; the row itself where there are too few."""
    other = np.flatnonzero(target.classes != target.classes[row])
    if len(other) > 4 * rays.STARTS:
        other = rng.choice(other, 4 * rays.STARTS, replace=False)
    near = other[np.argsort(np.abs(x[other] - x[row]).mean(axis=1), kind="stable")][: rays.STARTS]
    return x[np.concatenate([near, np.full(rays.STARTS - len(near), row)]).astype(np.int64)]
