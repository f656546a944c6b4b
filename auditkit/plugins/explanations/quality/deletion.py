"""Do attributions follow what happens to the output when a feature is really taken away?"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Ask = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Mixed rows (m, D) and the explained row that each belongs to (m,) to outputs (m,)."""

FOLLOWS = 0.8
"""The least correlation of attributions with moves: right ones reach 0.95; all of one feature's, spread evenly over it
and a second, reach 0.71."""
RELIABLE = 0.9
"""The least correlation of the measured moves with those that all background rows and coalitions would give."""
MOST = 50
"""Features that are tried: half of them the first by attribution, the others drawn."""
DONORS = 150
"""Background rows that stand in for deleted features in a round, shared out among the features."""
ROUNDS = 4
"""Rounds at most: one more is drawn where the moves are not reliable yet."""
SHUFFLES = 200


class Deletion(NamedTuple):
    """How far attributions follow the moves of the output."""

    correlation: float
    """-1 to 1, corrected for the noise of few background rows."""
    chance: float
    """What one in twenty right attributions of other rows would reach."""
    reliability: float
    """0 to 1: how far the moves themselves follow what more background rows and coalitions would give."""

    @property
    def has_power(self) -> bool:
        """Whether the moves are known, and attributions of other rows would be told from right ones in 19 of 20."""
        return self.chance < FOLLOWS and self.reliability >= RELIABLE


def deletion(
    ask: Ask, x: np.ndarray, background: np.ndarray, values: np.ndarray, rng: np.random.Generator
) -> Deletion | None:
    """Correlate attributions with what deleting each feature, and adding it, does to the output.

    The other features are the row's own for a random coalition and a background row's outside it, and once more the
    other way round. With sizes of coalitions drawn evenly from none to all the mean move of a feature is its Shapley
    value, whatever features interact. Moves and attributions are centred by feature, so that a feature's importance
    alone gives no agreement, and correlated over all rows and features. Noise of the draws weakens a correlation by
    the root of their reliability, which the two halves of the background rows give (Spearman 1904; 1910), and is
    corrected for.

    Whether the test can tell right from wrong is settled on the moves alone, before attributions are looked at: their
    noise must be small, and the moves, shuffled between rows, must hardly ever pass for themselves.

    Args:
        ask: the model.
        x: (n, D) explained rows.
        background: (B, D) rows to take values from.
        values: (n, D) their attributions.
        rng: draws background rows, features, coalitions and shuffles.

    Returns:
        None where nothing was ever moved, or the moves are noise: no attribution could follow them.
    """
    features = _features_to_try(values, rng)
    # as many questions in all, whatever the number of features
    half = max(1, DONORS // (2 * (len(features) + 1)))
    halves, noise = np.zeros((2, len(x), len(features))), 0.0
    for done in range(ROUNDS):
        donors = background[rng.permutation(len(background))[: 2 * half]]
        drawn = [_centred(_moves(ask, x, part, features, rng)) for part in (donors[::2], donors[1::2]) if len(part)]
        halves += (np.array([drawn[0], drawn[-1]]) - halves) / (done + 1)
        between = correlation(*halves)
        # Spearman-Brown: two halves together are more reliable than the correlation between them
        noise = float(np.sqrt(2 * between / (1 + between))) if between > 0 else 0.0
        if noise >= RELIABLE or not halves.any():
            break
    moves = halves.mean(axis=0)
    if noise == 0:
        return None
    shuffled = [correlation(moves[rng.permutation(len(moves))], moves) for _ in range(SHUFFLES)]
    reached = correlation(_centred(values[:, features]), moves) / noise
    return Deletion(float(np.clip(reached, -1, 1)), float(np.quantile(shuffled, 0.95)) / noise, noise)


def correlation(values: np.ndarray, moves: np.ndarray) -> float:
    """Of two centred arrays, over all their cells; 0 where one of them is 0."""
    sizes = float(np.sqrt((values**2).sum() * (moves**2).sum()))
    return 0.0 if sizes == 0 else float((values * moves).sum() / sizes)


def _features_to_try(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    order = np.argsort(-np.abs(values).mean(axis=0), kind="stable")
    if len(order) <= MOST:
        return order
    return np.concatenate([order[: MOST // 2], rng.permutation(order[MOST // 2 :])[: MOST - MOST // 2]])


def _moves(ask: Ask, x: np.ndarray, donors: np.ndarray, features: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, F) the mean over donors and coalitions of what adding a feature brings and deleting it takes away."""
    rows, width = x.shape
    owners = np.tile(np.arange(rows), len(donors))
    own_values, donor_values = np.tile(x, (len(donors), 1)), np.repeat(donors, rows, axis=0)
    order = np.argsort(rng.random(own_values.shape), axis=1)
    # first the size, evenly, then who is in it: that weighs coalitions as Shapley does
    coalition = order < rng.integers(0, width + 1, (len(owners), 1))
    moves, scale = np.zeros((rows, len(features))), 0.0
    # a coalition and its complement are drawn together: their errors partly cancel out
    for inside in (coalition, ~coalition):
        mixed = np.where(inside, own_values, donor_values)
        before = ask(mixed, owners)
        scale = max(scale, float(np.abs(before).max()))
        for index, feature in enumerate(features):
            turned, deleted = mixed.copy(), inside[:, feature]
            turned[:, feature] = np.where(deleted, donor_values[:, feature], own_values[:, feature])
            moved = np.where(deleted, 1.0, -1.0) * (before - ask(turned, owners))
            moves[:, index] += moved.reshape(len(donors), rows).mean(axis=0) / 2
    moves[np.abs(moves) <= 1e-12 * scale] = 0.0  # rounding
    return moves


def _centred(values: np.ndarray) -> np.ndarray:
    return np.asarray(values - values.mean(axis=0))
