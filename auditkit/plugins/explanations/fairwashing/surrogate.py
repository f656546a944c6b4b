"""Boosted trees that learn a model's answers on real rows alone."""

from collections.abc import Callable
from typing import NamedTuple

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
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    fold, held_out = np.random.default_rng(0).permutation(len(rows)) % FOLDS, np.empty(len(rows))
    model = HistGradientBoostingRegressor(
        max_iter=100, max_leaf_nodes=15, min_samples_leaf=5, early_stopping=False, random_state=0
    )
    # threads that wait for each other at every split make it many times as slow on a machine that is busy
    with threadpool_limits(1, "openmp"):
        for number in range(FOLDS):
            model.fit(rows[fold != number], answers[fold != number])
            held_out[fold == number] = model.predict(rows[fold == number])
        model.fit(rows, answers)
        values = tree_values(model, x, background, progress)[:, :, 0]
    return Surrogate(values, 1 - float(((answers - held_out) ** 2).mean() / answers.var()))
