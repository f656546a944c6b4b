"""Batch sizes of a training, held against those of Poisson sampling."""

import numpy as np


def sampling_z(batches: np.ndarray, rows: int, sample_rate: float) -> float:
    """How many standard errors the batch sizes are from what Poisson sampling gives: in their mean or in their spread.

    Args:
        batches: (steps,) sizes.
        rows: how many there are to sample from.
        sample_rate: the chance of each.
    """
    expected, variance = rows * sample_rate, rows * sample_rate * (1 - sample_rate)
    if variance == 0:
        return 0.0 if (batches == expected).all() else float("inf")
    steps = len(batches)
    mean = abs(float(batches.sum()) - steps * expected) / np.sqrt(steps * variance)
    # a sum of squares is a chi-square; its cube root is nearly normal (Wilson and Hilferty 1931)
    squares = float(((batches - expected) ** 2).sum() / variance)
    spread = abs((squares / steps) ** (1 / 3) - (1 - 2 / (9 * steps))) / np.sqrt(2 / (9 * steps))
    return float(max(mean, spread))
