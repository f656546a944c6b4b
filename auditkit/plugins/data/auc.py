"""How well one feature, or all of them together, predict a class: the label (leakage) or a group (proxies)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.results import Interval

BINS = 64
FOLDS = 5
SMALLEST = 4 * FOLDS
"""Rows of a class under which it is left out of a search."""
CATEGORIES = 200
"""Categories of one feature that a gradient-boosted model tells apart, at most."""
FEWEST_KNOWN = 1 / 3
"""Share of rows whose category occurs in another fold, for these to be tried by themselves: two in five do where half
of the rows have a category of their own, and the others one for every two."""
SUPPORT = 50
"""Rows for each category that it needs for that."""
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
    array = np.empty(len(target), dtype=np.int64)
    for each in np.unique(target):
        rows = np.flatnonzero(target == each)
        array[rng.permutation(rows)] = (np.arange(len(rows)) + rng.integers(FOLDS)) % FOLDS
    return array


def one_feature(
    column: np.ndarray, target: np.ndarray, fold: np.ndarray, level: float = 0.95, discrete: bool = False
) -> Strength:
    """How well a binned feature alone predicts a class, each row by the class shares of its bin in the other folds.

    Finds any relation, not only a rising one; an identifier that repeats in no other fold predicts nothing. Of
    categories, those rows whose value occurs in another fold are tried by themselves too, and the larger area is taken:
    the rest cannot be predicted, whatever the values mean.

    Args:
        column: (N,) bins from 0.
        target: (N,) classes from 0, at least two.
        fold: (N,) folds from 0.
        level: the confidence of the interval.
        discrete: whether the bins are categories.
    """
    cells = _cells(column, target, fold)
    others = cells.sum(axis=1, keepdims=True) - cells
    shares = _shares(others)[column, fold]
    whole = strength(shares, target, level)
    known = others.sum(axis=2)[column, fold] > 0
    if not discrete or known.all():
        return whole
    counts = np.bincount(target[known], minlength=cells.shape[2])
    if known.mean() < FEWEST_KNOWN or counts.min() < SMALLEST:
        return whole
    return max(whole, strength(shares[known], target[known], level), key=lambda each: each.auc)


def _cells(column: np.ndarray, target: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """(bins, folds, classes) how many rows."""
    classes, width = int(target.max()) + 1, int(column.max()) + 1
    cells = np.bincount((column * FOLDS + fold) * classes + target, minlength=width * FOLDS * classes)
    return cells.reshape(width, FOLDS, classes).astype(float)


def _shares(others: np.ndarray) -> np.ndarray:
    """(bins, folds, classes) the share of each class among other rows, drawn towards its share in all bins."""
    prior = others.sum(axis=0) / others.sum(axis=(0, 2))[:, None]
    shares: np.ndarray = (others + PRIOR * prior) / (others.sum(axis=2, keepdims=True) + PRIOR)
    return shares


def all_features(codes: np.ndarray, discrete: np.ndarray, target: np.ndarray, fold: np.ndarray, seed: int) -> Strength:
    """How well a gradient-boosted model on all features predicts a class, each row by the models of the other folds.

    Categories of more values than the model can tell apart stand as the class shares of their other rows, as in
    `one_feature`; rows that are held out are in none of these shares.

    Args:
        codes: (N, D) numbers, NaN where missing.
        discrete: (D,) bool: codes of categories.
        target: (N,) classes from 0, at least two.
        fold: (N,) folds from 0.
        seed: for the models.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    most = min(CATEGORIES, len(codes) / SUPPORT)
    many = np.array([discrete[at] and len(np.unique(codes[:, at])) > most for at in range(codes.shape[1])], dtype=bool)
    places = [binned(codes[:, at], True) for at in np.flatnonzero(many)]
    crossed = [_cells(place, target, fold) for place in places]
    shares = np.zeros((len(target), int(target.max()) + 1))
    for index in range(FOLDS):
        spoken = [_without_fold(cells, index)[place, fold, 1:] for cells, place in zip(crossed, places, strict=True)]
        values = np.hstack([codes[:, ~many], *spoken])
        categories = np.arange(values.shape[1]) < (~many).sum()
        categories[categories] = discrete[~many]
        model = HistGradientBoostingClassifier(
            max_iter=40, max_leaf_nodes=15, learning_rate=0.2, early_stopping=False, categorical_features=categories,
            random_state=seed,
        )  # fmt: skip
        held = fold == index
        model.fit(values[~held], target[~held])
        shares[np.ix_(held, model.classes_)] = model.predict_proba(values[held])
    return strength(shares, target)


def _without_fold(cells: np.ndarray, held: int) -> np.ndarray:
    """(bins, folds, classes) the class shares of a bin's rows outside the fold that is held out and the row's own."""
    rest = cells.sum(axis=1) - cells[:, held]
    others = rest[:, None] - cells
    others[:, held] = rest
    return _shares(others)


def strength(shares: np.ndarray, target: np.ndarray, level: float = 0.95) -> Strength:
    """The area under the ROC curve of each class against the rest, averaged, with DeLong's interval.

    Args:
        shares: (N, C) what is predicted for each class.
        target: (N,) classes from 0; each occurs.
        level: the confidence of the interval.
    """
    classes = range(1, 2) if shares.shape[1] == 2 else range(shares.shape[1])
    aucs = [stats.auc(shares[:, label], target == label) for label in classes]
    areas = [each for each in aucs if each is not None]
    value = float(np.mean([area.value for area in areas]))
    error = stats.pooled_error([area.influence for area in areas])
    smallest = float(np.bincount(target).min())
    return Strength(value, stats.auc_interval(value, error, smallest, level), error)
