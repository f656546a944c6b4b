"""Exact Shapley values of one decision tree, leaf by leaf, for any number of background rows."""

import functools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

TABLED = 8
"""Players on a path up to which the weights of all pairs of patterns are kept."""
MOST_PLAYERS = 62
"""On one path: a pattern is a whole number of 64 bits with a sign."""


class Tree(NamedTuple):
    """A decision tree of N nodes as arrays; node 0 is the root."""

    left: np.ndarray
    """(N,) the child of rows at or under the threshold; -1 for a leaf."""
    right: np.ndarray
    """(N,) the other child."""
    missing: np.ndarray
    """(N,) the child of rows whose value is missing."""
    feature: np.ndarray
    """(N,) which encoded column is compared."""
    threshold: np.ndarray
    """(N,)"""
    values: np.ndarray
    """(N, K) what a leaf gives to each output."""


class Leaf(NamedTuple):
    """A leaf, and which players' conditions on the way to it each row meets."""

    values: np.ndarray
    """(K,)"""
    players: list[int]
    """The m players that the path asks about."""
    patterns: np.ndarray
    """(rows,) whole numbers; bit j is 1 where the row meets all conditions on columns of player j of the list."""


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
        x: (n, E) encoded rows to explain, in the type in which the tree compares; NaN is missing.
        background: (B, E) encoded rows to compare with.
        owners: (E,) the player of each encoded column; -1 for one that is the same in all rows.
        players: how many there are.

    Raises:
        ValueError: a path asks about more than 62 players.

    Source: Lundberg et al. 2020, arXiv:1905.04610 (interventional trees); counting background rows by their pattern:
    Nadel and Wettenstein 2025, "From decision trees to boolean logic", arXiv:2511.09376.
    """
    rows = np.ascontiguousarray(np.concatenate([x, background]).T)
    # the last place is for columns that are the same in all rows: no coalition changes what they do
    values = np.zeros((len(x), players + 1, tree.values.shape[1]))
    for leaf in _leaves(tree, rows, np.where(owners < 0, players, owners)):
        if leaf.players and leaf.values.any():
            shares = _shares(leaf.patterns[: len(x)], leaf.patterns[len(x) :], len(leaf.players))
            values[:, leaf.players] += shares[:, :, None] * leaf.values
    return values[:, :players]


def _leaves(tree: Tree, rows: np.ndarray, owners: np.ndarray) -> Iterator[Leaf]:
    """Every leaf; `rows` (E, rows) as columns."""
    blanks = np.isnan(rows).any(axis=1)
    start = np.zeros(rows.shape[1], dtype=np.int64 if len(set(owners)) > 16 else np.uint16)
    stack: list[tuple[int, np.ndarray, list[int]]] = [(0, start, [])]
    while stack:
        node, patterns, players = stack.pop()
        if tree.left[node] < 0:
            yield Leaf(tree.values[node], players, patterns)
            continue
        column = tree.feature[node]
        goes_left = rows[column] <= tree.threshold[node]
        if blanks[column] and tree.missing[node] == tree.left[node]:
            goes_left |= np.isnan(rows[column])
        player = int(owners[column])
        known = player in players
        if not known and len(players) == MOST_PLAYERS:
            raise ValueError(f"a path asks about more than {MOST_PLAYERS} columns")
        players = players if known else [*players, player]
        bit = np.array(1 << players.index(player), dtype=patterns.dtype)
        on_left = goes_left * bit
        if known:
            # of several conditions on one player's columns, all must be met
            sides = patterns & (on_left | ~bit), patterns & ~on_left
        else:
            sides = patterns | on_left, patterns | (on_left ^ bit)
        stack += [(int(tree.left[node]), sides[0], players), (int(tree.right[node]), sides[1], players)]


def _shares(of_rows: np.ndarray, of_background: np.ndarray, m: int) -> np.ndarray:
    """(n, m) Shapley values of the game that is 1 where the leaf is reached, as means over the background."""
    if m <= TABLED:
        counts = np.bincount(of_background, minlength=1 << m) / len(of_background)
        weights, places = _all_weights(m), of_rows
    else:
        patterns, places = np.unique(of_rows, return_inverse=True)
        others, numbers = np.unique(of_background, return_counts=True)
        weights, counts = _weights(patterns, others, m), numbers / len(of_background)
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
    patterns = np.arange(1 << m, dtype=np.uint16)
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
