"""How well one feature, or all of them together, predict a class: the label (leakage) or a group (proxies)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.results import Interval

BINS = 64
FOLDS = 5
PRIOR = 1.0
"""Rows' worth of the overall rate that every bin starts with."""


class Strength(NamedTuple):
    """How well something predicts a class, as the area under the ROC curve; one class against the rest, averaged."""

    auc: float
    interval: Interval
    error: float
    """The standard error of the area."""


def binned(column: np.ndarray, discrete: bool) -> np.ndarray:
    """(N,) bins of a column: its categories or distinct values, else quantiles; missing has a bin of its own.

    Args:
        column: (N,) numbers, NaN where missing.
        discrete: True for codes of categories, which have no order.
    """
    missing = np.isnan(column)
    known = column[~missing]
    edges = np.unique(known)
    if not discrete and len(edges) > BINS:
        edges = np.unique(np.quantile(known, np.arange(BINS) / BINS))
    return np.where(missing, 0, np.searchsorted(edges, np.where(missing, 0, column), side="right"))


def folds(target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N,) folds from 0, with every class in its share in each."""
    found = np.empty(len(target), dtype=np.int64)
    for each in np.unique(target):
        rows = np.flatnonzero(target == each)
        found[rng.permutation(rows)] = (np.arange(len(rows)) + rng.integers(FOLDS)) % FOLDS
    return found


def one_feature(column: np.ndarray, target: np.ndarray, fold: np.ndarray, level: float = 0.95) -> Strength:
    """How well a binned feature alone predicts a class, each row by the class shares of its bin in the other folds.

    Finds any relation, not only a rising one; an identifier that repeats in no other fold predicts nothing.

    Args:
        column: (N,) bins from 0.
        target: (N,) classes from 0, at least two.
        fold: (N,) folds from 0.
        level: the confidence of the interval.
    """
    classes, width = int(target.max()) + 1, int(column.max()) + 1
    cells = np.bincount((column * FOLDS + fold) * classes + target, minlength=width * FOLDS * classes)
    cells = cells.reshape(width, FOLDS, classes).astype(float)
    others = cells.sum(axis=1, keepdims=True) - cells
    prior = others.sum(axis=0) / others.sum(axis=(0, 2))[:, None]
    shares = (others + PRIOR * prior) / (others.sum(axis=2, keepdims=True) + PRIOR)
    return strength(shares[column, fold], target, level)


def all_features(codes: np.ndarray, discrete: np.ndarray, target: np.ndarray, fold: np.ndarray, seed: int) -> Strength:
    """How well a gradient-boosted model on all features predicts a class, each row by the models of the other folds.

    Args:
        codes: (N, D) numbers, NaN where missing.
        discrete: (D,) bool: codes of categories.
        target: (N,) classes from 0, at least two.
        fold: (N,) folds from 0.
        seed: for the models.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    few = np.array([discrete[at] and len(np.unique(codes[:, at])) <= 200 for at in range(codes.shape[1])], dtype=bool)
    shares = np.zeros((len(target), int(target.max()) + 1))
    for each in range(FOLDS):
        model = HistGradientBoostingClassifier(
            max_iter=40, max_leaf_nodes=15, learning_rate=0.2, early_stopping=False, categorical_features=few,
            random_state=seed,
        )  # fmt: skip
        held = fold == each
        model.fit(codes[~held], target[~held])
        shares[np.ix_(held, model.classes_)] = model.predict_proba(codes[held])
    return strength(shares, target)


def strength(shares: np.ndarray, target: np.ndarray, level: float = 0.95) -> Strength:
    """The area under the ROC curve of each class against the rest, averaged, with DeLong's interval.

    Args:
        shares: (N, C) what is predicted for each class.
        target: (N,) classes from 0; each occurs.
        level: the confidence of the interval.
    """
    classes = range(1, 2) if shares.shape[1] == 2 else range(shares.shape[1])
    found = [stats.auc(shares[:, each], target == each) for each in classes]
    areas = [each for each in found if each is not None]
    value = float(np.mean([each.value for each in areas]))
    error = stats.pooled_error([each.influence for each in areas])
    smallest = float(np.bincount(target).min())
    return Strength(value, stats.auc_interval(value, error, smallest, level), error)
