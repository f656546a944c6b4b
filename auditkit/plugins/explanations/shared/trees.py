"""Exact Shapley values of tree ensembles, on the arrays that shap reads of them."""

import warnings
from typing import Any

import numpy as np

from auditkit.errors import require
from auditkit.plugins.explanations.shared.case import Progress
from auditkit.plugins.explanations.shared.columns import gather
from auditkit.plugins.explanations.shared.tree_paths import path_values
from auditkit.plugins.explanations.shared.tree_walk import MISSING, Tree

PAIRS_OF_A_LEAF = 20
"""Pairs of a row and a background row that shap walks in the time that one leaf takes."""
AT_ONCE = 10
"""Rows that shap explains between two words of progress."""
NODES = 32_000
"""shap walks trees with 16-bit node numbers."""


def tree_values(
    final: Any,
    x: np.ndarray,
    background: np.ndarray,
    progress: Progress,
    owners: np.ndarray | None = None,
    columns: int | None = None,
) -> np.ndarray:
    """(n, D, K) exact interventional Shapley values of a tree ensemble's margins, or of its probabilities (forests).

    shap reads the trees of each library. They are gone through leaf by leaf, which also gives values of groups of
    columns, to rounding; where there are more leaves than pairs of rows, shap's own walk is quicker, to 1e-7.

    Args:
        final: the fitted ensemble.
        x: (n, E) encoded rows to explain.
        background: (B, E) encoded rows to compare with.
        progress: told after each tree, or some rows.
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
    if _is_quicker_by_shap(trees, x, background, owners):
        return gather(_by_shap(final, x, background, thresholds, progress), owners, players)
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


def _is_quicker_by_shap(trees: Any, x: np.ndarray, background: np.ndarray, owners: np.ndarray) -> bool:
    """Whether leaves are many beside pairs of rows, no column is several, and shap can walk the trees.

    Its time grows with pairs of rows, that of the leaves with leaves; measured on forests of 30 to 4,000 leaves a tree.
    """
    own = owners[owners >= 0]
    leaves = ((trees.children_left < 0) & (np.arange(trees.values.shape[1]) < trees.num_nodes[:, None])).sum()
    many = leaves / len(trees.values) * PAIRS_OF_A_LEAF > len(x) * len(background)
    return bool(many and len(np.unique(own)) == len(own) and x.dtype == np.uint16 and trees.values.shape[1] <= NODES)


def _by_shap(
    final: Any, x: np.ndarray, background: np.ndarray, thresholds: np.ndarray, progress: Progress
) -> np.ndarray:
    """(n, E, K) values by shap's TreeExplainer on ranks, which its comparisons in float32 put on the right side."""
    shap = require("shap", "shap")
    rows, others = (np.where(ranks == MISSING, np.nan, ranks.astype(np.float64)) for ranks in (x, background))
    # max_samples, for shap draws 100 rows otherwise without a word
    masker = shap.maskers.Independent(others, max_samples=len(others))
    explainer = shap.TreeExplainer(final, masker, feature_perturbation="interventional")
    explainer.model.thresholds = thresholds.astype(np.float64)
    explainer.data, explainer.data_missing = others, np.isnan(others)
    parts = []
    for start in range(0, len(rows), AT_ONCE):
        # additivity is looked at on the model's own answers by the caller; shap's check would only end the explanation
        part = explainer.shap_values(rows[start : start + AT_ONCE], check_additivity=False)
        parts.append(np.asarray(part, dtype=np.float64))
        progress(min(start + AT_ONCE, len(rows)), len(rows), "rows explained")
    values = np.concatenate(parts)
    return values if values.ndim == 3 else values[:, :, None]


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
