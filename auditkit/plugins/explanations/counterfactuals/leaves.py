"""The nearest change of a row into each leaf of a decision tree: exact, for one tree has finitely many."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from auditkit.plugins.explanations.counterfactuals.space import Space
from auditkit.plugins.explanations.shared.columns import column_owners

INSIDE = 1e-6
"""How far a number goes beyond a threshold, in units of cost: thresholds are compared in single precision."""


class Boxes(NamedTuple):
    """The leaves of a tree as what each original column may be there."""

    low: np.ndarray
    """(L, D) numbers are above; -inf: no bound."""
    high: np.ndarray
    """(L, D) numbers are at most."""
    categories: tuple[np.ndarray | None, ...]
    """For each column (L, C) bool, which of its values are in the leaf; None for numbers."""


def boxes(
    tree: Any, encode: Callable[[np.ndarray], np.ndarray], space: Space, real: np.ndarray, rng: np.random.Generator
) -> Boxes | str:
    """The leaves in original columns, or why there are none.

    Args:
        tree: scikit-learn's `tree_`.
        encode: codes (m, D) to what the tree takes (m, K).
        space: which categories there are.
        real: (N, D) real rows without missing values.
        rng: draws mixtures, on which the encoding is tried.
    """
    if len(real) < 2:
        return "there are no rows without missing values"
    owners = column_owners(encode, real, rng)
    if owners is None:
        return "the preprocessing mixes columns"
    lows, highs = leaf_bounds(tree, len(owners))
    low, high = np.full((len(lows), len(space.numeric)), -np.inf), np.full((len(lows), len(space.numeric)), np.inf)
    categories: list[np.ndarray | None] = []
    for column, values in enumerate(space.values):
        own = np.flatnonzero(owners == column)
        rows = np.repeat(real[:1], len(values), axis=0)
        rows[:, column] = values
        encoded = encode(rows)[:, own]
        if not space.numeric[column]:
            compared = encoded.astype(np.float32)[None]
            inside = (compared > lows[:, None, own]) & (compared <= highs[:, None, own])
            categories.append(np.asarray(inside.all(axis=2)))
            continue
        categories.append(None)
        if not len(own) or not np.ptp(values):
            continue
        slope = (encoded[-1] - encoded[0]) / (values[-1] - values[0])
        bend = np.abs(encoded - encoded[0] - np.outer(values - values[0], slope)).max()
        if len(own) > 1 or slope[0] == 0 or bend > 1e-9 * max(1.0, float(np.abs(encoded).max())):
            return "the preprocessing bends a number, or makes several columns of it"
        ends = np.sort([(bound[:, own[0]] - encoded[0, 0]) / slope[0] + values[0] for bound in (lows, highs)], axis=0)
        low[:, column], high[:, column] = ends
    return Boxes(low, high, tuple(categories))


def leaf_bounds(tree: Any, width: int) -> tuple[np.ndarray, np.ndarray]:
    """(L, K) and (L, K): the bounds of the encoded columns in each leaf; they are above the first, up to the second."""
    found_lows, found_highs = [], []
    stack = [(0, np.full(width, -np.inf), np.full(width, np.inf))]
    while stack:
        node, low, high = stack.pop()
        left, right = tree.children_left[node], tree.children_right[node]
        if left == right:
            found_lows.append(low)
            found_highs.append(high)
            continue
        column, threshold = tree.feature[node], tree.threshold[node]
        below, above = high.copy(), low.copy()
        below[column], above[column] = min(high[column], threshold), max(low[column], threshold)
        stack += [(left, low, below), (right, above, high)]
    return np.array(found_lows), np.array(found_highs)


def nearest_in_leaves(leaves: Boxes, space: Space, x: np.ndarray) -> np.ndarray:
    """(m, D) the nearest allowed change of a row into each leaf that can be reached, the cheapest first.

    Costs add up over columns, so the nearest value of each column makes the nearest row. Where a sum is kept, columns
    hang together, and this is not exact.
    """
    count = len(leaves.low)
    rows, reached = np.repeat(x[None], count, axis=0), np.ones(count, dtype=bool)
    low, high = space.reach(x)
    for column, inside in enumerate(leaves.categories):
        if inside is None:
            least, most = leaves.low[:, column], leaves.high[:, column]
            stays = (x[column] > least) & (x[column] <= most)
            with np.errstate(invalid="ignore"):
                edge = np.minimum(INSIDE * space.scale[column], (most - least) / 4)
            nearest = np.where(x[column] <= least, least + edge, most - edge)
            if space.whole[column]:
                nearest = np.where(x[column] <= least, np.floor(least) + 1, np.floor(most))
            allowed = (nearest >= low[column]) & (nearest <= high[column]) & (nearest > least) & (nearest <= most)
            rows[:, column] = np.where(stays, x[column], nearest)
            reached &= stays | allowed
            continue
        own = space.values[column] == x[column]
        stays = inside[:, own].any(axis=1)
        others = inside & ~own & bool(space.mutable[column])
        first = space.values[column][others.argmax(axis=1)]
        rows[:, column] = np.where(stays, x[column], first)
        reached &= stays | others.any(axis=1)
    rows = rows[reached]
    rows = rows[space.allowed(x, rows)]
    return np.asarray(rows[np.argsort(space.cost(x, rows), kind="stable")])
