"""What weights make of rows: their mean, and how many rows of equal weight tell as much."""

import numpy as np

FEW = 30
"""Rows under which values that do not vary say nothing about how much they might."""


def weighted_mean(values: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The mean of (n,) values, weighted where there are weights."""
    return float(values.mean()) if weights is None else float(np.dot(weights, values) / weights.sum())


def effective_size(weights: np.ndarray | float, people: np.ndarray | None = None) -> float:
    """How many rows of equal weight hold as much information: (sum of weights)^2 / sum of squares; 0 for none.

    Args:
        weights: (n,) not negative, or the number of rows where all weigh the same.
        people: (n,) how many rows of that weight there are; None: one of each.

    Source: Kish (1965), Survey sampling.
    """
    if not isinstance(weights, np.ndarray):
        return float(weights)
    many = 1 if people is None else people
    squares = float(np.sum(many * weights**2))
    return float(np.sum(many * weights)) ** 2 / squares if squares > 0 else 0.0
