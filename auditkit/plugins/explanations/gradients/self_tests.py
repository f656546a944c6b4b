"""Trials of gradient attributions: do they follow the model, agree with another method, stay under small changes?"""

from collections.abc import Callable

import numpy as np
import scipy
import torch

DRAWS = 3
"""Small changes tried for each row."""


def slope_similarity(slopes: np.ndarray, others: np.ndarray) -> float | None:
    """The mean rank correlation, row by row, of the signed slopes by which two networks' attributions come about.

    Attributions that are distance times slope look alike for a trained and a random network, above all on images with
    much background, because the distance is the same for both. Slopes are the network's own, and their signs tell.

    Args:
        slopes: (n, ...) of the model; NaN where a position has none.
        others: (n, ...) of the other model.

    Returns:
        Between -1 and 1; None where no row has three positions with slopes that differ.
    """
    correlations = []
    for row_slopes, other_slopes in zip(slopes.reshape(len(slopes), -1), others.reshape(len(slopes), -1), strict=True):
        known = ~np.isnan(row_slopes) & ~np.isnan(other_slopes)
        correlations.append(spearman(row_slopes[known], other_slopes[known]) if known.sum() >= 3 else None)
    defined = [correlation for correlation in correlations if correlation is not None]
    return float(np.mean(defined)) if defined else None


def spearman(values: np.ndarray, other_values: np.ndarray) -> float | None:
    """Spearman's rank correlation, ties sharing their mean rank; None where either is constant."""
    centred, other_centred = (scipy.stats.rankdata(array) - (len(array) + 1) / 2 for array in (values, other_values))
    scale = float(np.sqrt((centred**2).sum() * (other_centred**2).sum()))
    return float((centred * other_centred).sum() / scale) if scale > 0 else None


def top_decile_share(values: np.ndarray) -> np.ndarray:
    """(n,) the share of the sum of |values| (n, ...) that its strongest tenth of positions holds; NaN where all are 0.

    0.1 where attribution is spread evenly, 1 where a tenth of the positions holds all of it.
    """
    sizes = np.sort(np.abs(values.reshape(len(values), -1)), axis=1)[:, ::-1]
    top = max(1, round(sizes.shape[1] / 10))
    total = sizes.sum(axis=1)
    return np.asarray(np.divide(sizes[:, :top].sum(axis=1), total, out=np.full(len(sizes), np.nan), where=total > 0))


def largest_relative_change(
    explain: Callable[[torch.Tensor], np.ndarray],
    encoded: torch.Tensor,
    values: np.ndarray,
    reach: torch.Tensor,
    generator: torch.Generator,
) -> np.ndarray:
    """(n,) how far attributions move, relative to their length, under small random changes of the input; 0 or more.

    The largest of three draws, uniform within the reach of each position. Rows without attribution are left out.

    Source: Yeh et al. 2019, On the (In)fidelity and Sensitivity of Explanations, arXiv:1901.09392 (SENS_MAX).
    """
    length = np.linalg.norm(values.reshape(len(values), -1), axis=1)
    worst = np.zeros(len(values))
    for _ in range(DRAWS):
        noise = (2 * torch.rand(encoded.shape, generator=generator) - 1).to(encoded)
        moved = explain(encoded + reach * noise) - values
        worst = np.maximum(worst, np.linalg.norm(moved.reshape(len(values), -1), axis=1))
    return worst[length > 0] / length[length > 0]


def coarse_map(values: np.ndarray, side: int = 28) -> np.ndarray:
    """(h, w) the mean |attribution| of images (n, C, H, W) or (n, H, W), as shares of its sum, at most `side` wide.

    Pictures of more pixels are averaged over blocks; a rest that fills no block is left out.
    """
    sizes = np.abs(values)
    mean = (sizes.sum(axis=1) if sizes.ndim == 4 else sizes).mean(axis=0)
    step = max(1, -(-max(mean.shape) // side))
    high, wide = (length // step for length in mean.shape)
    blocks = mean[: high * step, : wide * step].reshape(high, step, wide, step).sum(axis=(1, 3))
    total = blocks.sum()
    return np.asarray(blocks / total if total > 0 else blocks)
