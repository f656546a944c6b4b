"""Exact Shapley values of tree ensembles, by shap on ranks."""

import warnings
from typing import Any

import numpy as np

from auditkit.errors import require
from auditkit.plugins.explanations.shared.case import Progress

AT_ONCE = 10
"""Rows that shap explains between two words of progress."""
NODES = 32_000
"""shap walks trees with 16-bit node numbers."""


def tree_values(final: Any, x: np.ndarray, background: np.ndarray, progress: Progress) -> np.ndarray:
    """(n, D, K) exact interventional Shapley values of a tree ensemble's margins, or of its probabilities (forests).

    shap compares in float32, which puts a value that equals a float64 threshold on the wrong side (histogram boosting
    cuts at values of the data); so values and thresholds are replaced by their ranks, which changes no comparison. All
    of the background is used, where shap would draw 100 rows of it.

    Source: Lundberg et al. 2020, "From local explanations to global understanding with explainable AI for trees".

    Raises:
        ValueError: the trees split on categories, or are too large for shap.
    """
    # matplotlib, which shap imports, warns of itself
    with warnings.catch_warnings(action="ignore"):
        shap = require("shap", "shap")
    # max_samples, for shap draws 100 rows otherwise without a word
    masker = shap.maskers.Independent(background, max_samples=len(background))
    explainer = shap.TreeExplainer(final, masker, feature_perturbation="interventional")
    trees = explainer.model
    if np.any(trees.threshold_types[trees.children_left >= 0]) or np.any(getattr(final, "is_categorical_", None)):
        raise ValueError("the trees split on categories")
    if trees.thresholds.shape[1] > NODES:
        raise ValueError(f"a tree has more than {NODES} nodes")
    x_ranks, background_ranks = _to_ranks(trees, x), _to_ranks(trees, background)
    trees.thresholds = _threshold_ranks(trees)
    explainer.data, explainer.data_missing = background_ranks, np.isnan(background_ranks)
    parts = []
    for start in range(0, len(x), AT_ONCE):
        # additivity is looked at on the model's own answers by the caller; shap's check would only end the explanation
        part = explainer.shap_values(x_ranks[start : start + AT_ONCE], check_additivity=False)
        parts.append(np.asarray(part, dtype=np.float64))
        progress(min(start + AT_ONCE, len(x)), len(x), "rows explained")
    values = np.concatenate(parts)
    return values if values.ndim == 3 else values[:, :, None]


def _thresholds(trees: Any, column: int) -> np.ndarray:
    return np.unique(trees.thresholds[(trees.features == column) & (trees.children_left >= 0)])


def _to_ranks(trees: Any, x: np.ndarray) -> np.ndarray:
    """How many thresholds of its column each value is above: x <= t where and only where rank(x) <= rank(t)."""
    compared = x.astype(trees.input_dtype)
    ranked = np.empty(x.shape)
    for column in range(x.shape[1]):
        # in the type in which the trees themselves compare, so that a value falls on the side where the model puts it
        positions = np.searchsorted(_thresholds(trees, column), compared[:, column], side="left")
        ranked[:, column] = np.where(np.isnan(compared[:, column]), np.nan, positions)
    return ranked


def _threshold_ranks(trees: Any) -> np.ndarray:
    ranked = np.zeros_like(trees.thresholds)
    for column in np.unique(trees.features[trees.children_left >= 0]):
        inner = (trees.features == column) & (trees.children_left >= 0)
        ranked[inner] = np.searchsorted(_thresholds(trees, column), trees.thresholds[inner], side="left")
    return ranked
