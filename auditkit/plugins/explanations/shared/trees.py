"""Exact Shapley values of tree ensembles, on the arrays that shap reads of them."""

import warnings
from typing import Any

import numpy as np

from auditkit.errors import require
from auditkit.plugins.explanations.shared.case import Progress
from auditkit.plugins.explanations.shared.tree_paths import path_values
from auditkit.plugins.explanations.shared.tree_walk import MISSING, Tree


def tree_values(
    final: Any,
    x: np.ndarray,
    background: np.ndarray,
    progress: Progress,
    owners: np.ndarray | None = None,
    columns: int | None = None,
) -> np.ndarray:
    """(n, D, K) exact interventional Shapley values of a tree ensemble's margins, or of its probabilities (forests).

    shap reads the trees of each library. Its own values are not taken: it compares in float32, which puts a value that
    equals a float64 threshold on the wrong side, gives no values of groups of columns, and takes time for every
    background row.

    Args:
        final: the fitted ensemble.
        x: (n, E) encoded rows to explain.
        background: (B, E) encoded rows to compare with.
        progress: told after each tree.
        owners: (E,) the original column of each encoded one, -1 for none; each is its own unless given. Columns of one
            owner are in a coalition together.
        columns: how many original columns there are, D; E unless given.

    Raises:
        ValueError: the trees split on categories, or a path asks about more than 62 columns.
    """
    trees = read_trees(final)
    # in the type in which the trees themselves compare, so that a value falls on the side where the model puts it
    x, background = (rows.astype(trees.input_dtype).astype(np.float64) for rows in (x, background))
    x, background, thresholds = _ranked(trees, x, background)
    owners = np.arange(x.shape[1]) if owners is None else owners
    players = x.shape[1] if columns is None else columns
    # boosting that stopped early answers by its first trees
    used = len(trees.values) if trees.tree_limit is None else min(trees.tree_limit, len(trees.values))
    values = np.zeros((len(x), players, trees.values.shape[2]))
    for number in range(used):
        tree = Tree(
            trees.children_left[number], trees.children_right[number], trees.children_default[number],
            trees.features[number], thresholds[number], trees.values[number],
        )  # fmt: skip
        values += path_values(tree, x, background, owners, players)
        progress(number + 1, used, "trees explained")
    return values


def read_trees(final: Any) -> Any:
    """The arrays of an ensemble's trees, as shap reads them.

    Raises:
        ValueError: the trees split on categories.
    """
    # matplotlib, which shap imports, warns of itself
    with warnings.catch_warnings(action="ignore"):
        shap = require("shap", "shap")
    trees = shap.TreeExplainer(final).model
    # HistGradientBoosting says which columns are categories, XGBoost and CatBoost their places
    categories = getattr(final, "is_categorical_", None), trees.cat_feature_indices
    splits = trees.threshold_types[trees.children_left >= 0]
    if np.any(splits) or np.any(categories[0]) or (categories[1] is not None and len(categories[1])):
        raise ValueError("the trees split on categories")
    return trees


def _ranked(trees: Any, x: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and thresholds as ranks among the thresholds of their column, which are short and so quick to compare.

    A value is at or under a threshold where and only where its rank is. As they are where a column has too many.
    """
    inner, thresholds = trees.children_left >= 0, np.zeros(trees.thresholds.shape, dtype=np.uint16)
    ranks = [np.zeros(rows.shape, dtype=np.uint16) for rows in (x, background)]
    for column in np.unique(trees.features[inner]):
        own = inner & (trees.features == column)
        cuts = np.unique(trees.thresholds[own])
        if len(cuts) >= MISSING:
            return x, background, trees.thresholds
        thresholds[own] = np.searchsorted(cuts, trees.thresholds[own])
        for rows, ranked in zip((x, background), ranks, strict=True):
            place = np.searchsorted(cuts, rows[:, column], side="left")
            ranked[:, column] = np.where(np.isnan(rows[:, column]), MISSING, place)
    return ranks[0], ranks[1], thresholds
