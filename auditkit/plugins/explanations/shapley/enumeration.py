"""Shapley values of games of few players, by asking about every coalition."""

import time
from collections.abc import Callable

import numpy as np

from auditkit.plugins.explanations.shared.permutation import CELLS, Sampled, ask_once, evaluations
from auditkit.plugins.explanations.shared.shapley_values import shapley_values

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
