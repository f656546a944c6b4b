"""Do attributions follow what happens to the output when a feature is really taken away?"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Ask = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Mixed rows (m, D) and the explained row that each belongs to (m,) to outputs (m,)."""

FOLLOWS = 0.5
"""The least correlation of attributions with moves."""
MOST = 50
"""Features that are tried: half of them the first by attribution, the others drawn."""
DONORS = 150
"""Background rows that stand in for deleted features, shared out among the features."""
SHUFFLES = 200


class Deletion(NamedTuple):
    """How far attributions follow the moves of the output."""

    correlation: float
    """-1 to 1, corrected for the noise of few background rows."""
    chance: float
    """What one in twenty right attributions of other rows would reach."""

    @property
    def has_power(self) -> bool:
        """Whether attributions of other rows would be told from right ones in 19 of 20 audits."""
        return self.chance < FOLLOWS


def deletion(
    ask: Ask, x: np.ndarray, background: np.ndarray, values: np.ndarray, rng: np.random.Generator
) -> Deletion | None:
    """Correlate attributions with what deleting each feature from its row, and adding it to others, does.

    The move of a feature in a row is the mean of two: the output less the output with the feature's value taken from a
    background row, and the output of a background row with the feature's value taken from this row, less its own. They
    are the last and the first term of the average that is its Shapley value, and all of it where no three features
    interact. Moves and attributions are centred by feature, so that a feature's importance alone gives no agreement,
    and correlated over all rows and features. Noise of the draws weakens a correlation by the root of their
    reliability, which the two halves of the background rows give (Spearman 1904; 1910), and is corrected for.

    Whether the test can tell right from wrong is settled on the moves alone, before attributions are looked at: the
    moves, shuffled between rows, must hardly ever pass for themselves.

    Args:
        ask: the model.
        x: (n, D) explained rows.
        background: (B, D) rows to take values from.
        values: (n, D) their attributions.
        rng: draws background rows, features and shuffles.

    Returns:
        None where nothing was ever moved, or the moves are noise: no attribution could follow them.
    """
    features = _tried(values, rng)
    donors = background[rng.permutation(len(background))[: 2 * max(1, DONORS // (2 * len(features)))]]
    halves = [_centred(_moves(ask, x, half, features)) for half in (donors[::2], donors[1::2]) if len(half)]
    moves = np.mean(halves, axis=0)
    if not moves.any():
        return None
    between = correlation(halves[0], halves[-1])
    if between <= 0:
        return None
    noise = float(np.sqrt(2 * between / (1 + between)))
    shuffled = [correlation(moves[rng.permutation(len(moves))], moves) for _ in range(SHUFFLES)]
    reached = correlation(_centred(values[:, features]), moves) / noise
    return Deletion(float(np.clip(reached, -1, 1)), float(np.quantile(shuffled, 0.95)) / noise)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Of two centred arrays, over all their cells; 0 where one of them is 0."""
    sizes = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return 0.0 if sizes == 0 else float((one * other).sum() / sizes)


def _tried(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    order = np.argsort(-np.abs(values).mean(axis=0), kind="stable")
    if len(order) <= MOST:
        return order
    return np.concatenate([order[: MOST // 2], rng.permutation(order[MOST // 2 :])[: MOST - MOST // 2]])


def _moves(ask: Ask, x: np.ndarray, donors: np.ndarray, features: np.ndarray) -> np.ndarray:
    """(n, F) the mean over the donors of what deletion takes away and addition brings."""
    rows, shape = len(x), (len(donors), len(x))
    owners = np.tile(np.arange(rows), len(donors))
    here, there = np.tile(x, (len(donors), 1)), np.repeat(donors, rows, axis=0)
    before, without = ask(x, np.arange(rows)), ask(there, owners)
    scale = max(float(np.abs(before).max()), float(np.abs(without).max()))
    moves = np.empty((rows, len(features)))
    for place, feature in enumerate(features):
        deleted, added = here.copy(), there.copy()
        deleted[:, feature], added[:, feature] = there[:, feature], here[:, feature]
        moved = np.tile(before, len(donors)) - ask(deleted, owners) + ask(added, owners) - without
        moves[:, place] = moved.reshape(shape).mean(axis=0) / 2
    moves[np.abs(moves) <= 1e-12 * scale] = 0.0  # rounding
    return moves


def _centred(values: np.ndarray) -> np.ndarray:
    centred: np.ndarray = values - values.mean(axis=0)
    return centred
