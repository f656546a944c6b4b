"""Counts once, everything from counts: a table of (groups x label x decision), and its marginals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

DENSE = 1 << 22
"""Cells up to which every combination gets a place; above, only those that occur."""


class Encoded(NamedTuple):
    """A column of group values as positions."""

    values: tuple[str, ...]
    """The distinct values, sorted."""
    codes: np.ndarray
    """(N,) the position of each row's value."""


class Tally(NamedTuple):
    """Counts of rows by cell, label and decision; the weights' sums beside them."""

    rows: np.ndarray
    """(K, Y, 2) int64; Y is 2 (label negative, positive), or 1 without labels; last: not selected, selected."""
    weight: np.ndarray
    """(K, Y, 2) sums of weights."""
    square: np.ndarray
    """(K, Y, 2) sums of squared weights."""


class Marginal(NamedTuple):
    """The counts of the groups of some attributes."""

    where: list[dict[str, str]]
    """K mappings {attribute: value}, in the order of the values."""
    tally: Tally
    """(K, Y, 2)"""


class Counts(NamedTuple):
    """How many rows there are for every combination of groups, label and decision that occurs."""

    attributes: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    cells: np.ndarray
    """(K, A) positions of the values of each combination."""
    tally: Tally

    @property
    def labelled(self) -> bool:
        """Whether the rows were counted by label too."""
        return self.tally.rows.shape[1] == 2

    def over(self, attributes: Sequence[str]) -> Marginal:
        """The groups of these attributes, empty ones included, and their counts; no attribute: everyone."""
        at = [self.attributes.index(name) for name in attributes]
        shape = tuple(len(self.values[position]) for position in at)
        size = int(np.prod(shape, dtype=np.int64))
        place = np.zeros(len(self.cells), dtype=np.int64)
        for position, length in zip(at, shape, strict=True):
            place = place * length + self.cells[:, position]
        names = [
            {name: self.values[at[axis]][code] for axis, (name, code) in enumerate(zip(attributes, where, strict=True))}
            for where in np.ndindex(*shape)
        ]
        return Marginal(names, Tally(*(_gather(each, place, size) for each in self.tally)))


def count(
    groups: Mapping[str, np.ndarray],
    selected: np.ndarray,
    outcomes: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> Counts:
    """Count the rows, in one pass.

    Args:
        groups: {attribute: (N,) array of str}.
        selected: (N,) bool: decided positive.
        outcomes: (N,) bool: truly positive; None where there are no labels.
        weights: (N,) positive; None: all 1.
    """
    encoded = {name: encode(column) for name, column in groups.items()}
    labels = 1 if outcomes is None else 2
    place = np.zeros(len(selected), dtype=np.int64)
    for each in encoded.values():
        place = place * len(each.values) + each.codes
    place = place * 2 * labels + selected
    if outcomes is not None:
        place += 2 * outcomes.astype(np.int64)
    shape = tuple(len(each.values) for each in encoded.values())
    cells, tally = _histogram(place, shape, labels, weights)
    return Counts(tuple(encoded), tuple(each.values for each in encoded.values()), cells, tally)


def encode(column: np.ndarray) -> Encoded:
    """The distinct values of a column, sorted, and the position of each row's."""
    import pandas  # hashes text an order of magnitude faster than numpy sorts it

    codes, values = pandas.factorize(np.asarray(column), sort=True)
    return Encoded(tuple(str(value) for value in values), codes)


def _histogram(
    place: np.ndarray, shape: tuple[int, ...], labels: int, weights: np.ndarray | None
) -> tuple[np.ndarray, Tally]:
    block = 2 * labels
    size = int(np.prod(shape, dtype=object)) * block
    if size <= DENSE:
        counted = np.bincount(place, minlength=size)
        kept = np.flatnonzero(counted.reshape(-1, block).any(axis=1))
        spots = (kept[:, None] * block + np.arange(block)).ravel()

        def gather(values: np.ndarray) -> np.ndarray:
            return np.bincount(place, weights=values, minlength=size)[spots]

        rows = counted[spots]
    else:
        kept, inverse = np.unique(place // block, return_inverse=True)
        fused = inverse * block + place % block

        def gather(values: np.ndarray) -> np.ndarray:
            return np.bincount(fused, weights=values, minlength=len(kept) * block)

        rows = np.bincount(fused, minlength=len(kept) * block)
    cells = np.column_stack(np.unravel_index(kept, shape)) if shape else np.zeros((len(kept), 0), dtype=np.int64)
    weight, square = (rows.astype(float),) * 2 if weights is None else (gather(weights), gather(weights**2))
    return cells, Tally(*(each.reshape(-1, labels, 2) for each in (rows, weight, square)))


def _gather(values: np.ndarray, place: np.ndarray, size: int) -> np.ndarray:
    total = np.zeros((size, *values.shape[1:]), dtype=values.dtype)
    np.add.at(total, place, values)
    return total
