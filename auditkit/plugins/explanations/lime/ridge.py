"""Weighted ridge regression in closed form, for all outputs at once."""

from typing import NamedTuple

import numpy as np

ALPHA = 1.0
"""The penalty of lime's ridge."""


class Fit(NamedTuple):
    """A local linear model of each output."""

    coefficients: np.ndarray
    """(P, K)."""
    intercepts: np.ndarray
    """(K,)."""
    r2: np.ndarray
    """(K,) weighted R2, at most 1; NaN where an output is the same for all neighbours."""


def ridge(features: np.ndarray, weights: np.ndarray, outputs: np.ndarray) -> Fit:
    """Weighted ridge regression with a free intercept: what scikit-learn's Ridge(alpha=1) gives.

    Args:
        features: (N, P).
        weights: (N,) of the neighbours, 0 or more.
        outputs: (N, K).
    """
    shift = outputs.mean(axis=0)
    sides = np.column_stack([features, np.ones(len(features)), outputs - shift]) * np.sqrt(weights)[:, None]
    return solve(sides.T @ sides, features.shape[1], shift)


def solve(product: np.ndarray, width: int, shift: np.ndarray) -> Fit:
    """The same from the weighted products of all columns with each other, which one multiplication gives.

    Args:
        product: (P + 1 + K, P + 1 + K) of P features, a column of ones and K outputs, in this order.
        width: P.
        shift: (K,) what was taken off the outputs; near their mean, so that nothing is lost to rounding.
    """
    total, sums = float(product[width, width]), product[width]
    centred = product - np.outer(sums, sums) / total
    gram, moments, spread = centred[:width, :width], centred[:width, width + 1 :], np.diag(centred)[width + 1 :]
    coefficients = np.linalg.solve(gram + ALPHA * np.eye(width), moments)
    missed = spread - 2 * (coefficients * moments).sum(axis=0) + (coefficients * (gram @ coefficients)).sum(axis=0)
    moves = spread > 1e-12 * total * np.maximum(1.0, np.abs(shift)) ** 2
    r2 = 1 - np.divide(missed, spread, out=np.full(len(spread), np.nan), where=moves)
    means = sums / total
    return Fit(coefficients, shift + means[width + 1 :] - means[:width] @ coefficients, r2)
