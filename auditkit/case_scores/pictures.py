"""Scores of pictures: how well masks overlap, and how near a picture is to its reference."""

from typing import Any

import numpy as np

from auditkit.case_scores.arrays import pair, shares


def dice(predicted: Any, reference: Any, empty: float = np.nan) -> np.ndarray:
    """(N,) the Dice coefficient of each picture: 2 · both / (predicted + reference), 0 to 1, higher is better.

    Args:
        predicted: (N, …) masks; what is not 0 belongs to the object.
        reference: (N, …) likewise.
        empty: the score where neither mask has anything.

    Raises:
        DataError: shapes differ, or numbers are not finite.

    Source: Dice (1945), Measures of the amount of ecologic association between species, Ecology 26.
    """
    first, second = (array != 0 for array in pair(predicted, reference))
    return shares(2 * (first & second).sum(axis=1), first.sum(axis=1) + second.sum(axis=1), empty)


def intersection_over_union(predicted: Any, reference: Any, empty: float = np.nan) -> np.ndarray:
    """(N,) the Jaccard index of each picture: both / either, 0 to 1, higher is better; arguments as of `dice`.

    Source: Jaccard (1912), The distribution of the flora in the alpine zone, New Phytologist 11.
    """
    first, second = (array != 0 for array in pair(predicted, reference))
    return shares((first & second).sum(axis=1), (first | second).sum(axis=1), empty)


def peak_signal_to_noise(predicted: Any, reference: Any, span: float) -> np.ndarray:
    """(N,) 10 · log10(span² / mean squared error) of each picture, in decibels, higher is better.

    NaN where a picture equals its reference: there is no error, and the ratio is infinite.

    Args:
        predicted: (N, …) values.
        reference: (N, …) likewise.
        span: the largest value less the smallest that a picture can have, such as 255.

    Raises:
        DataError: shapes differ, or numbers are not finite.
    """
    first, second = (array.astype(np.float64) for array in pair(predicted, reference))
    error = ((first - second) ** 2).mean(axis=1)
    ratio = np.divide(span**2, error, out=np.full(len(error), np.nan), where=error > 0)
    return np.asarray(10 * np.log10(ratio))
