"""Local linear models of rows of a table, from one neighbourhood for all of them."""

from typing import NamedTuple

import numpy as np

from auditkit.plugins.explanations.lime.neighbourhood import Neighbours, weights
from auditkit.plugins.explanations.lime.ridge import solve


class Local(NamedTuple):
    """Local linear models of rows."""

    values: np.ndarray
    """(n, P) coefficient of each part for the explained output; NaN where a row has no such part."""
    r2: np.ndarray
    """(n,) how far each local model follows the output, weighted; NaN where the output never changes."""


def explain_table(
    neighbours: Neighbours, outputs: np.ndarray, pieces: np.ndarray, own: np.ndarray, target: np.ndarray
) -> Local:
    """What lime says of each row, from neighbours that were drawn and asked about once.

    Args:
        neighbours: N - 1 of them; the row itself is the N-th.
        outputs: (N - 1, K) of the model about the neighbours.
        pieces: (n, D) of the rows.
        own: (n, K) outputs about the rows.
        target: (n,) which output is explained.
    """
    columns, shift = pieces.shape[1], outputs.mean(axis=0)
    members = _members(neighbours.pieces, pieces)
    positions = np.array([[members.position[column, piece] for column, piece in enumerate(row)] for row in pieces])
    # features, ones and outputs of all neighbours; of these only the features differ between rows
    sides = np.empty((columns + 1 + outputs.shape[1], len(outputs)))
    sides[columns], sides[columns + 1 :] = 1.0, (outputs - shift).T
    kernel, weighted = np.sqrt(weights(np.arange(columns + 1), columns)), np.empty_like(sides)
    product = np.empty((len(sides), len(sides)))
    values, r2 = np.empty(pieces.shape), np.empty(len(pieces))
    for row in range(len(pieces)):
        # "clip", for otherwise numpy fills a buffer first
        np.take(members.indicators, positions[row], axis=0, out=sides[:columns], mode="clip")
        shared = sides[:columns].sum(axis=0).astype(np.intp)
        np.multiply(sides, kernel[shared], out=weighted)
        itself = np.concatenate([np.ones(columns + 1), own[row] - shift])
        # apart from the few other sides, for a product of all at once takes half as long again
        product[:columns, :columns] = weighted[:columns] @ weighted[:columns].T
        for side in range(columns, len(sides)):
            product[side] = product[:, side] = weighted @ weighted[side]
        fit = solve(product + np.outer(itself, itself), columns, shift)
        values[row], r2[row] = fit.coefficients[:, target[row]], fit.r2[target[row]]
    return Local(values, r2)


class _Members(NamedTuple):
    """Which neighbours are in each piece of each column that a row is in."""

    indicators: np.ndarray
    """(T, N) 0 or 1."""
    position: dict[tuple[int, int], int]
    """{(column, piece): its place among the T}."""


def _members(beside: np.ndarray, pieces: np.ndarray) -> _Members:
    keys = [(column, int(piece)) for column in range(pieces.shape[1]) for piece in np.unique(pieces[:, column])]
    indicators = np.array([beside[:, column] == piece for column, piece in keys], dtype=np.float64)
    return _Members(indicators, {key: place for place, key in enumerate(keys)})
