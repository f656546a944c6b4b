"""Of very many groups, the pairs whose gap can be the widest at some threshold: the others need no look."""

from collections.abc import Sequence

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.scores.sweep import Part, blocks

FEW = stats.PAIRWISE * (stats.PAIRWISE - 1) // 2
"""Pairs up to which all are looked at."""


def leading(
    parts: Sequence[Part], thresholds: np.ndarray, pairs: Sequence[stats.Pairs], radius: Sequence[np.ndarray]
) -> list[stats.Pairs]:
    """For each of the rates, pairs among which are those of the widest gap and of both ends of its interval.

    Args:
        parts: the rates.
        thresholds: (T,) ascending.
        pairs: for each of the rates, all pairs of some groups, or those of one with the others.
        radius: for each of the rates, (k,) how far the interval of each group reaches to either side.
    """
    return [
        compared if len(compared[0]) <= FEW or len(compared[0]) < len(np.unique(compared))
        else _leading(part, thresholds, np.unique(compared), width)
        for part, compared, width in zip(parts, pairs, radius, strict=True)
    ]  # fmt: skip


def _leading(part: Part, thresholds: np.ndarray, groups: np.ndarray, radius: np.ndarray) -> stats.Pairs:
    """The pairs of `groups` that are farthest apart at some threshold, as they are and with a radius off or on."""
    ends = np.zeros((0, 2), dtype=np.int64)
    for block in blocks(thresholds, len(part.groups)):
        rates = part.rates(block)[groups]
        for shift in (-radius[groups, None], 0.0, radius[groups, None]):
            # Two of each, as a group of a wide radius may be both the highest and the lowest.
            highest = np.argpartition(rates + shift, -2, axis=0)[-2:]
            lowest = np.argpartition(rates - shift, 1, axis=0)[:2]
            for high in highest:
                for low in lowest:
                    both = np.sort(np.stack([groups[high], groups[low]], axis=1), axis=1)
                    ends = np.unique(np.concatenate([ends, both]), axis=0)
    ends = ends[ends[:, 0] < ends[:, 1]]
    return ends[:, 0], ends[:, 1]
