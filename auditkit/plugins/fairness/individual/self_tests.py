"""The check's tests of itself: neighbours found again one by one, shuffled decisions, changed rows looked at."""

from collections.abc import Callable
from typing import Any

import numpy as np

from auditkit.plugins.fairness.individual.flips import Swapped
from auditkit.plugins.fairness.individual.neighbours import agreement, chance

TRIED = 100
"""Rows that are looked at again."""


def neighbour_deviation(
    points: np.ndarray, neighbours: np.ndarray, rng: np.random.Generator, unit: np.ndarray | None = None
) -> float:
    """How much farther than the nearest others, found one by one, the neighbours of some rows are.

    Infinite where a row is its own neighbour, or has one twice. Distances, not positions: others may be equally near.

    Args:
        points: (N, E).
        neighbours: (N, k) positions, nearest first.
        rng: draws the rows.
        unit: (N,) whose row it is; none is a neighbour of another of the same. None: each is somebody else's.
    """
    k, worst = neighbours.shape[1], 0.0
    for row in rng.choice(len(points), min(TRIED, len(points)), replace=False):
        nearest = neighbours[row]
        if row in nearest or len(set(nearest.tolist())) < k:
            return np.inf
        far = np.sqrt(((points - points[row]) ** 2).sum(axis=1))
        distances = np.sort(far[nearest])
        if unit is not None and (unit[nearest] == unit[row]).any():
            return np.inf
        # Only now: a row that is its own neighbour had to be caught above.
        far[row if unit is None else unit == unit[row]] = np.inf
        worst = max(worst, float(np.abs(distances - np.sort(far)[:k]).max()))
    return worst


def shuffled_deviation(decisions: np.ndarray, neighbours: np.ndarray, shuffles: int, rng: np.random.Generator) -> float:
    """How many standard errors the mean consistency of shuffled decisions lies off the chance level.

    Args:
        decisions: (N,) whole numbers.
        neighbours: (N, k) positions.
        shuffles: two or more.
        rng: shuffles.
    """
    agreements = np.array([agreement(rng.permutation(decisions), neighbours).mean() for _ in range(shuffles)])
    distance, spread = (
        abs(float(agreements.mean()) - chance(decisions)),
        float(agreements.std(ddof=1)) / np.sqrt(shuffles),
    )
    # Where all decisions are alike nothing varies, and a rounding would be divided by nearly nothing.
    if distance < 1e-9:
        return 0.0
    return distance / spread if spread > 0 else np.inf


def wrongly_changed(before: np.ndarray, after: np.ndarray, column: int, target: np.ndarray, swapped: Swapped) -> float:
    """The share of changed rows that lack a value of the target group, or of which another column changed too.

    Args:
        before: (N, D) codes of the rows as they are.
        after: (m, D) codes of the changed rows.
        column: which column was to change.
        target: (N,) bool: the rows of the target group.
        swapped: who was changed.
    """
    values = before[target, column]
    is_of_target = np.isin(after[:, column], values) | (np.isnan(after[:, column]) & bool(np.isnan(values).any()))
    is_other = np.arange(before.shape[1]) != column
    as_before, as_changed = before[swapped.rows][:, is_other], after[:, is_other]
    # NaN is not equal to itself, and a missing value that stays missing is no change.
    is_same = ((as_before == as_changed) | (np.isnan(as_before) & np.isnan(as_changed))).all(axis=1)
    return float(1 - (is_of_target & is_same).mean())


def asked_again(ask: Callable[[Swapped], np.ndarray], before: np.ndarray, rng: np.random.Generator) -> float:
    """The share of some rows that are decided otherwise though each took its own value.

    Args:
        ask: takes who is changed and who gives, gives decisions.
        before: (N,) the decisions about the rows as they are.
        rng: draws the rows.
    """
    chosen: Any = np.sort(rng.choice(len(before), min(TRIED, len(before)), replace=False))
    return float(np.mean(ask(Swapped(chosen, chosen)) != before[chosen]))
