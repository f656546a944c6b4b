"""The slow obvious oracle: Shapley values by the definition, over every coalition."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np


def shapley(game: Callable[[frozenset[int]], float], players: int) -> np.ndarray:
    values = np.zeros(players)
    for player in range(players):
        others = [index for index in range(players) if index != player]
        for size in range(players):
            weight = math.factorial(size) * math.factorial(players - size - 1) / math.factorial(players)
            for coalition in itertools.combinations(others, size):
                inside = frozenset(coalition)
                values[player] += weight * (game(inside | {player}) - game(inside))
    return values


def interventional(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, background: np.ndarray) -> np.ndarray:
    """(D,) values of one row."""

    def game(coalition: frozenset[int]) -> float:
        mixed = background.copy()
        mixed[:, list(coalition)] = x[list(coalition)]
        return float(np.mean(f(mixed)))

    return shapley(game, len(x))
