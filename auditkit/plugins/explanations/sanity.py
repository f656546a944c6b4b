"""What a model does when a real row's group is changed."""

from collections.abc import Callable

import numpy as np

NOTICEABLE = 0.05
"""The share of the predictions' range from which a changed prediction counts as a changed decision."""


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
        # real values of real people: an invented one might be out of the model's range
        changed[inside, column] = x[rng.choice(np.flatnonzero(group != value), len(inside)), column]
    before, after = answer(x), answer(changed)
    if numbers:
        return np.asarray(np.abs(after - before) > NOTICEABLE * np.ptp(before))
    return np.asarray(after != before)
