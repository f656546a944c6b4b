"""Shapley values of games of few players, by asking about every coalition."""

import math
import time
from collections.abc import Callable

import numpy as np

from auditkit.plugins.explanations.shared.permutation import CELLS, Sampled, ask_once, evaluations

MOST_PLAYERS = 12
"""Beyond it no model is quick enough."""
SECONDS = 120.0
"""That enumeration may take where permutations would ask less."""
TRIED = 2_048
"""Questions by which the time that one takes is measured."""

Ask = Callable[[np.ndarray, np.ndarray], np.ndarray]


def questions(features: int, background: int) -> int:
    """How many mixed rows `enumerated` asks about for each row that it explains, repeats included."""
    return int(2**features) * background


def is_enumerated(ask: Ask, x: np.ndarray, background: np.ndarray, permutations: int, seconds: float) -> bool:
    """Whether every coalition is asked about: where that is no more than permutations ask, or takes little time.

    Args:
        ask: the model, as for `enumerated`; asked about some background rows, so that its time is known.
        x: (n, D) rows to explain.
        background: (B, D) rows to compare with.
        permutations: pairs of orders, as for `paired_permutations`.
        seconds: that it may take where it asks more than they would.
    """
    features = x.shape[1]
    asked = questions(features, len(background))
    if asked <= evaluations(features, len(background), permutations):
        return True
    if features > MOST_PLAYERS:
        return False
    rows = np.resize(np.arange(len(background)), min(TRIED, asked))
    ask(background[rows], np.zeros(len(rows), dtype=np.int64))  # what the first questions alone cost is no measure
    began = time.monotonic()
    ask(background[rows], np.zeros(len(rows), dtype=np.int64))
    return (time.monotonic() - began) / len(rows) * asked * len(x) <= seconds


def enumerated(
    ask: Ask,
    x: np.ndarray,
    background: np.ndarray,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> Sampled:
    """Interventional Shapley values by their definition (Shapley 1953): exact for this background.

    The value of coalition S for row x is the mean over background rows b of f(x on S, b elsewhere), and a feature gets
    the mean over all orders of what it adds to those before it.

    Args:
        ask: takes mixed rows (m, D) and the row of `x` that each belongs to (m,), gives outputs (m,).
        x: (n, D) rows to explain, as codes.
        background: (B, D) rows to compare with, as codes.
        progress: told after each row.

    Returns:
        Values (n, D), errors (n, D) of 0, and the base (n,).
    """
    features = x.shape[1]
    members = (np.arange(2**features)[:, None] >> np.arange(features)) & 1 == 1
    worths, at_once = np.empty((len(x), len(members))), max(1, CELLS // (len(background) * features))
    for row, values in enumerate(x):
        for start in range(0, len(members), at_once):
            inside = members[start : start + at_once, None, :]
            mixed = np.where(inside, values, background[None]).reshape(-1, features)
            outputs = ask_once(ask, mixed, np.full(len(mixed), row)).reshape(len(inside), len(background))
            worths[row, start : start + at_once] = outputs.mean(axis=1)
        progress(row + 1, len(x), "rows explained")
    return Sampled(shapley_values(worths), np.zeros(x.shape), worths[:, 0])


def shapley_values(worths: np.ndarray) -> np.ndarray:
    """(n, D) Shapley values of n games of D players.

    Args:
        worths: (n, 2^D) of the coalitions; player d is in coalition c where bit d of c is 1.

    Source: Shapley 1953, A value for n-person games.
    """
    players = int(worths.shape[1]).bit_length() - 1
    sizes = np.array([int(coalition).bit_count() for coalition in range(worths.shape[1])])
    # of all orders, the share in which exactly the others of a coalition come before a player: s! (D - s - 1)! / D!
    share = np.array([1 / (players * math.comb(players - 1, size)) for size in range(players)])
    values = np.empty((len(worths), players))
    for player in range(players):
        # by the player's bit: without and with; differences first, so that who changes nothing gets 0 and no rounding
        sides, others = worths.reshape(len(worths), -1, 2, 1 << player), sizes.reshape(-1, 2, 1 << player)[:, 0]
        values[:, player] = (sides[:, :, 1] - sides[:, :, 0]).reshape(len(worths), -1) @ share[others.ravel()]
    return values
