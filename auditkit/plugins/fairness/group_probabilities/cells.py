"""Cells of people with similar probabilities, and what the other people of a cell have on average."""

import heapq
import itertools

import numpy as np


def cells_of(shares: np.ndarray, most: int, least: int) -> np.ndarray:
    """(N,) the cell of each person: the largest is halved at the median of the column that varies most, and so on.

    Which cell a person is in hangs on nobody's decision or label, so that bounds over any cells hold.

    Args:
        shares: (N, K) probabilities.
        most: cells at most.
        least: people in each cell at least, but for a table of fewer.
    """
    cells = np.zeros(len(shares), dtype=np.int64)
    number = itertools.count()
    open_cells = [(-len(shares), next(number), np.arange(len(shares)))]
    done: list[np.ndarray] = []
    while open_cells and len(open_cells) + len(done) < most:
        _, _, rows = heapq.heappop(open_cells)
        below = _below_the_median(shares[rows], least)
        if below is None:
            done.append(rows)
            continue
        for part in (rows[below], rows[~below]):
            heapq.heappush(open_cells, (-len(part), next(number), part))
    for cell, rows in enumerate([*done, *(rows for _, _, rows in open_cells)]):
        cells[rows] = cell
    return cells


def _below_the_median(shares: np.ndarray, least: int) -> np.ndarray | None:
    """(n,) bool: one half; None where no column splits these people into two parts that are large enough."""
    if len(shares) < 2 * least:
        return None
    for column in np.argsort(-shares.var(axis=0), kind="stable"):
        values = shares[:, column]
        median = np.median(values)
        for below in (values <= median, values < median):  # equal people stay together
            if least <= below.sum() <= len(values) - least:
                return np.asarray(below)
    return None


def mean_of_others(values: np.ndarray, cells: np.ndarray, folds: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """(N,) for each person the mean over the people of the same cell who are in other folds.

    Args:
        values: (N,) numbers.
        cells: (N,) the cell of each.
        folds: (N,) the fold of each.
        weights: (N,) positive, or None.
    """
    weight = np.ones(len(values)) if weights is None else weights
    number, fold_count = int(cells.max()) + 1, int(folds.max()) + 1
    place = cells * fold_count + folds

    def others(mass: np.ndarray) -> np.ndarray:
        own = np.bincount(place, mass, number * fold_count)
        return np.bincount(cells, mass, number)[cells] - own[place]

    total = others(weight)
    everyone = np.bincount(cells, weight * values, number) / np.bincount(cells, weight, number)
    # a cell that lies in one fold alone has no others
    return np.where(total > 1e-12, others(weight * values) / np.maximum(total, 1e-12), everyone[cells])
