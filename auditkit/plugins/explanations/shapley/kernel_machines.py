"""Exact Shapley values where the kernel is a product over columns: RBF support vectors and Gaussian processes."""

import math
from typing import Any, NamedTuple

import numpy as np

from auditkit.plugins.explanations.shared.case import Progress
from auditkit.plugins.explanations.shared.permutation import CELLS

MOST = 3 * 10**9
"""Numbers multiplied, about a minute; beyond it the model is asked."""


class KernelMachine(NamedTuple):
    """Adds up weight · exp(-sum over columns of precision · (value - centre)²) over J centres, and a constant."""

    centres: np.ndarray
    """(J, E) float64."""
    weights: np.ndarray
    """(J, K)"""
    precisions: np.ndarray
    """(E,)"""


def kernel_machine(final: Any) -> KernelMachine | None:
    """The RBF machine in a fitted estimator of scikit-learn; None where there is none.

    Read are SVC of two classes, SVR and their nu variants, KernelRidge, and GaussianProcessRegressor whose kernel is an
    RBF, also times a constant and plus noise.
    """
    if getattr(final, "kernel", None) == "rbf" and hasattr(final, "support_vectors_"):
        weights = dense_rows(final.dual_coef_)
        centres = dense_rows(final.support_vectors_)
        return None if len(weights) > 1 else KernelMachine(centres, weights.T, np.full(centres.shape[1], final._gamma))
    if getattr(final, "kernel", None) == "rbf" and hasattr(final, "X_fit_"):
        centres, weights = dense_rows(final.X_fit_), np.asarray(final.dual_coef_, dtype=np.float64)
        gamma = 1 / centres.shape[1] if final.gamma is None else final.gamma
        return KernelMachine(centres, weights.reshape(len(centres), -1), np.full(centres.shape[1], gamma))
    if hasattr(final, "alpha_") and hasattr(final, "kernel_") and hasattr(final, "X_train_"):
        size, lengths = _radial(final.kernel_)
        if lengths is not None:
            centres = np.asarray(final.X_train_, dtype=np.float64)
            weights = np.asarray(final.alpha_).reshape(len(centres), -1) * final._y_train_std * size
            return KernelMachine(centres, weights, 0.5 / np.broadcast_to(lengths, centres.shape[1:]) ** 2)
    return None


def dense_rows(rows: Any) -> np.ndarray:
    """A matrix, which may be sparse, as float64."""
    return np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, dtype=np.float64)


def _radial(kernel: Any) -> tuple[float, Any]:
    """Size and lengths of an RBF kernel, lengths None for any other."""
    name = type(kernel).__name__
    if name == "RBF":
        return 1.0, kernel.length_scale
    if name == "Product":
        for constant, other in ((kernel.k1, kernel.k2), (kernel.k2, kernel.k1)):
            if type(constant).__name__ == "ConstantKernel":
                size, lengths = _radial(other)
                return size * constant.constant_value, lengths
    if name == "Sum" and type(kernel.k2).__name__ == "WhiteKernel":
        # noise is of a row with itself, and no row that is asked about is one that was learnt from
        return _radial(kernel.k1)
    return 0.0, None


def kernel_values(
    machine: KernelMachine, x: np.ndarray, background: np.ndarray, owners: np.ndarray, columns: int, progress: Progress
) -> np.ndarray:
    """(n, D, K) interventional Shapley values, exact for this background.

    Of a row, a background row and a centre, a coalition's value is the product of the players' factors: p of those
    inside, q of those outside. In a random order a player comes at a moment t in [0, 1], and each other one is there
    before with probability t: player i gets (p_i - q_i) times the integral of the product over the others of
    t p + (1 - t) q. It is a polynomial in t, which Gauss and Legendre's points integrate exactly.

    Args:
        machine: the model.
        x: (n, E) encoded rows to explain.
        background: (B, E) encoded rows to compare with.
        owners: (E,) the player of each encoded column; -1 for one that is the same in all rows.
        columns: how many players there are, D.
        progress: told after each row.

    Raises:
        ValueError: it would take longer than asking the model.

    Source: Owen 1972, Multilinear extensions of games (the integral); the game is that of all other methods here.
    """
    points, shares = np.polynomial.legendre.leggauss(math.ceil(columns / 2))
    work = len(x) * len(background) * columns * len(machine.centres) * len(points)
    if work > MOST:
        raise ValueError(f"{len(machine.centres):,} centres take longer than asking the model")
    moments, shares = (points + 1) / 2, shares / 2
    of_rows, of_background = (_factors(machine, rows, owners, columns) for rows in (x, background))
    fixed = _factors(machine, background[:1], np.where(owners < 0, 0, -1), 1)[0, 0]
    at_once = max(1, CELLS // (columns * len(machine.centres)))
    values = np.zeros((len(x), columns, machine.weights.shape[1]))
    for row, inside in enumerate(of_rows):
        for start in range(0, len(background), at_once):
            outside = of_background[start : start + at_once]
            others = sum(
                share * _without_each(moment * inside + (1 - moment) * outside)
                for moment, share in zip(moments, shares, strict=True)
            )
            values[row] += ((inside - outside) * others).sum(axis=0) * fixed @ machine.weights
        progress(row + 1, len(x), "rows explained")
    return values / len(background)


def _factors(machine: KernelMachine, rows: np.ndarray, owners: np.ndarray, columns: int) -> np.ndarray:
    """(m, D, J) what each player's columns multiply the kernel by."""
    powers = np.zeros((len(rows), columns, len(machine.centres)))
    for column in np.flatnonzero(owners >= 0):
        apart = rows[:, column, None] - machine.centres[:, column]
        powers[:, owners[column]] -= machine.precisions[column] * apart**2
    return np.exp(powers)


def _without_each(factors: np.ndarray) -> np.ndarray:
    """(m, D, J) products over all players but one; nothing is divided by, for factors may be 0."""
    before, after = np.ones_like(factors), np.ones_like(factors)
    np.cumprod(factors[:, :-1], axis=1, out=before[:, 1:])
    after[:, :-1] = np.cumprod(factors[:, :0:-1], axis=1)[:, ::-1]
    return before * after
