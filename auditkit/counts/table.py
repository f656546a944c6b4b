"""The table of counts by cell, label and decision; its marginals; sums of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit.counts.encoding import encode

DENSE = 1 << 22
"""Cells up to which every combination gets a place; above, only those that occur."""


class Tally(NamedTuple):
    """Counts of people by cell, label and decision; the weights' sums beside them.

    There are C + 1 labels, of which the last is "not known", and C + 1 decisions, of which the last is "abstained".
    """

    rows: np.ndarray
    """(K, C + 1, C + 1) int64: people."""
    weight: np.ndarray
    """(K, C + 1, C + 1) float64: sums of weights; without weights, the people."""
    square: np.ndarray
    """(K, C + 1, C + 1) float64: sums of squared weights; without weights, the people."""

    def against(self, positive: int) -> Tally:
        """One class against all others, (K, 3, 3).

        Labels: negative, positive, not known. Decisions: not selected, selected, abstained.
        """
        return Tally(*(_fold(_fold(each, positive, 1), positive, 2) for each in self))


class Marginal(NamedTuple):
    """The counts of the groups of some attributes."""

    where: list[dict[str, str]]
    """K mappings {attribute: value}, in the order of the values."""
    tally: Tally
    """(K, C + 1, C + 1)"""


class Counts(NamedTuple):
    """How many people there are for every combination of groups, label and decision that occurs."""

    attributes: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    """For each attribute, its values, sorted."""
    classes: tuple[str, ...]
    """The C classes of labels and decisions, as text."""
    cells: np.ndarray
    """(K, A) positions of the values of each combination."""
    tally: Tally
    weighted: bool = False

    @property
    def labelled(self) -> bool:
        """Whether any label is known."""
        return bool(self.tally.rows[:, :-1].any())

    @property
    def abstained(self) -> bool:
        """Whether any decision was withheld."""
        return bool(self.tally.rows[:, :, -1].any())

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
    groups: Mapping[str, Any],
    decisions: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    classes: Sequence[str] = ("negative", "positive"),
    weights: np.ndarray | None = None,
    people: np.ndarray | None = None,
) -> Counts:
    """Count the rows, in one pass.

    Args:
        groups: {attribute: (N,) text, or an `Encoded`}.
        decisions: (N,) whole numbers or bool: the position of each decision in `classes`; -1 for an abstention.
        labels: (N,) likewise of each label; -1 where it is not known; None: of nobody.
        classes: the C names of the classes; two, negative then positive, unless given.
        weights: (N,) positive; None: all 1.
        people: (N,) whole numbers: how many people each row stands for; None: one.
    """
    encoded = {name: encode(column) for name, column in groups.items()}
    wide = len(classes) + 1
    place = np.zeros(len(decisions), dtype=np.int64)
    for each in encoded.values():
        place = place * len(each.values) + each.codes
    decided = np.asarray(decisions).astype(np.int64)
    known = np.full(len(decided), -1) if labels is None else np.asarray(labels).astype(np.int64)
    place = (place * wide + np.where(known < 0, wide - 1, known)) * wide + np.where(decided < 0, wide - 1, decided)
    shape = tuple(len(each.values) for each in encoded.values())
    cells, tally = _histogram(place, shape, wide, weights, people)
    values = tuple(each.values for each in encoded.values())
    return Counts(tuple(encoded), values, tuple(map(str, classes)), cells, tally, weights is not None)


def _histogram(
    place: np.ndarray, shape: tuple[int, ...], wide: int, weights: np.ndarray | None, people: np.ndarray | None
) -> tuple[np.ndarray, Tally]:
    block = wide * wide
    size = int(np.prod(shape, dtype=object)) * block
    if size <= DENSE:
        kept = np.flatnonzero(np.bincount(place // block, minlength=size // block))
        spots = (kept[:, None] * block + np.arange(block)).ravel()
        fused = place
    else:
        kept, inverse = np.unique(place // block, return_inverse=True)
        fused, size = inverse * block + place % block, len(kept) * block
        spots = np.arange(size)

    def gather(values: np.ndarray | None) -> np.ndarray:
        return np.bincount(fused, weights=values, minlength=size)[spots]

    rows = np.rint(gather(people)).astype(np.int64)
    cells = np.column_stack(np.unravel_index(kept, shape)) if shape else np.zeros((len(kept), 0), dtype=np.int64)
    weight, square = (rows.astype(float),) * 2
    if weights is not None:
        many = 1 if people is None else people
        weight, square = gather(weights * many), gather(weights**2 * many)
    return cells, Tally(*(each.reshape(-1, wide, wide) for each in (rows, weight, square)))


def _fold(table: np.ndarray, positive: int, axis: int) -> np.ndarray:
    """The classes along one axis as: not `positive`, `positive`, the last."""
    parts = np.moveaxis(table, axis, -1)
    wanted, last = parts[..., positive], parts[..., -1]
    rest = parts[..., :-1].sum(axis=-1) - wanted
    return np.moveaxis(np.stack([rest, wanted, last], axis=-1), -1, axis)


def _gather(values: np.ndarray, place: np.ndarray, size: int) -> np.ndarray:
    total = np.zeros((size, *values.shape[1:]), dtype=values.dtype)
    np.add.at(total, place, values)
    return total
