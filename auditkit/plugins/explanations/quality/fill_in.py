"""What stands in for the features that are taken out of a row of a table: values of other rows."""

from collections.abc import Callable

import numpy as np

from auditkit.plugins.explanations.quality.curves import Answer
from auditkit.plugins.explanations.quality.deletion import Ask

CELLS = 2**22
"""Distances held at once: 32 MiB of float64."""

Donors = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Which features of a row are kept (m, D) bool, and which row it is (m,), to rows that fill in the others (m, F, D)."""


def filled(ask: Ask, x: np.ndarray, donors: Donors) -> Answer:
    """Ask about rows of which some features are kept: the mean over several rows that fill in the others."""

    def answer(kept: np.ndarray, rows: np.ndarray) -> np.ndarray:
        others = donors(kept, rows)
        mixed = np.where(kept[:, None, :], x[rows][:, None, :], others)
        outputs = ask(mixed.reshape(-1, x.shape[1]), np.repeat(rows, others.shape[1]))
        return np.asarray(outputs.reshape(others.shape[:2]).mean(axis=1))

    return answer


def marginal(rows: int, pool: np.ndarray, count: int, rng: np.random.Generator) -> Donors:
    """Values of `count` rows of the pool (B, D), drawn once for each row whatever it keeps."""
    drawn = pool[rng.integers(0, len(pool), (rows, count))]
    return lambda kept, row: drawn[row]


def conditional(
    x: np.ndarray, pool: np.ndarray, is_category: np.ndarray, count: int, rng: np.random.Generator
) -> Donors:
    """Values of the `count` rows of the pool that are nearest in the features that are kept, so that rows stay likely.

    A hot deck of nearest neighbours (Andridge and Little 2010, A Review of Hot Deck Imputation); for explanations
    the empirical conditional approach of Aas, Jullum, Løland 2021, arXiv:1903.10464, with Gower's distance, for there
    are categories, and equal weights. A row of the pool that equals the explained one is left out, for it takes
    nothing out of it. Where nothing is kept, rows are drawn at random.

    Args:
        x: (n, D) the rows, as codes.
        pool: (B, D) real rows; only as many are used as fit into memory.
        is_category: (D,) bool: whose values are equal or not, with nothing between.
        count: how many rows fill in.
        rng: draws the order of equally near rows.
    """
    pool = pool[: max(1, CELLS // max(1, x.size))]
    apart = _gower(x, pool, is_category)
    # equally near rows in a random order, which is the same whatever is kept
    order = rng.random(apart.shape[:2])
    order[~apart.any(axis=2)] = np.inf

    def donors(kept: np.ndarray, rows: np.ndarray) -> np.ndarray:
        nearest = np.empty((len(rows), min(count, len(pool))), dtype=np.int64)
        for row in np.unique(rows):
            which = np.flatnonzero(rows == row)
            distance = kept[which].astype(np.float64) @ apart[row].T
            # rounded: sums of the same distances in another order are the same distance
            ranked = np.lexsort((np.tile(order[row], (len(which), 1)), distance.round(9)), axis=1)
            same_last = np.argsort(np.isinf(order[row])[ranked], axis=1, kind="stable")
            nearest[which] = np.take_along_axis(ranked, same_last, axis=1)[:, : nearest.shape[1]]
        return np.asarray(pool[nearest])

    return donors


def _gower(x: np.ndarray, pool: np.ndarray, is_category: np.ndarray) -> np.ndarray:
    """(n, B, D) between 0 and 1: difference over range for numbers, equal or not for categories and missing values."""
    both = np.concatenate([x, pool])
    known = np.where(np.isnan(both), 0.0, both)
    spread = np.ptp(known, axis=0)
    apart = np.abs(x[:, None] - pool[None]) / np.where(spread > 0, spread, 1.0)
    apart = np.where(is_category & ~np.isnan(apart), x[:, None] != pool[None], apart)
    one_missing = np.isnan(x)[:, None] != np.isnan(pool)[None]
    return np.where(np.isnan(apart), one_missing, np.minimum(apart, 1.0)).astype(np.float64)
