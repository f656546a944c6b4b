"""Auditing with one training run, in which each canary is in or out by its own fair coin (Steinke et al. 2023)."""

from typing import NamedTuple

import numpy as np
import scipy

SHARES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0)
"""Which parts of the canaries are guessed about, the rest being abstained from; each is tried, and paid for."""
HALVINGS = 40


class Guesses(NamedTuple):
    """What guessing whether canaries were in came to, at the number of guesses that says most."""

    canaries: int
    guesses: int
    right: int
    low: float
    """Epsilon is at least this, with the level asked for, whatever the scores are made of."""


def least_epsilon(scores: np.ndarray, present: np.ndarray, delta: float, level: float = 0.999) -> Guesses:
    """A lower bound of epsilon at `delta` from one training run.

    The highest scores are guessed to have been in, as many of the lowest to have been out. The bound is corrected for
    the numbers of guesses tried (Bonferroni), and assumes only that each canary was in or out by its own fair coin.

    Args:
        scores: (m,) higher where a canary is more likely to have been in.
        present: (m,) whether it was.
        delta: of the claim.
        level: of confidence.
    """
    order = np.argsort(-np.asarray(scores, float), kind="stable")
    truth = np.asarray(present, bool)[order]
    canaries = len(truth)
    sides = _sides(canaries)
    best = Guesses(canaries, 0, 0, 0.0)
    for side in sides:
        right = int(truth[:side].sum() + (~truth[-side:]).sum())
        low = _least(canaries, 2 * side, right, delta, (1 - level) / len(sides))
        if low >= best.low:
            best = Guesses(canaries, 2 * side, right, low)
    return best


def could_refute(canaries: int, claimed: float, delta: float, level: float = 0.999) -> bool:
    """Whether so many canaries, were all guesses right, would refute an epsilon."""
    sides = _sides(canaries)
    error = (1 - level) / max(1, len(sides))
    return any(p_value(canaries, 2 * side, 2 * side, claimed, delta) <= error for side in sides)


def _sides(canaries: int) -> list[int]:
    """How many are guessed to have been in, and as many to have been out."""
    # an odd canary is guessed about by neither
    return sorted({min(canaries // 2, max(1, round(share * canaries / 2))) for share in SHARES}) if canaries > 1 else []


def p_value(canaries: int, guesses: int, right: int, epsilon: float, delta: float) -> float:
    """How likely `right` or more right guesses are under (epsilon, delta)-differential privacy, at most.

    Args:
        canaries: each in or out by its own fair coin.
        guesses: of them, the others being abstained from.
        right: guesses that were right.
        epsilon: 0 or above.
        delta: 0 or above.

    Source: Steinke, Nasr and Jagielski (2023), Privacy Auditing with One (1) Training Run, arXiv:2305.08846, with the
    delta term of appendix D: P(B >= v) + 2 m delta max over i of P(v > B >= v - i) / i, B binomial with `guesses`
    trials of chance 1 / (1 + e^-epsilon).
    """
    chance = 1 / (1 + np.exp(-epsilon))
    at_least = float(scipy.stats.binom.sf(right - 1, guesses, chance))
    if right == 0 or delta == 0:
        return min(1.0, at_least)
    steps = np.arange(1, right + 1)
    just_below = scipy.stats.binom.sf(right - steps - 1, guesses, chance) - at_least
    return min(1.0, at_least + 2 * canaries * delta * float((just_below / steps).max()))


def _least(canaries: int, guesses: int, right: int, delta: float, error: float) -> float:
    """The largest epsilon that these guesses refute; 0 where they refute none."""
    low, high = 0.0, 1.0
    if p_value(canaries, guesses, right, low, delta) > error:
        return 0.0
    while p_value(canaries, guesses, right, high, delta) < error:
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if p_value(canaries, guesses, right, middle, delta) < error else (low, middle)
    return low
