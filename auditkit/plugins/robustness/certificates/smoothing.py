"""Randomised smoothing: the decision that most noisy copies of an input get, and how far it provably holds.

Cohen, Rosenfeld and Kolter (2019), Certified Adversarial Robustness via Randomized Smoothing, arXiv:1902.02918.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from scipy import special

from auditkit.plugins.robustness.certificates import confidence_sequence

Votes: TypeAlias = Callable[[np.ndarray, int], np.ndarray]
"""(rows (M,), copies) to (M, C): how many of so many noisy copies of each row are decided as each class."""
FIRST = 100
"""Copies before the counts are looked at first; then after every half as many again."""


class Smoothed(NamedTuple):
    """What was proven about each row."""

    decided: np.ndarray
    """(N,) the class that most of the first copies got."""
    radius: np.ndarray
    """(N,) how far the smoothed decision provably holds, in the units of sigma; 0 where it abstained."""
    samples: np.ndarray
    """(N,) copies drawn, those for choosing the class included."""

    @property
    def abstained(self) -> np.ndarray:
        """(N,) bool: no class has proven a majority."""
        return self.radius <= 0


class Budget(NamedTuple):
    """How many noisy copies of a row may be drawn, and how often a radius may be wrong."""

    alpha: float
    """The chance of any wrong radius for one row."""
    selection: int
    """Copies from which the class is chosen; they are not counted again."""
    samples: int
    """Copies at most for counting."""


def certify(
    votes: Votes, rows: int, sigma: float, radii: tuple[float, ...], budget: Budget,
    progress: Callable[[int, int], None] | None = None,
) -> Smoothed:  # fmt: skip
    """Choose a class from some copies of each row, and count it among others until every radius is decided.

    A row is sampled no longer once its interval says of each radius whether it is reached, or that there is no
    majority; the interval holds at all times, so stopping by what was seen costs no validity.

    Args:
        votes: draws noisy copies and counts decisions, anew at each call.
        rows: N.
        sigma: the standard deviation of the noise, above 0.
        radii: ascending, in the units of sigma: where the curve is wanted.
        budget: of copies and of errors.
        progress: called with (copies so far, copies at most) after each round.
    """
    undecided_rows, total = np.arange(rows), 0
    # the class is chosen by other copies than those that count: chosen by the same, its share would be too large
    decided = votes(undecided_rows, budget.selection).argmax(axis=1)
    hits, drawn, low = np.zeros((3, rows))
    # a proportion over this means a radius over each of 0 and `radii`
    proportions = special.ndtr(np.array([0.0, *radii]) / sigma)
    while len(undecided_rows) and total < budget.samples:
        copies = min(max(FIRST, total // 2), budget.samples - total)
        counts = votes(undecided_rows, copies)
        hits[undecided_rows] += counts[np.arange(len(undecided_rows)), decided[undecided_rows]]
        total += copies
        drawn[undecided_rows] = total
        counted = hits[undecided_rows], drawn[undecided_rows], budget.alpha
        low[undecided_rows] = confidence_sequence.lower(*counted)
        high = confidence_sequence.upper(*counted)
        is_undecided = (proportions > low[undecided_rows, None]) & (proportions <= high[:, None])
        undecided_rows = undecided_rows[is_undecided.any(axis=1)]
        if progress is not None:
            progress(total, budget.samples)
    return Smoothed(decided, radius_of(low, sigma), (drawn + budget.selection).astype(np.int64))


def radius_of(proportion: np.ndarray, sigma: float) -> np.ndarray:
    """(N,) the radius within which a class keeps its majority that has at least this proportion; 0 for no majority.

    Theorem 1 of Cohen et al. (2019), with the second class bounded by the rest.
    """
    return np.where(proportion > 0.5, sigma * special.ndtri(np.maximum(proportion, 0.5)), 0.0)


def known_ratio(sigma: float, radii: tuple[float, ...], alpha: float, samples: int, rng: np.random.Generator) -> float:
    """The largest certified over true radius for linear models, whose radius is the distance to their plane.

    A noisy copy of an input at distance d from a plane stays on its side with probability Phi(d / sigma).
    """
    distances = np.repeat([number for number in radii if number <= 3 * sigma] or [sigma], 10)
    chances = special.ndtr(distances / sigma)

    def votes(rows: np.ndarray, copies: int) -> np.ndarray:
        same_side = rng.binomial(copies, chances[rows])
        return np.stack([same_side, copies - same_side], axis=1)

    smoothed = certify(votes, len(distances), sigma, radii, Budget(alpha, FIRST, samples))
    wrong = (smoothed.decided == 1) & (smoothed.radius > 0)
    return float(np.where(wrong, np.inf, smoothed.radius / distances).max())
