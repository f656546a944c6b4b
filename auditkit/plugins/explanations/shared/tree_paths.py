"""Exact Shapley values of one decision tree, leaf by leaf, for any number of background rows."""

import functools
import math
from typing import NamedTuple

import numpy as np

from auditkit.plugins.explanations.shared.tree_walk import Leaf, Tree, leaves

TABLED = 8
"""Players on a path up to which the weights of all pairs of patterns are kept."""


def path_values(tree: Tree, x: np.ndarray, background: np.ndarray, owners: np.ndarray, players: int) -> np.ndarray:
    """(n, players, K) interventional Shapley values of one tree, exact for this background.

    Of a row and a background row, a leaf is reached by the coalitions that hold every player whose conditions on the
    path only the row meets (p of them), and none whose conditions only the background row meets (q of them); by no
    coalition where neither meets those of some player. So the leaf's value v goes to each of the p with weight
    (p - 1)! q! / (p + q)!, and to each of the q with weight -p! (q - 1)! / (p + q)!. All conditions on columns of one
    player are one, so that columns which an encoder made of one column move together. Background rows that meet the
    same players' conditions on a path are counted and not told apart, so that time hardly grows with them.

    Args:
        tree: whose leaves are gone through.
        x: (n, E) encoded rows to explain, in the type in which the tree compares; NaN is missing, of ranks `MISSING`.
        background: (B, E) encoded rows to compare with, of the same type.
        owners: (E,) the player of each encoded column; -1 for one that is the same in all rows.
        players: how many there are.

    Raises:
        ValueError: a path asks about more than 62 players.

    Source: Lundberg et al. 2020, arXiv:1905.04610 (interventional trees); counting background rows by their pattern:
    Nadel and Wettenstein 2025, "From decision trees to boolean logic", arXiv:2511.09376.
    """
    # the last place is for columns that are the same in all rows: no coalition changes what they do
    values = np.zeros((len(x), players + 1, tree.values.shape[1]))
    for leaf in leaves(tree, x, background, np.where(owners < 0, players, owners)):
        if leaf.players and leaf.values.any():
            values[:, leaf.players] += (_shares(leaf) / len(background))[:, :, None] * leaf.values
    return values[:, :players]


def _shares(leaf: Leaf) -> np.ndarray:
    """(n, m) Shapley values of the game that is 1 where the leaf is reached, summed over the background rows."""
    m = len(leaf.players)
    if m <= TABLED:
        counts = np.bincount(leaf.of_background, leaf.counts, 1 << m)
        weights, places = _all_weights(m), leaf.of_rows
    else:
        patterns, places = np.unique(leaf.of_rows, return_inverse=True)
        others, of_background = np.unique(leaf.of_background, return_inverse=True)
        weights, counts = _weights(patterns, others, m), np.bincount(of_background, leaf.counts)
    needed = weights.needed @ (counts[:, None] * weights.unmet_by_background)
    return np.asarray((needed - weights.unmet * (weights.barred @ counts)[:, None])[places])


class _Weights(NamedTuple):
    """Of patterns of rows (r) and of background rows (s), on a path with m players."""

    needed: np.ndarray
    """(r, s) what each player gets whom the leaf needs; 0 where no coalition reaches it."""
    barred: np.ndarray
    """(r, s) what each player loses who must be absent."""
    unmet: np.ndarray
    """(r, m) 1 where the row fails the player's conditions."""
    unmet_by_background: np.ndarray
    """(s, m)"""


@functools.cache
def _all_weights(m: int) -> _Weights:
    patterns = np.arange(1 << m, dtype=np.int64)
    return _weights(patterns, patterns, m)


def _weights(of_rows: np.ndarray, of_background: np.ndarray, m: int) -> _Weights:
    bits = of_rows.dtype.type(1) << np.arange(m, dtype=of_rows.dtype)
    unmet, unmet_by_background = ((side[:, None] & bits == 0).astype(np.float64) for side in (of_rows, of_background))
    reached = (of_rows[:, None] | of_background) == bits.sum(dtype=of_rows.dtype)
    # where the leaf can be reached, the background row meets what the row fails, and the other way round
    barred, needed = unmet.sum(axis=1).astype(int), unmet_by_background.sum(axis=1).astype(int)
    tables = _factorials(m)
    of_needed, of_barred = (reached * table[:, needed][barred] for table in tables)
    return _Weights(of_needed, of_barred, unmet, unmet_by_background)


@functools.cache
def _factorials(m: int) -> tuple[np.ndarray, np.ndarray]:
    """(m + 1, m + 1) by q and p: (p - 1)! q! / (p + q)!, and p! (q - 1)! / (p + q)!; 0 where not defined."""
    needed, barred = np.zeros((m + 1, m + 1)), np.zeros((m + 1, m + 1))
    for q in range(m + 1):
        for p in range(m + 1 - q):
            orders = math.comb(p + q, p)
            needed[q, p] = 1 / (p * orders) if p else 0
            barred[q, p] = 1 / (q * orders) if q else 0
    return needed, barred
