"""Which columns tell nearly the same, so that shuffling one of them leaves the other to tell it."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import scipy

BINS = 10


class Twins(NamedTuple):
    """Two columns that hang together."""

    first: int
    second: int
    association: float
    """0 to 1."""


def twins(x: np.ndarray, numeric: np.ndarray, least: float, without: np.ndarray) -> list[Twins]:
    """All pairs of columns with at least this association, the strongest first.

    Args:
        x: (n, D) rows, as codes.
        numeric: (D,) bool.
        least: the association from which a pair counts.
        without: (D,) bool: columns of free text or of ids, of which a value tells the whole row.
    """
    pairs = [
        Twins(first, second, association(x[:, first], x[:, second], (bool(numeric[first]), bool(numeric[second]))))
        for first, second in combinations(np.flatnonzero(~without).tolist(), 2)
    ]
    return sorted((pair for pair in pairs if pair.association >= least), key=lambda pair: -pair.association)


def association(first: np.ndarray, second: np.ndarray, numeric: tuple[bool, bool]) -> float:
    """|Spearman's rank correlation| of two numbers; with a category Cramér's V, less what chance gives.

    Numbers are put into ten bins of equally many rows for V. Rows that lack one of the two are left out.

    Source: Spearman 1904; Bergsma 2013, A bias-correction for Cramér's V, Journal of the Korean Statistical Society 42.
    """
    both = ~np.isnan(first) & ~np.isnan(second)
    one, other = first[both], second[both]
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    if all(numeric):
        return float(abs(scipy.stats.spearmanr(one, other).statistic))
    return cramers_v(*(_codes(column, number) for column, number in zip((one, other), numeric, strict=True)))


def cramers_v(first: np.ndarray, second: np.ndarray) -> float:
    """Cramér's V of two columns of codes (n,), corrected for chance; 0 to 1."""
    counts = np.zeros((first.max() + 1, second.max() + 1))
    np.add.at(counts, (first, second), 1)
    n, (rows, columns) = len(first), counts.shape
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / n
    phi = float(((counts - expected) ** 2 / expected).sum() / n)
    phi = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    least = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(min(1.0, np.sqrt(phi / least))) if least > 0 else 0.0


def _codes(column: np.ndarray, number: bool) -> np.ndarray:
    """(n,) int codes from 0, each of which occurs."""
    if number:
        column = np.searchsorted(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1]), column)
    return np.asarray(np.unique(column, return_inverse=True)[1])
