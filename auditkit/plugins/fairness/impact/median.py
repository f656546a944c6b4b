"""The median of people's scores, and who lies above it."""

from __future__ import annotations

import numpy as np


def median(scores: np.ndarray, people: np.ndarray | None = None) -> float:
    """The median over people: the middle score, or the mean of the two middle ones.

    Args:
        scores: (N,), N above 0.
        people: (N,) whole numbers from 1, how many people have each score; None: one.
    """
    order = np.argsort(scores, kind="stable")
    ordered = np.asarray(scores, dtype=np.float64)[order]
    upto = np.arange(1, len(ordered) + 1) if people is None else np.cumsum(np.asarray(people)[order])
    total = int(upto[-1])
    # the people in places (total - 1) // 2 and total // 2, counted from 0
    low, high = (ordered[np.searchsorted(upto, place, side="right")] for place in ((total - 1) // 2, total // 2))
    return float(low + (high - low) / 2)
