"""Where rows lie, so that distances between them match people."""

import numpy as np

FEW_VALUES = 10
"""A column of no more distinct values is matched exactly, as far as the caliper lets it."""


def coordinates(codes: np.ndarray, numeric: np.ndarray) -> np.ndarray:
    """(n, K) coordinates whose squared distances match rows: ranks of numbers, and 2 for each category that differs.

    Args:
        codes: (n, D) rows.
        numeric: (D,) bool: which columns hold numbers.
    """
    parts = []
    for column, number in zip(codes.T, numeric, strict=True):
        values, place, counts = np.unique(column, return_inverse=True, return_counts=True)
        if not number or len(values) <= FEW_VALUES:
            parts.append(np.eye(len(values))[place])
        else:
            # the middle of the ranks of equal values, as a standard score
            rank = (np.cumsum(counts) - counts / 2)[place]
            parts.append(((rank - rank.mean()) / rank.std())[:, None])
    return np.concatenate(parts, axis=1)
