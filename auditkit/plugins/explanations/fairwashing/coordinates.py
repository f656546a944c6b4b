"""Where rows lie, so that distances between them match people."""

from collections.abc import Sequence

import numpy as np

from auditkit.data.schema import FeatureSchema

FEW_VALUES = 10
"""A column of no more distinct values is matched exactly, as far as the caliper lets it."""


def coordinates(codes: np.ndarray, schema: Sequence[FeatureSchema]) -> np.ndarray:
    """(n, K) coordinates whose squared distances match rows: ranks of numbers, and 2 for each category that differs."""
    parts = []
    for column, feature in zip(codes.T, schema, strict=True):
        values, place, counts = np.unique(column, return_inverse=True, return_counts=True)
        if not feature.numeric or len(values) <= FEW_VALUES:
            parts.append(np.eye(len(values))[place])
        else:
            # the middle of the ranks of equal values, as a standard score
            rank = (np.cumsum(counts) - counts / 2)[place]
            parts.append(((rank - rank.mean()) / rank.std())[:, None])
    return np.concatenate(parts, axis=1)
