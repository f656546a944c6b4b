"""Small tables as codes, with the space of their changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from auditkit.plugins.explanations.counterfactuals.query_log import Verdicts
from auditkit.plugins.explanations.counterfactuals.space import Space, grid_of, spread_of

NUMERIC = np.array([True] * 5 + [False] * 3)
WHOLE = np.array([False] * 3 + [True] * 2 + [False] * 3)


def people(rng: np.random.Generator, rows: int = 600) -> np.ndarray:
    """Five numbers, two of them whole, and three categories of 2, 5 and 8 values."""
    return np.column_stack([
        rng.normal(size=rows), rng.normal(size=rows) * 5, rng.exponential(size=rows) * 100,
        np.round(rng.normal(40, 12, rows)), np.round(rng.exponential(3, rows)),
        rng.integers(0, 2, rows), rng.integers(0, 5, rows), rng.integers(0, 8, rows),
    ]).astype(float)  # fmt: skip


def space_of(
    codes: np.ndarray, numeric: np.ndarray = NUMERIC, whole: np.ndarray = WHOLE, most: int = 4,
    fixed: tuple[int, ...] = (), up: tuple[int, ...] = (), sums: tuple[tuple[int, ...], ...] = (),
) -> Space:  # fmt: skip
    scale = np.array([spread_of(column) if number else 1.0 for column, number in zip(codes.T, numeric, strict=True)])
    low, high = codes.min(axis=0), codes.max(axis=0)
    columns = np.arange(codes.shape[1])
    grids = tuple(
        grid_of(column, bool(number), ends)
        for column, number, ends in zip(codes.T, numeric, zip(low, high, strict=True), strict=True)
    )
    return Space(
        numeric, whole, scale, low, high, ~np.isin(columns, fixed), np.isin(columns, up).astype(int), grids, sums, most
    )


def ask_of(function: Callable[[np.ndarray], np.ndarray], cut: float) -> Callable[[np.ndarray], Verdicts]:
    def ask(rows: np.ndarray) -> Verdicts:
        scores = function(rows)
        return Verdicts(scores >= cut, scores)

    return ask


def one_hot(codes: np.ndarray) -> np.ndarray:
    """The encoding of `people` that a pipeline would make."""
    categories = [np.eye(size)[codes[:, column].astype(int)] for column, size in ((5, 2), (6, 5), (7, 8))]
    return np.column_stack([codes[:, :5] / 10 - 1, *categories])
