"""Classifiers that auditkit fits itself: attackers and references that never see the model under audit."""

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from auditkit.plugins.privacy.shared.features import TEXT, expand

Probabilities: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""Prepared rows to (n, count) probabilities."""
WIDE = 200
"""From so many features on a linear model stands in for trees: these would take minutes."""
FOLDS = 5


def blind_scores(
    values: np.ndarray, category: np.ndarray, labels: np.ndarray, member: np.ndarray, seed: int, unit: np.ndarray
) -> np.ndarray:
    """(N,) how much each row looks like a member to a classifier that sees inputs and label and never the model.

    Cross-validated: no row is scored by a classifier that was told whether it is a member. Das, Zhang and Tramèr
    (2024), Blind Baselines Beat Membership Inference Attacks for Foundation Models, arXiv:2406.16201.

    Args:
        values: (N, F) inputs of members and others, NaN where missing.
        category: (F,) as in `features.Plain`.
        labels: (N,) class positions.
        member: (N,) bool, at least `FOLDS` of each.
        seed: of the folds.
        unit: (N,) whose row it is: no person is in two folds.
    """
    both = prepare(np.column_stack([values, labels]), np.append(category, True))
    return out_of_fold(both, member.astype(np.int64), 2, seed, unit)[:, 1]


def out_of_fold(
    values: np.ndarray, classes: np.ndarray, count: int, seed: int, unit: np.ndarray, folds: int = FOLDS
) -> np.ndarray:  # fmt: skip
    """(N, C) probabilities of each row from a classifier that was fitted without it.

    Args:
        values: (N, F), prepared.
        classes: (N,) positions, under `count`.
        count: how many classes there are.
        seed: of the folds.
        unit: (N,) whose row it is: the rows of a person are held out together.
        folds: how many.
    """
    from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold

    fewest, persons = int(np.bincount(classes)[np.unique(classes)].min()), len(np.unique(unit))
    several = persons < len(unit)  # somebody has several rows
    kind = StratifiedGroupKFold if several else StratifiedKFold if fewest >= folds else KFold
    splits = kind(min(folds, persons), shuffle=True, random_state=seed % 2**32)
    chances = np.zeros((len(values), count))
    for fitted_rows, held_out in splits.split(values, classes, unit if several else None):
        chances[held_out] = fitted(values[fitted_rows], classes[fitted_rows], count, seed)(values[held_out])
    return chances


def prepare(values: np.ndarray, category: np.ndarray) -> np.ndarray:
    """What `fitted` takes: as they are for trees, expanded for the linear model of wide inputs; no free text."""
    kept = category != TEXT
    if not kept.any():
        return np.zeros((len(values), 1))  # what all rows share: nothing can be learnt from it
    return expand(values, category) if kept.sum() > WIDE else values[:, kept]


def fitted(values: np.ndarray, classes: np.ndarray, count: int, seed: int) -> Probabilities:
    """A function from prepared rows to (n, count) probabilities: boosted trees, or a linear model for wide inputs."""
    # what `prepare` expanded has no gaps, and no fewer columns than were wide before
    fit = fit_linear if values.shape[1] > WIDE else functools.partial(_fit_trees, seed=seed)
    return probabilities(values, classes, count, fit)


def probabilities(values: np.ndarray, classes: np.ndarray, count: int, fit: Callable[..., Any]) -> Probabilities:
    """A function from rows to (n, count) probabilities; where one class alone is there, it is certain.

    Args:
        values: (N, F) to fit on.
        classes: (N,) positions, under `count`.
        count: how many classes there are.
        fit: takes both, gives an estimator of scikit-learn.
    """
    present = np.unique(classes)
    if len(present) == 1:  # scikit-learn refuses to fit one class
        return lambda rows: np.eye(count)[np.full(len(rows), present[0])]
    model = fit(values, classes)

    def answer(rows: np.ndarray) -> np.ndarray:
        chances = np.zeros((len(rows), count))
        chances[:, present] = model.predict_proba(rows)
        return chances

    return answer


def fit_linear(values: np.ndarray, classes: np.ndarray) -> Any:
    """A regularised logistic regression on rows without gaps."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    # a reference that has not quite converged is a reference still
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        return LogisticRegression(C=0.1, max_iter=300).fit(values, classes)


def _fit_trees(values: np.ndarray, classes: np.ndarray, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    # scikit-learn finds no bins of a column without a value, of which nothing can be learnt
    values = np.where(np.isnan(values).all(axis=0), 0.0, values)
    return HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=15, min_samples_leaf=20, early_stopping=False, random_state=seed % 2**32
    ).fit(values, classes)
