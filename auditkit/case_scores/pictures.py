"""Scores of pictures: how well masks overlap, and how near a picture is to its reference."""

from typing import Any

import numpy as np
import scipy

from auditkit.case_scores.arrays import pair, shares
from auditkit.errors import DataError

SIGMA = 1.5
"""Pixels: the spread of the window of `structural_similarity`."""
REACH = 5
"""Pixels from its middle to its edge: 11 by 11, as published."""


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


def structural_similarity(predicted: Any, reference: Any, span: float) -> np.ndarray:
    """(N,) the structural similarity of each picture, SSIM: -1 to 1, higher is better, 1 where both are the same.

    The mean over all places of a window that lies within the picture, then over channels.

    Args:
        predicted: (N, H, W) or (N, C, H, W) values, of 11 by 11 pixels at least.
        reference: likewise.
        span: the largest value less the smallest that a picture can have, such as 255.

    Raises:
        DataError: shapes differ, pictures are too small, or numbers are not finite.

    Source: Wang, Bovik, Sheikh and Simoncelli (2004), Image quality assessment: from error visibility to structural
    similarity, IEEE Transactions on Image Processing 13: a Gaussian window, K1 = 0.01 and K2 = 0.03.
    """
    shape = np.shape(predicted)
    pair(predicted, reference)
    if len(shape) not in (3, 4) or min(shape[-2:]) < 2 * REACH + 1:
        raise DataError(f"pictures must be (N, H, W) or (N, C, H, W), of 11 by 11 pixels at least; they are {shape}")
    first, second = (np.asarray(array, dtype=np.float64) for array in (predicted, reference))

    def local(values: np.ndarray) -> np.ndarray:
        blurred = scipy.ndimage.gaussian_filter(values, SIGMA, axes=(-2, -1), radius=REACH)
        return np.asarray(blurred[..., REACH:-REACH, REACH:-REACH])

    steady_mean, steady_spread = (0.01 * span) ** 2, (0.03 * span) ** 2
    means = local(first), local(second)
    both = local(first * second) - means[0] * means[1]
    spreads = local(first**2) - means[0] ** 2 + local(second**2) - means[1] ** 2
    alike = (2 * means[0] * means[1] + steady_mean) * (2 * both + steady_spread)
    alike /= (means[0] ** 2 + means[1] ** 2 + steady_mean) * (spreads + steady_spread)
    return alike.reshape(len(alike), -1).mean(axis=1)
