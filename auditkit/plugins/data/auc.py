"""How well one feature, or all of them together, predict a class: the label (leakage) or a group (proxies)."""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.errors import present
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
TREES = 40
"""Of the gradient-boosted model of all features."""


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
    is_missing = np.isnan(column)
    present = column[~is_missing]
    edges = np.unique(present)
    if not discrete and len(edges) > BINS:
        edges = np.unique(np.quantile(present, np.arange(BINS) / BINS))
    # side="right" leaves 0 for what is missing: no value is below the first edge
    return np.where(is_missing, 0, np.searchsorted(edges, np.where(is_missing, 0, column), side="right"))


def folds(target: np.ndarray, rng: np.random.Generator, unit: np.ndarray | None = None) -> np.ndarray:
    """(N,) folds from 0, with every class in its share in each.

    Rows of one of (N,) units are in one fold, or a feature could tell a person by heart; of its classes the rarest
    counts.
    """
    if unit is not None:
        rarity = np.argsort(np.argsort(np.bincount(target), kind="stable"))
        _, place = np.unique(unit, return_inverse=True)
        rarest = np.full(int(place.max()) + 1, len(rarity))
        np.minimum.at(rarest, place, rarity[target])
        return folds(rarest, rng)[place]
    fold = np.empty(len(target), dtype=np.int64)
    for label in np.unique(target):
        rows = np.flatnonzero(target == label)
        # each class begins in another fold, so that the rests of many small classes do not all fall into the first
        fold[rng.permutation(rows)] = (np.arange(len(rows)) + rng.integers(FOLDS)) % FOLDS
    return fold


def one_feature(
    column: np.ndarray,
    target: np.ndarray,
    fold: np.ndarray,
    level: float = 0.95,
    discrete: bool = False,
    unit: np.ndarray | None = None,
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
        unit: (N,) whose row it is, each in one fold; None: each by itself.
    """
    cells = _cells(column, target, fold)
    other_folds = cells.sum(axis=1, keepdims=True) - cells
    shares = _shares(other_folds)[column, fold]
    over_all = strength(shares, target, level, unit)
    is_known = other_folds.sum(axis=2)[column, fold] > 0
    if not discrete or is_known.all():
        return over_all
    counts = np.bincount(target[is_known], minlength=cells.shape[2])
    if is_known.mean() < FEWEST_KNOWN or counts.min() < SMALLEST:
        return over_all
    known = strength(shares[is_known], target[is_known], level, None if unit is None else unit[is_known])
    return max(over_all, known, key=lambda candidate: candidate.auc)


def _cells(column: np.ndarray, target: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """(bins, folds, classes) how many rows."""
    classes, width = int(target.max()) + 1, int(column.max()) + 1
    cells = np.bincount((column * FOLDS + fold) * classes + target, minlength=width * FOLDS * classes)
    return cells.reshape(width, FOLDS, classes).astype(float)


def _shares(counts: np.ndarray) -> np.ndarray:
    """(bins, folds, classes) the share of each class among other rows, drawn towards its share in all bins."""
    prior = counts.sum(axis=0) / counts.sum(axis=(0, 2))[:, None]
    return np.asarray((counts + PRIOR * prior) / (counts.sum(axis=2, keepdims=True) + PRIOR))


def all_features(
    codes: np.ndarray,
    discrete: np.ndarray,
    target: np.ndarray,
    fold: np.ndarray,
    seed: int,
    unit: np.ndarray | None = None,
) -> Strength:
    """How well a gradient-boosted model on all features predicts a class, each row by the models of the other folds.

    Categories of more values than the model can tell apart stand as the class shares of their other rows, as in
    `one_feature`; rows that are held out are in none of these shares.

    Args:
        codes: (N, D) numbers, NaN where missing.
        discrete: (D,) bool: codes of categories.
        target: (N,) classes from 0, at least two.
        fold: (N,) folds from 0.
        seed: for the models.
        unit: (N,) whose row it is, each in one fold; None: each by itself.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    most = min(CATEGORIES, len(codes) / SUPPORT)
    distinct = np.array([len(np.unique(column)) for column in codes.T], dtype=int)
    # scikit-learn refuses more than 255 categories, and a category of a few rows is learnt by heart
    has_many = discrete & (distinct > most)
    columns_of_bins = [binned(codes[:, column], True) for column in np.flatnonzero(has_many)]
    crossed = [_cells(bins, target, fold) for bins in columns_of_bins]
    shares = np.zeros((len(target), int(target.max()) + 1))
    for held_out in range(FOLDS):
        encoded = [
            _without_fold(cells, held_out)[bins, fold, 1:] for cells, bins in zip(crossed, columns_of_bins, strict=True)
        ]
        values = np.hstack([codes[:, ~has_many], *encoded])
        # shares of classes are numbers, whatever they were made from
        categories = np.arange(values.shape[1]) < (~has_many).sum()
        categories[categories] = discrete[~has_many]
        model = HistGradientBoostingClassifier(
            max_iter=TREES, max_leaf_nodes=15, learning_rate=0.2, early_stopping=False, categorical_features=categories,
            random_state=seed,
        )  # fmt: skip
        is_held_out = fold == held_out
        # scikit-learn finds no bins of a column without a value, of which nothing can be learnt
        values[:, np.isnan(values[~is_held_out]).all(axis=0)] = 0
        # threads that wait for each other at every split make it thirty times as slow on a machine that is busy
        with threadpool_limits(1, "openmp"):
            model.fit(values[~is_held_out], target[~is_held_out])
        shares[np.ix_(is_held_out, model.classes_)] = model.predict_proba(values[is_held_out])
    return strength(shares, target, 0.95, unit)


def _without_fold(cells: np.ndarray, held_out: int) -> np.ndarray:
    """(bins, folds, classes) the class shares of a bin's rows outside the fold that is held out and the row's own."""
    # a row that trains must not see itself in its own feature: its own fold is left out as well
    rest = cells.sum(axis=1) - cells[:, held_out]
    counts = rest[:, None] - cells
    counts[:, held_out] = rest
    return _shares(counts)


def strength(shares: np.ndarray, target: np.ndarray, level: float = 0.95, unit: np.ndarray | None = None) -> Strength:
    """The area under the ROC curve of each class against the rest, averaged, with DeLong's interval.

    Args:
        shares: (N, C) what is predicted for each class.
        target: (N,) classes from 0; each occurs.
        level: the confidence of the interval.
        unit: (N,) whose row it is, for Obuchowski's interval; None: each by itself.
    """
    # of two classes the second area would be the first again
    classes = range(1, 2) if shares.shape[1] == 2 else range(shares.shape[1])
    areas = [
        present(stats.auc(shares[:, label], target == label, clusters=unit), "each class occurs") for label in classes
    ]
    value = float(np.mean([area.value for area in areas]))
    error = stats.pooled_error([area.influence for area in areas])
    if unit is None:
        return Strength(value, stats.auc_interval(value, error, float(np.bincount(target).min()), level), error)
    units = np.bincount(np.unique(np.stack([target, unit]), axis=1)[0])
    freedom = min(stats.cluster_freedom(unit[target == label]) for label in range(len(units)))
    return Strength(value, stats.auc_interval(value, error, float(units.min()), level, freedom), error)
