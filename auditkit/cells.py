"""Which groups are too small to show, decided once, from the data, before any check.

A cell is the set of rows that share the values of one or more sensitive attributes. A cell under the minimum is hidden;
so is the next smallest in its line where the hidden ones could otherwise be worked out by subtraction (complementary
suppression), and every cell inside a hidden one. Practice: ONS and UK LLC hide counts under 10, zero included.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

MINIMUM = 10
"""People. The default of UK LLC and of ACRO."""


class Cell(NamedTuple):
    """One group or intersection of groups."""

    where: dict[str, str]
    """{attribute: value}, attributes in the order of the data."""
    rows: np.ndarray
    """(N,) bool: which rows are in it."""
    hidden: str | None
    """Why it may not be shown; None where it may."""

    @property
    def n(self) -> int:
        """How many rows; not to be written where `hidden` is set."""
        return int(self.rows.sum())


class Cells:
    """The cells of a data set and which of them may be shown.

    Args:
        groups: {attribute: (N,) array of str}.
        minimum: cells with fewer rows are hidden, empty ones included.
    """

    def __init__(self, groups: Mapping[str, np.ndarray], minimum: int = MINIMUM) -> None:
        self.groups = dict(groups)
        self.minimum = minimum
        self.values = {name: [str(value) for value in np.unique(column)] for name, column in groups.items()}
        self._codes = {
            name: np.searchsorted(np.asarray(self.values[name]), column) for name, column in self.groups.items()
        }
        self._hidden: dict[tuple[str, ...], dict[tuple[int, ...], str]] = {}

    def of(self, attributes: tuple[str, ...]) -> list[Cell]:
        """Every cell of these attributes, hidden ones included, in the order of their values."""
        hidden = self._decide(attributes)
        cells = []
        for position in np.ndindex(*self._shape(attributes)):
            rows = np.ones(len(self._codes[attributes[0]]), dtype=bool)
            for name, code in zip(attributes, position, strict=True):
                rows &= self._codes[name] == code
            where = {name: self.values[name][code] for name, code in zip(attributes, position, strict=True)}
            cells.append(Cell(where, rows, hidden.get(position)))
        return cells

    def subsets(self, order: int = 1) -> Iterator[tuple[str, ...]]:
        """Every set of attributes of size 1 to `order`, in the order of the data."""
        for size in range(1, min(order, len(self.groups)) + 1):
            yield from itertools.combinations(self.groups, size)

    def reason(self, where: Mapping[str, str]) -> str | None:
        """Why the cell `where` may not be shown; None where it may, or where it is not one of the data's."""
        if not where or any(name not in self.groups for name in where):
            return None
        attributes = tuple(name for name in self.groups if name in where)
        try:
            position = tuple(self.values[name].index(where[name]) for name in attributes)
        except ValueError:
            return None
        return self._decide(attributes).get(position)

    def _shape(self, attributes: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(len(self.values[name]) for name in attributes)

    def _counts(self, attributes: tuple[str, ...]) -> np.ndarray:
        shape = self._shape(attributes)
        fused = np.ravel_multi_index(tuple(self._codes[name] for name in attributes), shape)
        return np.bincount(fused, minlength=int(np.prod(shape))).reshape(shape)

    def _decide(self, attributes: tuple[str, ...]) -> dict[tuple[int, ...], str]:
        """{position: reason} of the hidden cells of these attributes."""
        if attributes in self._hidden:
            return self._hidden[attributes]
        counts = self._counts(attributes)
        small = f"fewer than {self.minimum} people"
        hidden = {tuple(map(int, at)): small for at in np.argwhere(counts < self.minimum)}
        for left_out in range(len(attributes)) if len(attributes) > 1 else ():
            rest = attributes[:left_out] + attributes[left_out + 1 :]
            for margin in self._decide(rest):
                for code in range(counts.shape[left_out]):
                    inside = (*margin[:left_out], code, *margin[left_out:])
                    hidden.setdefault(inside, "inside a group that is too small to show")
        _complement(counts, hidden, self.minimum)
        self._hidden[attributes] = hidden
        return hidden


def _complement(counts: np.ndarray, hidden: dict[tuple[int, ...], str], minimum: int) -> None:
    """Hide more cells until no hidden one can be worked out from its line and the line's total.

    In every line along every axis, the hidden cells must be none, or at least two that hold `minimum` people together.
    """
    because = "hidden so that a smaller group cannot be worked out from it"
    changed = True
    while changed:
        changed = False
        for axis in range(counts.ndim):
            others = [range(size) for number, size in enumerate(counts.shape) if number != axis]
            for rest in itertools.product(*others):
                line = [(*rest[:axis], code, *rest[axis:]) for code in range(counts.shape[axis])]
                dark = [at for at in line if at in hidden]
                light = [at for at in line if at not in hidden]
                enough = len(dark) != 1 and sum(int(counts[at]) for at in dark) >= minimum
                if dark and light and not enough:
                    hidden[min(light, key=lambda at: (counts[at], at))] = because
                    changed = True
