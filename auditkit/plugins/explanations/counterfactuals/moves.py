"""Changes of one row: of single columns, and which of them are worth trying together."""

from typing import NamedTuple

import numpy as np

from auditkit.plugins.explanations.counterfactuals.space import Space

KEPT = 80
"""Changes that are tried together with others."""
BASES = 150
"""Sets of changes to which one more is added."""


class Moves(NamedTuple):
    """Changes of one row, each of one column, or of two whose sum is kept."""

    rows: np.ndarray
    """(M, D) the row after each."""
    columns: np.ndarray
    """(M, D) bool: what each changes."""
    costs: np.ndarray
    """(M,)"""

    def combined(self, x: np.ndarray, sets: np.ndarray) -> np.ndarray:
        """(K, D) the row after all changes of each of (K, s) sets, whose columns differ."""
        rows = np.repeat(x[None], len(sets), axis=0)
        for numbers in sets.T:
            rows = np.where(self.columns[numbers], self.rows[numbers], rows)
        return rows


def single_moves(space: Space, x: np.ndarray, donors: np.ndarray) -> Moves:
    """Every value on the grid, and those that donors have; where a sum is kept, another column takes the difference.

    Args:
        space: what is allowed.
        x: (D,) the row.
        donors: (K, D) rows whose values are tried too.
    """
    changed, group_of = [], {column: group for group in space.sums for column in group}
    for column in range(len(x)):
        values = np.unique(np.concatenate([space.other_values(x, column), donors[:, column]]))
        for value in values[~np.isnan(values) & (values != x[column])]:
            for other in group_of.get(column, (column,)):
                if other == column and column in group_of:
                    continue
                row = x.copy()
                row[column] = value
                if other != column:
                    row[other] = x[other] - (value - x[column])
                changed.append(row)
    rows = np.unique(np.array(changed).reshape(-1, len(x)), axis=0)
    rows = rows[space.allowed(x, rows)]
    return Moves(rows, space.changed(x, rows), space.cost(x, rows))


def worthwhile(moves: Moves, gains: np.ndarray) -> np.ndarray:
    """The numbers of the moves that are tried together: no cheaper one of the same columns brings as much."""
    kept: list[int] = []
    best: dict[bytes, float] = {}
    for number in np.lexsort((-gains, moves.costs)):
        unit = moves.columns[number].tobytes()
        if gains[number] > best.get(unit, 0.0):
            best[unit] = gains[number]
            kept.append(int(number))
    order = sorted(kept, key=lambda number: -gains[number] / moves.costs[number])
    # the farthest value of each column beside those that bring most for their cost: a column may have to go all the way
    farthest = {moves.columns[number].tobytes(): number for number in kept}
    return np.array(list(dict.fromkeys([*farthest.values(), *order]))[:KEPT], dtype=np.int64)


def extended(moves: Moves, sets: np.ndarray, additions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each set with one more move, where that changes other columns, each set once; and which set it was made of.

    Args:
        moves: what the numbers mean.
        sets: (K, s) numbers of moves.
        additions: (A,) likewise.

    Returns:
        (K', s + 1) and (K',).
    """
    larger = np.column_stack([np.repeat(sets, len(additions), axis=0), np.tile(additions, len(sets))])
    origin = np.repeat(np.arange(len(sets)), len(additions))
    inside = np.zeros((len(larger), moves.columns.shape[1]), dtype=np.int64)
    for numbers in larger.T:
        inside += moves.columns[numbers]
    apart = (inside <= 1).all(axis=1)
    larger, origin = np.sort(larger[apart], axis=1), origin[apart]
    # a set as one number: finding equal rows is many times as slow
    _, first = np.unique(larger @ (len(moves.costs) ** np.arange(larger.shape[1])), return_index=True)
    return larger[first], origin[first]


def expected_cost(moves: Moves, sets: np.ndarray, gains: np.ndarray, total: np.ndarray, need: float) -> np.ndarray:
    """(K,) what each set would cost if gains add up and its least efficient number moved only as far as needed.

    Args:
        moves: their costs.
        sets: (K, s) numbers of moves.
        gains: (M,) of each move by itself.
        total: (K,) gain of each set.
        need: gain that is wanted.
    """
    costs = moves.costs[sets]
    rates = np.maximum(gains[sets], 1e-12) / costs
    worst, rows = rates.argmin(axis=1), np.arange(len(sets))
    surplus = total - need
    saved = np.clip(surplus, 0, None) / rates[rows, worst]
    missing = np.clip(-surplus, 0, None) / rates.max(axis=1)
    return np.asarray(costs.sum(axis=1) - np.minimum(saved, costs[rows, worst]) + missing)
