"""How far apart two rows are, their sensitive attributes left aside."""

from collections.abc import Collection

import numpy as np

from auditkit.data import AuditData

CATEGORIES = 100
"""Categories of one feature that are told apart, the most frequent first; all others count as one."""


def distance_space(data: AuditData, without: Collection[str]) -> np.ndarray:
    """(N, E) points whose Euclidean distance says how much two rows differ.

    Numbers are standardised, so one standard deviation counts 1. Two different categories, or missing against present,
    count 1 as well (overlap distance). A feature in which all rows are the same has no place.

    Args:
        data: a table or an array (N, D).
        without: features that do not count.

    Source: Stanfill and Waltz (1986), Toward memory-based reasoning, CACM 29, for the overlap distance.
    """
    codes = data.codes()
    parts = [np.zeros((len(codes), 0))]
    for index, name in enumerate(data.feature_names):
        if name in without:
            continue
        column = codes[:, index]
        numeric = not data.schema or data.schema[index].numeric
        # Missing is at no distance from any number, so beside the number stands whether there is one.
        parts += [_standardised(column)] if numeric else []
        parts.append(_categories(np.isnan(column).astype(float) if numeric else column))
    return np.hstack(parts)


def _standardised(column: np.ndarray) -> np.ndarray:
    """(N, 1) standard deviations from the mean, 0 where missing; (N, 0) where nothing varies."""
    lacking = np.isnan(column)
    spread = 0.0 if lacking.all() else float(np.std(column[~lacking]))
    if spread <= 0:
        return np.zeros((len(column), 0))
    return np.where(lacking, 0.0, (column - np.mean(column[~lacking])) / spread)[:, None]


def _categories(column: np.ndarray) -> np.ndarray:
    """(N, C) one column a category, so scaled that two different ones lie 1 apart; missing is a category."""
    # NaN is no category that could be compared, as it equals nothing; -1 is none that occurs.
    _, category, counts = np.unique(np.where(np.isnan(column), -1, column), return_inverse=True, return_counts=True)
    if len(counts) < 2:
        return np.zeros((len(column), 0))
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    rank = np.minimum(rank, CATEGORIES)
    # Two unit vectors lie the root of 2 apart.
    return np.eye(int(rank.max()) + 1)[rank[category]] / np.sqrt(2)
