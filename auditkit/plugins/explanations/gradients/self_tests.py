"""Trials of gradient attributions: do they follow the model, agree with another method, stay under small changes?"""

import copy
from collections.abc import Callable

import numpy as np
import scipy
import torch

DRAWS = 3
"""Small changes tried for each row."""


def randomised_copy(module: torch.nn.Module, generator: torch.Generator) -> torch.nn.Module:
    """A copy whose parameters are normal draws with the mean and spread of the trained ones; the module is untouched.

    Source: Adebayo et al. 2018, Sanity Checks for Saliency Maps, arXiv:1810.03292.
    """
    random_copy = copy.deepcopy(module)
    with torch.no_grad():
        for parameter in random_copy.parameters():
            # one number has no spread to draw from
            if parameter.is_floating_point() and parameter.numel() > 1:
                noise = torch.randn(parameter.shape, generator=generator).to(parameter)
                parameter.copy_(parameter.mean() + noise * parameter.std())
    return random_copy


def slope_similarity(values: np.ndarray, others: np.ndarray, distance: np.ndarray) -> float | None:
    """The mean rank correlation, row by row, of two attributions divided by the distance from the baseline.

    Integrated gradients are distance times average slope; the distance is the same for every model and alone makes
    attributions of a trained and of a random network look alike, above all on images with much background. What is
    left after dividing is the average slope, which is the model's own.

    Args:
        values: (n, ...) of the model.
        others: (n, ...) of the other model.
        distance: (n, ...) x - baseline.

    Returns:
        Between -1 and 1; None where no row has three positions that differ from the baseline and in slope.
    """
    correlations = []
    rows = zip(*(array.reshape(len(values), -1) for array in (values, others, distance)), strict=True)
    for row_values, other_values, away in rows:
        # a position at the baseline has no slope: its attribution is 0 whatever the network does
        is_apart = np.abs(away) > 1e-6 * max(float(np.abs(away).max()), 1e-12)
        slopes, other_slopes = row_values[is_apart] / away[is_apart], other_values[is_apart] / away[is_apart]
        correlations.append(spearman(slopes, other_slopes) if is_apart.sum() >= 3 else None)
    defined = [correlation for correlation in correlations if correlation is not None]
    return float(np.mean(defined)) if defined else None


def spearman(values: np.ndarray, other_values: np.ndarray) -> float | None:
    """Spearman's rank correlation, ties sharing their mean rank; None where either is constant."""
    centred, other_centred = (scipy.stats.rankdata(array) - (len(array) + 1) / 2 for array in (values, other_values))
    scale = float(np.sqrt((centred**2).sum() * (other_centred**2).sum()))
    return float((centred * other_centred).sum() / scale) if scale > 0 else None


def top_agreement(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n,) the share of the strongest positions by |value| that two attributions (n, ...) have in common.

    Strongest are five, or a tenth of the positions where that is more, at most half of them. A row to which one of the
    two gives nothing at all is not agreed on: 0. Where both give nothing there is nothing to agree on: NaN.

    Source: Krishna et al. 2022, The Disagreement Problem in Explainable Machine Learning, arXiv:2202.01602.
    """
    sizes, other_sizes = (np.abs(array.reshape(len(values), -1)) for array in (values, others))
    top = strongest(sizes.shape[1])
    shares = (_top(sizes, top) & _top(other_sizes, top)).sum(axis=1) / top
    is_blank, is_other_blank = ~sizes.any(axis=1), ~other_sizes.any(axis=1)
    return np.where(is_blank & is_other_blank, np.nan, np.where(is_blank | is_other_blank, 0.0, shares))


def strongest(positions: int) -> int:
    """How many positions count as the strongest."""
    # at most half: of few features nearly all would be among the strongest
    return max(1, min(max(5, positions // 10), positions // 2))


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
    radius: float,
    generator: torch.Generator,
) -> np.ndarray:
    """(n,) how far attributions move, relative to their length, under small random changes of the input; 0 or more.

    The largest of three draws, uniform within `radius` times the range of each position over the rows (of all
    positions together for images). Rows without attribution are left out.

    Source: Yeh et al. 2019, On the (In)fidelity and Sensitivity of Explanations, arXiv:1901.09392 (SENS_MAX).
    """
    # columns of a table have units of their own, pixels have one in common
    if encoded.ndim == 2:
        spread = encoded.amax(dim=0) - encoded.amin(dim=0)
    else:
        spread = encoded.max() - encoded.min()
    length = np.linalg.norm(values.reshape(len(values), -1), axis=1)
    worst = np.zeros(len(values))
    for _ in range(DRAWS):
        noise = (2 * torch.rand(encoded.shape, generator=generator) - 1).to(encoded)
        moved = explain(encoded + radius * spread * noise) - values
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


def _top(sizes: np.ndarray, count: int) -> np.ndarray:
    chosen = np.zeros(sizes.shape, dtype=bool)
    np.put_along_axis(chosen, np.argsort(-sizes, axis=1, kind="stable")[:, :count], True, axis=1)
    return chosen
