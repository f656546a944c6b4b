"""How often some group falls below four fifths of another by chance alone."""

from __future__ import annotations

import numpy as np

from auditkit.plugins.fairness.impact.practical import LINE

AT_ONCE = 4_000_000
"""Counts drawn at one time."""


def below_by_chance(sizes: np.ndarray, rate: float, draws: int, rng: np.random.Generator) -> int:
    """Of `draws` samples with the same true rate in every group, in how many some ratio is below four fifths.

    Each group's selected are binomial, each group for itself, which is the law of selections that are made person by
    person. A sample in which nobody is selected has no ratio and counts as not below.

    Args:
        sizes: (K,) people of each group, above 0.
        rate: between 0 and 1.
        draws: above 0.
        rng: the source of chance.
    """
    number, done = 0, 0
    while done < draws:
        now = min(draws - done, max(1, AT_ONCE // len(sizes)))
        rates = rng.binomial(sizes, rate, (now, len(sizes))) / sizes
        # a ratio of exactly four fifths is not below it, whatever the rounding
        number += int(np.count_nonzero(rates.min(axis=1) < LINE * rates.max(axis=1) * (1 - 1e-12)))
        done += now
    return number
