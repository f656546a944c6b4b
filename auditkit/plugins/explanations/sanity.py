"""Does the explanation agree with what the model does on real rows?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Ask = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Mixed rows (m, D) and the explained row that each belongs to (m,) to outputs (m,)."""

TOP = 3
DONORS = 20
"""Background rows whose values stand in for a deleted feature."""
NOTICEABLE = 0.05
"""The share of the predictions' range from which a changed prediction counts as a changed decision."""


def deletion_p(
    ask: Ask, x: np.ndarray, background: np.ndarray, values: np.ndarray, rng: np.random.Generator
) -> float | None:
    """The p-value of "deleting a row's three top features moves the output no more than deleting three others".

    Features are deleted by giving them the values of background rows; the move of a row is the mean |change| of its
    output. One-sided sign test over the rows, ties left out. A right explanation gives a small p.

    Args:
        ask: the model.
        x: (n, D) explained rows.
        background: (B, D) rows to take values from.
        values: (n, D) their attributions.
        rng: draws the other features.

    Returns:
        None where there are not more than three features, or where nothing was ever moved.
    """
    rows, features = x.shape
    if features <= TOP:
        return None
    order = np.argsort(-np.abs(values), axis=1, kind="stable")
    top = np.zeros(x.shape, dtype=bool)
    np.put_along_axis(top, order[:, :TOP], True, axis=1)
    # three of the rest where there are as many, three of all where there are not
    rank = np.where(top & (features >= 2 * TOP), 2.0, rng.random(x.shape))
    other = np.zeros(x.shape, dtype=bool)
    np.put_along_axis(other, np.argsort(rank, axis=1)[:, :TOP], True, axis=1)
    before = ask(x, np.arange(rows))
    donors = background[rng.permutation(len(background))[:DONORS]]
    moved, compared = (_moves(ask, x, donors, deleted, before) for deleted in (top, other))
    wins, losses = int((moved > compared).sum()), int((moved < compared).sum())
    return sign_test(wins, losses)


def sign_test(wins: int, losses: int) -> float | None:
    """The one-sided p-value of at least this many wins if wins and losses are equally likely; None without any."""
    from scipy import stats  # slow to import

    if wins + losses == 0:
        return None
    return float(stats.binomtest(wins, wins + losses, 0.5, alternative="greater").pvalue)


def flips(
    answer: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    column: int,
    group: np.ndarray,
    rng: np.random.Generator,
    numbers: bool = False,
) -> np.ndarray | None:
    """(n,) bool: which decisions change when a row's value in `column` becomes that of a random row of another group.

    Args:
        answer: codes (m, D) to decisions (m,), or to predicted numbers.
        x: (n, D) real rows.
        column: the sensitive column.
        group: (n,) the group that each row belongs to.
        rng: draws the other rows.
        numbers: the answers are predicted numbers, whose change counts from 5 % of their range.

    Returns:
        None where all rows are of one group.
    """
    if len(np.unique(group)) < 2:
        return None
    changed = x.copy()
    for value in np.unique(group):
        inside = np.flatnonzero(group == value)
        changed[inside, column] = x[rng.choice(np.flatnonzero(group != value), len(inside)), column]
    before, after = answer(x), answer(changed)
    if numbers:
        moved: np.ndarray = np.abs(after - before) > NOTICEABLE * np.ptp(before)
        return moved
    return np.asarray(after != before)


def _moves(ask: Ask, x: np.ndarray, donors: np.ndarray, deleted: np.ndarray, before: np.ndarray) -> np.ndarray:
    """(n,) mean |change| of each row's output over the donors."""
    total = np.zeros(len(x))
    for donor in donors:
        total += np.abs(ask(np.where(deleted, donor, x), np.arange(len(x))) - before)
    return total / len(donors)
