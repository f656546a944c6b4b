"""How nearly one column can stand in for another, whatever their kinds."""

from collections.abc import Sequence

import numpy as np

BINS = 20
"""Parts of a number, and categories of a column; rarer ones are one together."""
PER_CELL = 16
"""Rows for each part at least: chance alone correlates k parts of n rows by about 2 sqrt(k / n)."""


def maximal_correlations(x: np.ndarray, columns: Sequence[int]) -> np.ndarray:
    """(C, D) the largest correlation that any function of one column has with any function of another, 0 to 1.

    Functions of the parts into which columns are cut: quantiles of a number of many values, else the values
    themselves. It is the second singular value of the table of shares, each over the root of its margins.

    Args:
        x: (n, D) rows, as codes; a missing value is one more.
        columns: (C,) that are compared with all.

    Source: Hirschfeld 1935, A Connection between Correlation and Contingency, doi:10.1017/S0305004100013517; Rényi
    1959, On Measures of Dependence, doi:10.1007/BF02024507.
    """
    most = int(min(BINS, max(2, len(x) // PER_CELL)))
    parts = np.stack([_parts(column, most) for column in x.T])
    marks = (parts[:, :, None] == np.arange(most)).astype(np.float64)
    sizes = np.sqrt(marks.sum(axis=1, keepdims=True))
    # each part to length 1, so that a table of products has the roots of the margins in it
    marks = np.divide(marks, sizes, out=np.zeros_like(marks), where=sizes > 0)
    correlations = np.zeros((len(columns), x.shape[1]))
    for row, column in enumerate(columns):
        tables = marks[column].T @ marks
        correlations[row] = np.linalg.svd(tables, compute_uv=False)[:, 1]
    return correlations


def _parts(column: np.ndarray, most: int) -> np.ndarray:
    """(n,) the part that each value is in, from 0."""
    values, place, counts = np.unique(column, return_inverse=True, return_counts=True)
    if len(values) <= most:
        return place
    if counts.max() > len(column) / most and len(values) < len(column) / 4:
        # codes of categories, or a number of which some values are common: these by themselves
        order = np.argsort(-counts, kind="stable")
        rank = np.empty(len(values), dtype=np.int64)
        rank[order] = np.arange(len(values))
        return np.minimum(rank, most - 1)[place]
    return np.searchsorted(np.quantile(place, np.linspace(0, 1, most + 1)[1:-1]), place)
