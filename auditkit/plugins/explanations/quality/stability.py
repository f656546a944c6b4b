"""Does an explanation name the same features when it is drawn again?"""

import itertools

import numpy as np

from auditkit.plugins.explanations.quality.agreement import strongest

SEEDS = 10
"""Repetitions that are compared at least."""


def top_jaccard(values: np.ndarray, most: int = 5) -> np.ndarray:
    """(n,) how far the strongest features agree between repetitions: the mean Jaccard index over pairs of them, 0 to 1.

    The Jaccard index of two sets is the size of what they share over the size of both together. NaN where no repetition
    names any strongest feature, as attributions of zeros do not: nothing is stable there. Lime's own law of 100 to
    5,000 samples has 0.68 to 0.93.

    Args:
        values: (R, n, D) attributions of R repetitions.
        most: how many features count as the strongest; see `strongest`.

    Raises:
        ValueError: fewer than two repetitions.
    """
    if len(values) < 2:
        raise ValueError(f"values must hold at least 2 repetitions, for they are compared; {len(values)} was given")
    named = np.stack([strongest(repetition, most) for repetition in values])
    indexes = []
    for first, second in itertools.combinations(named, 2):
        together = (first | second).sum(axis=1)
        shared = (first & second).sum(axis=1)
        # two blanks share nothing; beside a repetition that names features they count as a difference
        indexes.append(np.divide(shared, together, out=np.zeros(len(first)), where=together > 0))
    return np.where(named.any(axis=(0, 2)), np.mean(indexes, axis=0), np.nan)
