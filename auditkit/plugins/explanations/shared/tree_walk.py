"""The leaves of a decision tree, with whose conditions rows to explain and background rows meet on the way to each."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

MOST_PLAYERS = 62
"""On one path: a pattern is a whole number of 64 bits with a sign."""
MISSING = 2**16 - 1
"""Stands for a missing value where rows and thresholds are ranks, whole numbers of 16 bits."""
COUNTED = 12
"""Conditions, met so far by players or still to come below a node, up to which background rows are counted by them."""
MANY = 16
"""Times as many background rows as different ones there can be, from which they are counted."""


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
    of_rows: np.ndarray
    """(n,) patterns of the rows: whole numbers, bit j is 1 where a row meets all conditions of player j of the list."""
    of_background: np.ndarray
    """(R,) patterns of the background rows."""
    counts: np.ndarray | None
    """(R,) how many background rows each stands for; None: one each."""


Sides = Callable[[int], np.ndarray]
"""Takes an inner node, gives which rows go left there."""


class _Background(NamedTuple):
    """Background rows on their way."""

    patterns: np.ndarray
    counts: np.ndarray | None
    sides: Sides


def leaves(tree: Tree, x: np.ndarray, background: np.ndarray, owners: np.ndarray) -> Iterator[Leaf]:
    """Every leaf of a tree.

    Args:
        tree: as of `path_values`, like what follows.
        x: (n, E) encoded rows to explain.
        background: (B, E) encoded rows to compare with.
        owners: (E,) the player of each encoded column.

    Raises:
        ValueError: a path asks about more than 62 players.
    """
    inner_below, depth = _shape(tree)
    # a path asks about no more players than it has steps, or than there are; narrow patterns are quick to change
    most = min(depth, len(set(owners)))
    kind = next((kind for kind, bits in ((np.uint8, 8), (np.uint16, 16)) if most <= bits), np.int64)
    sides_of_rows = _sides(tree, x)
    start = _Background(np.zeros(len(background), dtype=kind), None, _sides(tree, background))
    stack: list[tuple[int, list[int], np.ndarray, _Background]] = [(0, [], np.zeros(len(x), dtype=kind), start)]
    while stack:
        node, players, patterns, rest = stack.pop()
        if tree.left[node] < 0:
            yield Leaf(tree.values[node], players, patterns, rest.patterns, rest.counts)
            continue
        conditions = len(players) + inner_below[node]
        if rest.counts is None and conditions <= COUNTED and len(background) > MANY << conditions:
            rest = _counted(tree, node, len(players), rest)
        player = int(owners[tree.feature[node]])
        known = player in players
        if not known and len(players) == MOST_PLAYERS:
            raise ValueError(f"a path asks about more than {MOST_PLAYERS} columns")
        players = players if known else [*players, player]
        bit = np.array(1 << players.index(player), dtype=kind)
        of_rows = _split(patterns, sides_of_rows(node), bit, known)
        of_background = _split(rest.patterns, rest.sides(node), bit, known)
        for child, own, others in zip((tree.left[node], tree.right[node]), of_rows, of_background, strict=True):
            stack.append((int(child), players, own, rest._replace(patterns=others)))


def _split(patterns: np.ndarray, goes_left: np.ndarray, bit: np.ndarray, known: bool) -> tuple[np.ndarray, np.ndarray]:
    """The patterns on the left and on the right of a node that asks about the player of a bit."""
    on_left = goes_left * bit
    if known:
        # of several conditions on one player's columns, all must be met
        return patterns & (on_left | ~bit), patterns & ~on_left
    return patterns | on_left, patterns | (on_left ^ bit)


def _sides(tree: Tree, rows: np.ndarray) -> Sides:
    columns = np.ascontiguousarray(rows.T)
    blank = (lambda column: column == MISSING) if rows.dtype.kind == "u" else np.isnan
    blanks = [bool(blank(column).any()) for column in columns]

    def goes_left(node: int) -> np.ndarray:
        column = tree.feature[node]
        side = columns[column] <= tree.threshold[node]
        if blanks[column] and tree.missing[node] == tree.left[node]:
            side |= blank(columns[column])
        return np.asarray(side)

    return goes_left


def _counted(tree: Tree, node: int, players: int, rest: _Background) -> _Background:
    """Background rows that meet the same conditions, up to a node and at all nodes below it, as one."""
    below = [node]
    for inner in below:
        below += [int(child) for child in (tree.left[inner], tree.right[inner]) if tree.left[child] >= 0]
    codes = rest.patterns.astype(np.uint16)
    for place, inner in enumerate(below):
        codes |= rest.sides(inner) * np.uint16(1 << (players + place))
    counts = np.bincount(codes)
    distinct = np.flatnonzero(counts)
    sides = {inner: distinct >> (players + place) & 1 == 1 for place, inner in enumerate(below)}
    patterns = (distinct & ((1 << players) - 1)).astype(rest.patterns.dtype)
    return _Background(patterns, counts[distinct], sides.__getitem__)


def _shape(tree: Tree) -> tuple[np.ndarray, int]:
    """(N,) how many inner nodes there are from each node on, and how many steps the longest path has."""
    levels = [np.zeros(1, dtype=np.int64)]
    while (inner := levels[-1][tree.left[levels[-1]] >= 0]).size:
        levels.append(np.concatenate([tree.left[inner], tree.right[inner]]))
    below = (tree.left >= 0).astype(np.int64)
    for level in reversed(levels):
        inner = level[tree.left[level] >= 0]
        below[inner] += below[tree.left[inner]] + below[tree.right[inner]]
    return below, len(levels) - 1
