"""Reference models: copies of the audited model, each fitted to half of the training rows.

For every row there are copies that never saw it. What they make of it is what the audited model would, had it not seen
the row either; so the difference is what it learnt from the row. Rows of the training split are what they are fitted
to, and not other people's: where members and non-members differ, only those are of the kind that the audited model
learnt from, and what is harder about the non-members is as hard for the copies.
"""

from typing import Any, NamedTuple

import numpy as np

from auditkit.plugins.privacy.membership.attack import own_chances
from auditkit.plugins.privacy.membership.pool import Ask, Copier, GoOn, NoCopy, Pool


class ReferenceModels(NamedTuple):
    """K copies, and what each was fitted to."""

    asks: tuple[Ask, ...]
    halves: np.ndarray
    """(K, P) bool: which rows of the pool a copy's half holds; copies 2k and 2k + 1 have the two halves."""
    fitted: np.ndarray
    """(K, P) bool: the rows of its half that it was fitted to; all, unless there were too many."""

    def chances(self, inputs: Any, truth: np.ndarray) -> np.ndarray:
        """(K, n) the probability of each row's own class.

        Args:
            inputs: n rows.
            truth: (n,) positions of their classes.
        """
        return np.array([own_chances(ask(inputs), truth) for ask in self.asks])

    def answers(self, inputs: Any) -> np.ndarray:
        """(K, n, C) probabilities."""
        return np.array([ask(inputs) for ask in self.asks])


def kept_together(prints: np.ndarray, unit: np.ndarray | None) -> np.ndarray:
    """(P,) a number for each set of rows that no split may part: equal rows, and all rows of a person.

    Args:
        prints: (P,) fingerprints.
        unit: (P,) whose row it is; None: each row is a person's.
    """
    _, alike = np.unique(prints, return_inverse=True)
    if unit is None:
        return alike.reshape(-1)
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    _, person = np.unique(unit, return_inverse=True)
    size = int(alike.max(initial=-1)) + 1
    links = coo_matrix(
        (np.ones(len(prints)), (alike.reshape(-1), size + person.reshape(-1))),
        shape=(size + len(prints), size + len(prints)),
    )  # fmt: skip
    return np.asarray(connected_components(links, directed=False)[1][alike.reshape(-1)])


def draw_halves(alike: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, P) bool: in each pair of rows of the answer, one half of the rows and the other.

    Args:
        alike: (P,) rows with the same value stay together, such as copies of one row.
        count: even.
        rng: draws them.
    """
    _, codes = np.unique(alike, return_inverse=True)
    kinds = int(codes.max(initial=-1)) + 1
    halves = []
    for _ in range(count // 2):
        first = rng.permutation(kinds) < kinds // 2
        halves += [first[codes.reshape(-1)], ~first[codes.reshape(-1)]]
    return np.array(halves, dtype=bool).reshape(count, len(alike))


def fit_references(
    copy: Copier,
    pool: tuple[Any, np.ndarray],
    halves: np.ndarray,
    most: int,
    rng: np.random.Generator,
    go_on: GoOn,
) -> ReferenceModels:
    """Fit a copy to each half.

    Args:
        copy: fits one.
        pool: the inputs of P rows, and the positions (P,) of their classes.
        halves: (K, P), see `draw_halves`.
        most: rows that one is fitted to at most.
        rng: draws seeds, and the rows where a half has too many.
        go_on: says whether there is time for another.

    Raises:
        NoCopy: a copy cannot be fitted, or there was no time for two, and why.
    """
    inputs, codes = pool
    fitted = np.zeros_like(halves)
    for number, half in enumerate(halves):
        rows = np.flatnonzero(half)
        fitted[number, rng.choice(rows, min(most, len(rows)), replace=False)] = True
    seeds = rng.integers(2**31, size=len(halves))
    asks = tuple(copy(Pool(inputs, codes, fitted, seeds), go_on))
    if len(asks) < 2:
        raise NoCopy("the time was up before two were fitted")
    return ReferenceModels(asks, halves[: len(asks)], fitted[: len(asks)])
