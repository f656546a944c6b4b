"""Shapley values of any function, from paired permutations of its features."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

CELLS = 2**23
"""Numbers held at once: 64 MiB of float64."""
ASKED = 2**15
"""Model rows between two words of progress, where one row needs no more."""


Walk = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Takes rows of `x` (m,), background rows (m,) and orders (m, D); gives (m, D - 1) outputs between the ends of the
paths, of which place k is about the row's values on the first k + 1 features of the order."""


class Sampled(NamedTuple):
    """What paired permutations estimate."""

    values: np.ndarray
    """(n, D) Shapley values."""
    errors: np.ndarray
    """(n, D) their standard errors, which are 0 where no feature interacts with more than one other at a time."""
    base: np.ndarray
    """(n,) the average output over the background."""


def paired_permutations(
    ask: Callable[[np.ndarray, np.ndarray], np.ndarray],
    x: np.ndarray,
    background: np.ndarray,
    rng: np.random.Generator,
    permutations: int = 2,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
    walk: Walk | None = None,
) -> Sampled:
    """Interventional Shapley values: features outside a coalition take the values of a background row.

    The value of coalition S for row x is the mean over background rows b of f(x on S, b elsewhere). For each pair
    (x, b), features are switched from b to x in a random order and in its reverse, and each is given what its switch
    changed. Every b serves equally often, with orders of its own, so that only the order is sampled. The values of a
    row sum to its output minus the base whatever the orders are; one order and its reverse give exact values where
    no interaction has more than two features (Mayer and Wüthrich 2025, arXiv:2508.12947).

    Args:
        ask: takes mixed rows (m, D) and the row of `x` that each belongs to (m,), gives outputs (m,).
        x: (n, D) rows to explain, as codes.
        background: (B, D) rows to compare with, as codes.
        rng: draws the orders.
        permutations: pairs of orders for each (x, b), at least 2: their spread gives the standard errors.
        progress: told after each row.
        walk: gives the outputs on paths from background rows to a row in a way of its own; `ask` is asked unless given.

    Raises:
        ValueError: fewer than two permutations.
    """
    if permutations < 2:
        raise ValueError(f"permutations must be at least 2, for their spread is the error; {permutations} was given")
    rows, (draws, features) = len(x), (len(background) * permutations, x.shape[1])
    walk = partial(_walk, ask, x, background) if walk is None else walk
    steps = max(1, 2 * (features - 1))
    outputs, at_once, group = (
        ask(x, np.arange(rows)),
        max(1, CELLS // (steps * features)),
        max(1, ASKED // (steps * draws)),
    )
    parts = []
    # some rows at a time, so that what a call costs is shared, and a slow model is not left alone for long
    for first in range(0, rows, group):
        chosen = np.arange(first, min(first + group, rows))
        start = ask(np.tile(background, (len(chosen), 1)), np.repeat(chosen, len(background)))
        orders = rng.permuted(np.tile(np.arange(features), (len(chosen) * draws, 1)), axis=1)
        owners, donors = np.repeat(chosen, draws), np.tile(np.arange(draws) % len(background), len(chosen))
        starts = start.reshape(len(chosen), -1)
        pairs = np.empty((len(owners), features))
        for chunk in np.split(np.arange(len(owners)), range(at_once, len(owners), at_once)):
            ends = starts[owners[chunk] - first, donors[chunk]], outputs[owners[chunk]]
            pairs[chunk] = _pair(walk, owners[chunk], donors[chunk], orders[chunk], ends)
        # the spread within one background row is that of the order alone, which is all that is sampled
        by_background = pairs.reshape(len(chosen), permutations, len(background), features)
        spread = by_background.var(axis=1, ddof=1).sum(axis=1) / permutations
        means = by_background.mean(axis=(1, 2))
        parts.append(Sampled(means, np.sqrt(spread) / len(background), starts.mean(axis=1)))
        progress(int(chosen[-1]) + 1, rows, "rows explained")
    return Sampled(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def until_error(sample: Callable[[int], Sampled], error: float, first: int, most: int) -> tuple[Sampled, int]:
    """Pairs of orders until the importance is as sure as wanted, or as many as are allowed.

    The error is the largest standard error of a feature's mean |value|, as a share of the largest mean |value|. After
    each part, the pairs that it says are missing are drawn, at least as many again as there are and no more than
    eight times as many.

    Args:
        sample: draws some pairs of orders anew, for each row and background row.
        error: wanted, over 0.
        first: pairs that are drawn before the error is looked at, at least 2.
        most: pairs that are drawn at most.

    Returns:
        The estimate from all pairs, and how many there are.
    """
    pairs, estimate = first, sample(first)
    while pairs < most:
        largest = np.abs(estimate.values).mean(axis=0).max()
        left = float(np.sqrt((estimate.errors**2).sum(axis=0).max()) / len(estimate.values) / (largest or 1.0))
        if left <= error:
            break
        wanted = math.ceil(pairs * min((left / error) ** 2, 8.0))
        more = min(max(wanted - pairs, pairs), most - pairs)
        # the spread of one pair is not known
        if more < 2:
            break
        estimate, pairs = _together(estimate, pairs, sample(more), more), pairs + more
    return estimate, pairs


def _together(estimate: Sampled, pairs: int, other: Sampled, more: int) -> Sampled:
    """The estimate from both, which are independent, with the spread within background rows pooled."""
    total = pairs + more
    spread = (pairs - 1) * pairs * estimate.errors**2 + (more - 1) * more * other.errors**2
    values = (pairs * estimate.values + more * other.values) / total
    return Sampled(values, np.sqrt(spread / (total - 2) / total), estimate.base)


def evaluations(features: int, background: int, permutations: int) -> int:
    """About how many rows `paired_permutations` asks about for each row that it explains, repeats included."""
    return 2 * max(features - 1, 0) * background * permutations + background + 1


def _pair(
    walk: Walk, rows: np.ndarray, donors: np.ndarray, orders: np.ndarray, ends: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """(m, D): for each of m pairs of rows, what switching each feature changes, averaged over order and reverse."""
    # the reverse order cancels what pairs of features share out by chance
    both = np.concatenate([orders, orders[:, ::-1]])
    path = np.empty((len(both), both.shape[1] + 1))
    # the ends of each path are known: only the steps between are asked
    path[:, 0], path[:, -1] = (np.tile(end, 2) for end in ends)
    path[:, 1:-1] = walk(np.tile(rows, 2), np.tile(donors, 2), both)
    changes = np.take_along_axis(np.diff(path, axis=1), np.argsort(both, axis=1), axis=1)
    forward, backward = np.split(changes, 2)
    return (forward + backward) / 2


def _walk(
    ask: Callable[[np.ndarray, np.ndarray], np.ndarray], x: np.ndarray, background: np.ndarray, rows: np.ndarray,
    donors: np.ndarray, orders: np.ndarray,
) -> np.ndarray:  # fmt: skip
    draws, features = orders.shape
    switched = np.argsort(orders, axis=1)[:, None, :] < np.arange(1, features)[None, :, None]
    mixed = np.where(switched, x[rows][:, None, :], background[donors][:, None, :]).reshape(-1, features)
    return ask_once(ask, mixed, np.repeat(rows, features - 1)).reshape(draws, features - 1)


def ask_once(ask: Callable[[np.ndarray, np.ndarray], np.ndarray], mixed: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The outputs of (m, D) rows, each distinct one asked about once: exact for a model that answers consistently.

    Args:
        ask: as for `paired_permutations`.
        mixed: what is asked about.
        rows: (m,) the row of `x` that each belongs to.
    """
    if not mixed.size:
        return np.empty(len(mixed))
    told_apart = np.column_stack([mixed, rows])
    # rows as bytes: np.unique over an axis compares columns one by one
    raw = told_apart.view(np.dtype((np.void, told_apart.dtype.itemsize * told_apart.shape[1]))).ravel()
    _, first_positions, inverse = np.unique(raw, return_index=True, return_inverse=True)
    return np.asarray(ask(mixed[first_positions], rows[first_positions])[inverse])
