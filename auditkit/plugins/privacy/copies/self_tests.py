"""The check's tests of itself: neighbours measured one by one, real rows in place of synthetic ones, planted copies."""

import numpy as np

from auditkit import stats
from auditkit.plugins.privacy.copies.distances import Nearest, Share, closer, near, nearest
from auditkit.plugins.privacy.copies.tables import Points
from auditkit.plugins.privacy.shared.persons import halved

TRIED = 50
"""Rows of which the nearest is measured again."""
PLANTED = 0.1
"""The share of rows that are made copies."""
JITTER = 0.01
"""How far planted copies are moved, in standard deviations."""


def neighbour_deviation(points: np.ndarray, among: np.ndarray, measured: Nearest, rng: np.random.Generator) -> float:
    """The largest difference between a nearest distance and the least of all, for some rows.

    Args:
        points: (N, G).
        among: (M, G).
        measured: of every point.
        rng: draws the rows.
    """
    rows = rng.choice(len(points), min(TRIED, len(points)), replace=False)
    least = [np.sqrt(((among - points[row]) ** 2).sum(axis=1)).min() for row in rows]
    return float(np.abs(measured.first[rows] - least).max())


def errors_off(share: Share, expected: float) -> float:
    """How many standard errors, about, a share lies from what is expected, by its interval on that side."""
    low, high = share.interval.low or 0.0, share.interval.high or 0.0
    side = share.value - low if share.value > expected else high - share.value
    return (share.value - expected) / (side / stats.critical(share.interval.level)) if side > 0 else 0.0


def fresh(points: Points, rng: np.random.Generator) -> Points:
    """Held-out rows in place of synthetic ones, with as many training rows as there are other held-out ones."""
    is_first = halved(points.units[1], rng)  # nobody is in both
    half = min(int(is_first.sum()), int((~is_first).sum()))
    first, second = (rng.choice(np.flatnonzero(side), half, replace=False) for side in (is_first, ~is_first))
    chosen = rng.choice(len(points.training), half, replace=False)
    units = points.units[0][chosen], points.units[1][first]
    return Points(points.training[chosen], points.held_out[first], points.held_out[second], units)


def planted(points: Points, rng: np.random.Generator) -> Points:
    """The same, of which every tenth row is a training row that was moved a little."""
    made = points.synthetic.copy()
    count = max(1, round(PLANTED * len(made)))
    chosen = rng.choice(len(points.training), min(count, len(points.training)), replace=False)
    moves = rng.normal(0, JITTER / np.sqrt(made.shape[1]), (len(chosen), made.shape[1]))
    made[: len(chosen)] = points.training[chosen] + moves
    return points._replace(synthetic=made)


def seen(points: Points, threshold: float) -> tuple[Share, Share]:
    """What is found of some points: `closer` and `near`."""
    real = zip((points.training, points.held_out), points.units, strict=True)
    training, held_out = (nearest(points.synthetic, part, unit) for part, unit in real)
    return closer(training, held_out), near(training, held_out, threshold)
