"""Complementary suppression: what else must be hidden so that nothing hidden follows from what is shown."""

from __future__ import annotations

import numpy as np


def complement(people: np.ndarray, dark: np.ndarray, minimum: int) -> np.ndarray:
    """What must be hidden so that no hidden number follows from the rest of its line and the line's total.

    Args:
        people: counts, one axis for each attribute.
        dark: what is hidden already, of the same shape.
        minimum: how many people the hidden ones of a line must hold together, and at least two of them.

    Returns:
        A larger `dark`.
    """
    if people.ndim == 1:
        return complement(people[None], dark[None], minimum)[0]  # one line is a table too
    dark, changed = dark.copy(), True
    while changed:
        changed = False
        for axis in range(people.ndim):
            lines, hidden = np.moveaxis(people, axis, -1), np.moveaxis(dark, axis, -1)
            number, held = hidden.sum(axis=-1), np.where(hidden, lines, 0).sum(axis=-1)
            weak = (number > 0) & (number < hidden.shape[-1]) & ((number == 1) | (held < minimum))
            if weak.any():
                smallest = np.where(hidden, np.iinfo(np.int64).max, lines).argmin(axis=-1)
                at = np.nonzero(weak)
                hidden[(*at, smallest[at])] = True  # a view: this writes into `dark`
                changed = True
    return dark


def determined(counts: np.ndarray, dark: np.ndarray) -> np.ndarray:
    """Which hidden counts of a table have one possible value once the table's row and column totals are known.

    A count can differ where others of its row and column can make up for it, and so on around a closed way through
    hidden counts, on which each second one is taken from and must not be empty.
    Source: Gusfield 1988, A graph theoretic approach to statistical data security.

    Args:
        counts: (R, C), none negative.
        dark: (R, C) bool: the hidden ones.

    Returns:
        (R, C) bool.
    """
    found = np.zeros_like(dark)
    for row, column in np.argwhere(dark):
        more = dark.copy()
        more[row, column] = False
        less = more & (counts > 0)
        grows = _reaches(less.T, more, column, row)
        shrinks = counts[row, column] > 0 and _reaches(more, less.T, row, column)
        found[row, column] = not (grows or shrinks)
    return found


def _reaches(there: np.ndarray, back: np.ndarray, start: int, end: int) -> bool:
    """Whether steps `there`, `back`, `there` … lead from the node `start` to the node `end` on the other side."""
    near = np.zeros(len(there), dtype=bool)
    near[start] = True
    while True:
        far = np.asarray(there[near].any(axis=0))
        more = np.asarray(near | back[far].any(axis=0))
        if far[end] or (more == near).all():
            return bool(far[end])
        near = more
