"""Trees as a file states them, checked before a library follows their links: no library checks that by itself."""

from typing import Final, NoReturn

import numpy as np

DEEPEST: Final = 10_000
"""Steps from a root to a leaf; libraries call themselves at each, and their stack ends."""


class Damaged(Exception):
    """What a file states does not fit together, and how."""


def integers(values: object, length: int | None, what: str, low: int, high: int) -> np.ndarray:
    """(length,) int64 of what a file states as whole numbers.

    Args:
        values: as they were read.
        length: how many there must be; None: any number.
        what: the words for them.
        low: the least that one may be.
        high: the first that is too large.

    Raises:
        Damaged: they are no whole numbers, of another number, or not from `low` and below `high`.
    """
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "biu":
        refuse(f"{what} must be whole numbers")
    if length is not None and len(array) != length:
        refuse(f"{what} must be {length:,} numbers; there are {len(array):,}")
    if len(array) and not (low <= int(array.min()) and int(array.max()) < high):
        refuse(f"{what} must be from {low} and below {high:,}; it is between {array.min()} and {array.max()}")
    return array.astype(np.int64)


def check_links(left: np.ndarray, right: np.ndarray, first: np.ndarray) -> None:
    """Refuse links that are no trees.

    Args:
        left: (N,) int64, the left child of each node of all trees, counted through all of them; -1 for a leaf.
        right: likewise.
        first: (T + 1,) int64, the first node of each tree, which is its root, and at the end N.

    Raises:
        Damaged: a node has one child alone, a child lies in another tree, is a root or the child of two, or a
            leaf lies too deep.
    """
    inner = left >= 0
    if not np.array_equal(inner, right >= 0):
        refuse("a node of a tree has one child alone")
    children = np.concatenate([left[inner], right[inner]])
    tree = np.repeat(np.arange(len(first) - 1), np.diff(first))
    parents = np.tile(np.flatnonzero(inner), 2)
    outside = (children < 0) | (children >= len(left))
    if outside.any() or (tree[children] != tree[parents]).any():
        refuse("a tree has a child that is none of its nodes")
    ways = np.bincount(children, minlength=len(left))
    if (ways > 1).any() or ways[first[:-1]].any():
        refuse("a tree has a node that several lead to, or a cycle")
    # no node is met twice, so that this ends
    level, depth = first[:-1], 0
    while len(level):
        level = level[inner[level]]
        level = np.concatenate([left[level], right[level]])
        depth += 1
        if depth > DEEPEST:
            refuse(f"a tree is deeper than {DEEPEST:,} steps")


def refuse(fault: str) -> NoReturn:
    """Raise it."""
    raise Damaged(fault)
