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
