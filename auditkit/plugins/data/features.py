"""The features of a table as numbers, and a class to predict from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from auditkit.data import AuditData
from auditkit.plugins.data import auc
from auditkit.value_spelling import is_number


@dataclass(frozen=True)
class Features:
    """Features as (N, D) codes."""

    names: tuple[str, ...]
    codes: np.ndarray
    """(N, D) float64, NaN where missing."""
    discrete: np.ndarray
    """(D,) bool: codes of categories, which have no order."""
    doubts: dict[str, str] = field(default_factory=dict)
    """{feature: why its order is not known}: whatever is measured on it may be too little."""
    read: dict[str, str] = field(default_factory=dict)
    """{feature: how it was read}, of those whose values are no numbers as they stand."""
    unsearched: tuple[str, ...] = ()
    """Features that the owner declared a category or a text, with about one value for each row."""
    unit: np.ndarray | None = None
    """(N,) whose row it is, where several are of one: these stand in one fold. None: each by itself."""

    @classmethod
    def of(cls, data: AuditData, rows: np.ndarray) -> Self:
        """Some rows of the features of a table or of an array (N, D).

        How a column is read is decided on all its rows.
        """
        codes, names, is_text = data.take(rows).codes(), data.feature_names, data.free_text
        unit = None if data.clusters is None else data.clusters[rows]
        kinds = {feature.name: feature for feature in data.schema}
        discrete = np.array([name in kinds and not kinds[name].numeric for name in names], dtype=bool)
        discrete |= data.identifiers
        if data.tokens:  # ids as large as they like become positions
            codes = np.column_stack([np.unique(column, return_inverse=True)[1] for column in codes.T]).astype(float)
        doubts, read, unsearched = dict(data.doubts), {}, []
        for index, name in enumerate(names):
            order = data.orders.get(name)
            # the order is looked at first: a column of texts may be numbers or dates to whoever reads it
            if order is not None and order.values is not None:
                codes[:, index], discrete[index] = order.values[rows], False
                if order.how:
                    read[name] = order.how
            # several readings fit every value; where these are few, each has a bin of its own and the order is of no
            # account
            elif order is not None and order.choices:
                doubts |= {name: order.doubt} if len(np.unique(codes[:, index])) > auc.BINS else {}
            elif is_text[index] and not kinds[name].declared:
                doubts[name] = f"it is free text, in which nothing is searched; {_way_out(name)}"
            elif discrete[index] and (is_text[index] or mostly_single(codes[:, index])):
                if order is None:
                    unsearched.append(name)
                else:
                    doubts[name] = f"it has about one value for each row, and {order.doubt}; {_way_out(name)}"
            elif order is not None and discrete[index] and _single_numbers(codes[:, index], kinds[name].categories):
                why = "a quarter of its values or more are numbers that occur once, beside others that are none"
                doubts[name] = f"{why}; {_way_out(name)}"
        return cls(names, codes, discrete, doubts, read, tuple(unsearched), unit)

    def without(self, names: tuple[str, ...]) -> Self:
        """The same less some features."""
        is_kept = np.array([name not in names for name in self.names], dtype=bool)
        remaining = tuple(name for name in self.names if name not in names)
        doubts = {name: doubt for name, doubt in self.doubts.items() if name not in names}
        return replace(
            self, names=remaining, codes=self.codes[:, is_kept], discrete=self.discrete[is_kept], doubts=doubts
        )

    @property
    def searchable(self) -> Self:
        """Those of which something can be learnt from other rows."""
        return self.without((*self.doubts, *self.unsearched))

    def take(self, rows: np.ndarray) -> Self:
        """Some of the rows."""
        return replace(self, codes=self.codes[rows], unit=None if self.unit is None else self.unit[rows])

    def planted(self, column: np.ndarray) -> Self:
        """One more feature, in front."""
        codes = np.column_stack([column.astype(float), self.codes])
        return replace(self, names=("planted", *self.names), codes=codes, discrete=np.append(True, self.discrete))


def _way_out(name: str) -> str:
    """How the owner says what a column is whose order is not understood."""
    return f'name it in id or drop under [data], or write kind = "category" or "text" under [data.features."{name}"]'


def mostly_single(column: np.ndarray) -> bool:
    """Whether most values of a column of categories occur once, in a tenth of the rows or more.

    Args:
        column: (N,) codes, NaN where missing.
    """
    present = column[~np.isnan(column)]
    single = int((np.unique(present, return_counts=True)[1] == 1).sum())
    return single > len(present) / 2 and single >= len(column) / 10


def _single_numbers(column: np.ndarray, categories: Sequence[Any]) -> bool:
    """Whether a quarter of the values or more are numbers that occur once, in a column that also holds other texts.

    Args:
        column: (N,) codes, NaN where missing.
        categories: the value of each code.
    """
    # codes are positions among the categories, held as floats for the sake of NaN
    present = column[~np.isnan(column)].astype(np.int64)
    values, counts = np.unique(present, return_counts=True)
    numbers = sum(is_number(categories[code]) for code in values[counts == 1].tolist())
    return 4 * numbers >= max(1, len(present)) and 10 * numbers >= len(column)


def each_alone(
    features: Features, target: np.ndarray, rng: np.random.Generator, level: float = 0.95
) -> dict[str, auc.Strength]:
    """How well each feature alone predicts the class, the strongest first.

    Args:
        features: N rows.
        target: (N,) classes from 0, at least two.
        rng: the source of the folds.
        level: the confidence of every interval.
    """
    fold = auc.folds(target, rng, features.unit)
    strengths = {}
    for index, name in enumerate(features.names):
        discrete = bool(features.discrete[index])
        column = auc.binned(features.codes[:, index], discrete)
        strengths[name] = auc.one_feature(column, target, fold, level, discrete, features.unit)
    return dict(sorted(strengths.items(), key=lambda pair: -pair[1].auc))


def together(features: Features, target: np.ndarray, rng: np.random.Generator, seed: int) -> auc.Strength:
    """How well all features together predict the class."""
    fold = auc.folds(target, rng, features.unit)
    return auc.all_features(features.codes, features.discrete, target, fold, seed, features.unit)


def as_classes(values: np.ndarray, smallest: int, unit: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Values as classes from 0, without those of fewer than `smallest` rows, or units where (N,) units are given.

    Returns:
        (n,) positions of the other rows, and (n,) their classes from 0, of which each occurs.
    """
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    if unit is not None:
        counts = np.bincount(np.unique(np.stack([codes.reshape(-1), unit]), axis=1)[0], minlength=len(counts))
    rows = np.flatnonzero((counts >= smallest)[codes])
    # np.unique of nothing gives no inverse of a usable type
    if rows.size == 0:
        return rows, np.zeros(0, dtype=np.int64)
    return rows, np.unique(codes[rows], return_inverse=True)[1].astype(np.int64)
