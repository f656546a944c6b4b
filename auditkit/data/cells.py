"""Which groups are too small to show, decided once, from the data, before any check.

A cell is the set of rows that share the values of one or more sensitive attributes. A cell under the minimum is hidden;
so is the next smallest in its line where the hidden ones could otherwise be worked out by subtraction (complementary
suppression), and every cell inside a hidden one. Practice: ONS and UK LLC hide counts under 10, zero included.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np

from auditkit.counts import encode
from auditkit.counts.hiding import complement
from auditkit.errors import DataError

MINIMUM: Final = 10
"""People. The default of UK LLC and of ACRO."""
LARGEST_LEFT_OUT: Final = 0.05
"""The share of people in groups too small to show up to which a disparity over the others can meet a limit."""
MOST: Final = 100_000
"""Cells of one table; more cannot be measured, nor read."""

SMALL: Final = "fewer than {} people"
INSIDE: Final = "inside a group that is too small to show"
COMPLEMENT: Final = "hidden so that a smaller group cannot be worked out from it"


class Members(NamedTuple):
    """The rows of a cell, kept as positions: a mask of all rows for each of a thousand cells would not fit."""

    at: np.ndarray
    total: int
    people: int


class Cell:
    """One group or intersection of groups."""

    __slots__ = ("_members", "hidden", "where")

    def __init__(self, where: dict[str, str], members: Members, hidden: str | None) -> None:
        self.where = where
        """{attribute: value}, attributes in the order of the data."""
        self.hidden = hidden
        """Why it may not be shown; None where it may."""
        self._members = members

    @property
    def rows(self) -> np.ndarray:
        """(N,) bool: which rows are in it."""
        mask = np.zeros(self._members.total, dtype=bool)
        mask[self._members.at] = True
        return mask

    @property
    def n(self) -> int:
        """How many people; not to be written where `hidden` is set."""
        return self._members.people


class Cells:
    """The cells of a data set and which of them may be shown.

    Args:
        groups: {attribute: (N,) array of str}.
        minimum: cells with fewer rows are hidden, empty ones included.
        decided: the cells of the whole data, where `groups` are a sample of it: what may be shown was decided there.
        people: (N,) how many people each row stands for; None: one.
    """

    def __init__(
        self,
        groups: Mapping[str, np.ndarray],
        minimum: int = MINIMUM,
        decided: Cells | None = None,
        people: np.ndarray | None = None,
    ) -> None:
        self.groups = dict(groups)
        self.minimum = minimum
        self._people = people
        self.values: dict[str, list[str]] = {}
        self._codes: dict[str, np.ndarray] = {}
        for name, column in self.groups.items():
            encoded = encode(np.asarray(column, dtype=str))
            self.values[name] = list(encoded.values)
            self._codes[name] = encoded.codes
        self._places = {name: {value: at for at, value in enumerate(self.values[name])} for name in self.values}
        self._decided = decided
        self._hidden: dict[tuple[str, ...], np.ndarray] = {}
        self._counts: dict[tuple[str, ...], np.ndarray] = {}

    def of(self, attributes: tuple[str, ...]) -> list[Cell]:
        """Every cell of these attributes, hidden ones included, in the order of their values.

        Raises:
            DataError: more than 100,000 cells.
        """
        fused, shape = self._fused(attributes)
        order = np.argsort(fused, kind="stable")
        ends = np.cumsum(np.bincount(fused, minlength=math.prod(shape)))
        held = self._count(fused, shape).tolist()
        values = itertools.product(*(self.values[name] for name in attributes))
        cells, start = [], 0
        for end, people, each in zip(ends.tolist(), held, values, strict=True):
            where = dict(zip(attributes, each, strict=True))
            cells.append(Cell(where, Members(order[start:end], len(fused), people), self.reason(where)))
            start = end
        return cells

    @property
    def size(self) -> int:
        """How many people there are in the whole data, which has groups."""
        if self._decided is not None:
            return self._decided.size
        if self._people is not None:
            return int(self._people.sum())
        return len(next(iter(self._codes.values()), ()))

    def people(self, where: Mapping[str, str]) -> int:
        """How many people are in the cell `where` of the whole data; not to be written where it is hidden."""
        if self._decided is not None:
            return self._decided.people(where)
        attributes = tuple(name for name in self.groups if name in where)
        position = tuple(self._places[name].get(where[name], -1) for name in attributes)
        if -1 in position or len(attributes) < len(where):
            return 0
        if attributes not in self._counts:
            fused, shape = self._fused(attributes)
            self._counts[attributes] = self._count(fused, shape).reshape(shape)
        return int(self._counts[attributes][position])

    def subsets(self, order: int = 1) -> Iterator[tuple[str, ...]]:
        """Every set of attributes of size 1 to `order`, in the order of the data."""
        for size in range(1, min(order, len(self.groups)) + 1):
            yield from itertools.combinations(self.groups, size)

    def reason(self, where: Mapping[str, str]) -> str | None:
        """Why the cell `where` may not be shown; None where it may, or where it is not one of the data's."""
        if self._decided is not None:
            return self._decided.reason(where)
        if not where or any(name not in self.groups for name in where):
            return None
        attributes = tuple(name for name in self.groups if name in where)
        position = tuple(self._places[name].get(where[name], -1) for name in attributes)
        if -1 in position:
            return None
        reason = REASONS[self._decide(attributes)[position]]
        return reason and reason.format(self.minimum)

    def _fused(self, attributes: tuple[str, ...]) -> tuple[np.ndarray, tuple[int, ...]]:
        """(N,) the position of each row's cell in the flattened table, and the shape of the table."""
        shape = tuple(len(self.values[name]) for name in attributes)
        if math.prod(shape) > MOST:
            raise DataError(
                f"the intersection of {', '.join(attributes)} has {math.prod(shape):,} cells; at most {MOST:,} can be "
                "shown. Give bins or fewer values to one of them under [data.groups], or ask for fewer intersections"
            )
        return np.ravel_multi_index(tuple(self._codes[name] for name in attributes), shape), shape

    def _count(self, fused: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """People in each cell of the flattened table."""
        held = np.bincount(fused, weights=self._people, minlength=math.prod(shape))
        return np.rint(held).astype(np.int64)

    def _decide(self, attributes: tuple[str, ...]) -> np.ndarray:
        """The table of these attributes: for each cell the position of its reason in REASONS, 0 where it is shown."""
        if attributes in self._hidden:
            return self._hidden[attributes]
        fused, shape = self._fused(attributes)
        counts = self._count(fused, shape).reshape(shape)
        hidden = np.zeros(shape, dtype=np.int8)
        for axis in range(len(shape)) if len(shape) > 1 else ():
            margin = self._decide(attributes[:axis] + attributes[axis + 1 :])
            hidden[np.broadcast_to(np.expand_dims(margin > 0, axis), shape)] = REASONS.index(INSIDE)
        hidden[counts < self.minimum] = REASONS.index(SMALL)
        if self.minimum > 1:  # else only empty cells are hidden, and they are nobody's secret
            more = complement(counts, hidden > 0, self.minimum) & (hidden == 0)
            hidden[more] = REASONS.index(COMPLEMENT)
        self._hidden[attributes] = hidden
        return hidden


REASONS: Final = (None, SMALL, INSIDE, COMPLEMENT)
