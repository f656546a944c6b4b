"""Boosted trees that learn a model's answers on real rows alone."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from auditkit.plugins.explanations.shared.trees import tree_values

FOLDS = 3


class Surrogate(NamedTuple):
    """What the trees make of the rows, and how well they know the model."""

    values: np.ndarray
    """(n, D) their interventional Shapley values."""
    explained: float
    """R2 on rows held out: 1 where they answer as the model does; below 0 they are worse than its mean."""


def surrogate(
    rows: np.ndarray,
    answers: np.ndarray,
    x: np.ndarray,
    background: np.ndarray,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> Surrogate:
    """Fit the trees, and explain them as the model is explained.

    Args:
        rows: (N, D) real rows, as codes.
        answers: (N,) of the model about them.
        x: (n, D) rows to explain.
        background: (B, D) rows to compare with.
        progress: told between rows.

    Raises:
        MissingExtra: shap is not installed.
    """
    from threadpoolctl import threadpool_limits

    expected, model = held_out(rows, answers), _trees()
    with threadpool_limits(1, "openmp"):
        model.fit(rows, answers)
        values = tree_values(model, x, background, progress)[:, :, 0]
    return Surrogate(values, 1 - float(((answers - expected) ** 2).mean() / answers.var()))


def held_out(rows: np.ndarray, answers: np.ndarray, learnt: np.ndarray | None = None) -> np.ndarray:
    """(N,) what trees that learnt from other rows expect of each row.

    Args:
        rows: (N, D).
        answers: (N,) about them.
        learnt: (N,) bool: of which rows they learn; None: of all. The others are given the mean of all trees.
    """
    from threadpoolctl import threadpool_limits

    places = np.flatnonzero(np.ones(len(rows), dtype=bool) if learnt is None else learnt)
    fold = np.full(len(rows), -1)
    fold[places] = np.random.default_rng(0).permutation(len(places)) % FOLDS
    expected, model = np.zeros(len(rows)), _trees()
    # threads that wait for each other at every split make it many times as slow on a machine that is busy
    with threadpool_limits(1, "openmp"):
        for number in range(FOLDS):
            is_learnt = (fold >= 0) & (fold != number)
            model.fit(rows[is_learnt], answers[is_learnt])
            asked = (fold < 0) | (fold == number)
            expected[asked] += model.predict(rows[asked]) / np.where(fold[asked] < 0, FOLDS, 1)
    return expected


def _trees() -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=100, max_leaf_nodes=15, min_samples_leaf=5, early_stopping=False, random_state=0
    )
