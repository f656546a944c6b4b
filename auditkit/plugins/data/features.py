"""The features of a table as numbers, and a class to predict from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditkit.plugins.data import predicting
from auditkit.plugins.data.predicting import Strength

if TYPE_CHECKING:
    from auditkit.data import AuditData


@dataclass(frozen=True)
class Features:
    """Features as (N, D) codes."""

    names: tuple[str, ...]
    codes: np.ndarray
    """(N, D) float64, NaN where missing."""
    discrete: np.ndarray
    """(D,) bool: codes of categories, which have no order."""

    @classmethod
    def of(cls, data: AuditData) -> Features:
        """The features of a table or of an array (N, D)."""
        kinds = {feature.name: feature.numeric for feature in data.schema}
        names = data.feature_names
        return cls(names, data.codes(), np.array([not kinds.get(name, True) for name in names], dtype=bool))

    def without(self, names: tuple[str, ...]) -> Features:
        """The same less some features."""
        kept = np.array([name not in names for name in self.names], dtype=bool)
        left = tuple(name for name in self.names if name not in names)
        return Features(left, self.codes[:, kept], self.discrete[kept])

    def take(self, rows: np.ndarray) -> Features:
        """Some of the rows."""
        return replace(self, codes=self.codes[rows])

    def planted(self, column: np.ndarray) -> Features:
        """One more feature, in front."""
        codes = np.column_stack([column.astype(float), self.codes])
        return Features(("planted", *self.names), codes, np.append(True, self.discrete))


def each_alone(
    features: Features, target: np.ndarray, rng: np.random.Generator, level: float = 0.95
) -> dict[str, Strength]:
    """{feature: how well it alone predicts the class}, the strongest first.

    Args:
        features: N rows.
        target: (N,) classes from 0, at least two.
        rng: the source of the folds.
        level: the confidence of every interval.
    """
    fold = predicting.folds(target, rng)
    found = {}
    for at, name in enumerate(features.names):
        column = predicting.binned(features.codes[:, at], bool(features.discrete[at]))
        found[name] = predicting.one_feature(column, target, fold, level)
    return dict(sorted(found.items(), key=lambda pair: -pair[1].auc))


def together(features: Features, target: np.ndarray, rng: np.random.Generator, seed: int) -> Strength:
    """How well all features together predict the class."""
    fold = predicting.folds(target, rng)
    return predicting.all_features(features.codes, features.discrete, target, fold, seed)


class Target(NamedTuple):
    """A class to predict for some of the rows."""

    rows: np.ndarray
    """(n,) positions."""
    classes: np.ndarray
    """(n,) from 0; each occurs."""


def as_classes(values: np.ndarray, smallest: int) -> Target:
    """Values as classes from 0, without those of fewer than `smallest` rows."""
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    rows = np.flatnonzero((counts >= smallest)[codes])
    if rows.size == 0:
        return Target(rows, np.zeros(0, dtype=np.int64))
    return Target(rows, np.unique(codes[rows], return_inverse=True)[1].astype(np.int64))
