"""Which groups are too small, decided once, from the data, before any check: too small to show, and to measure.

A cell is the set of rows that share the values of one or more sensitive attributes. A cell of fewer people than the
minimum is not shown. A larger one always is, and so is every count in it. A combination of values that no row has is
nobody: it is no cell. Practice: UK LLC and ACRO do not show counts under 10.

What is shown says nothing about subtraction: a small cell that is alone among larger ones is the total less these.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np

from auditkit.counts import encode
from auditkit.errors import DataError
from auditkit.too_few import fewer_than

MINIMUM: Final = 10
"""People. The default of UK LLC and of ACRO."""
MOST: Final = 100_000
"""Cells of one table; more cannot be measured, nor read."""
LARGEST_LEFT_OUT: Final = 0.05
"""The share of people in groups too small to show up to which a disparity over the others can meet a limit."""


class Members(NamedTuple):
    """The rows of a cell, kept as positions: a mask of all rows for each of a thousand cells would not fit."""

    rows: np.ndarray
    """(K,) the positions."""
    total: int
    """Rows of the data."""
    people: int
    """People whom the K rows stand for."""


@dataclass(frozen=True, eq=False, slots=True)
class Cell:
    """One group or intersection of groups."""

    where: dict[str, str]
    """{attribute: value}, attributes in the order of the data."""
    members: Members
    hidden: str | None
    """Why nothing is measured of it; None where a check measures what it can."""

    @property
    def rows(self) -> np.ndarray:
        """(N,) bool: which rows are in it."""
        mask = np.zeros(self.members.total, dtype=bool)
        mask[self.members.rows] = True
        return mask

    @property
    def n(self) -> int:
        """How many people."""
        return self.members.people


class Cells:
    """The cells of a data set: how many people are in each, and which are too small.

    Args:
        groups: {attribute: (N,) array of str}.
        minimum: cells of fewer people are not shown (`minimum_cell`).
        decided: the cells of the whole data, where `groups` are a sample of it: what is too small was decided there.
        people: (N,) how many people each row stands for; None: one.
        least: cells of fewer people have no rate (`minimum_rate`); None: as `minimum`.
    """

    def __init__(
        self,
        groups: Mapping[str, np.ndarray],
        minimum: int = MINIMUM,
        decided: Self | None = None,
        people: np.ndarray | None = None,
        least: int | None = None,
    ) -> None:
        self.groups = dict(groups)
        self.minimum = minimum
        self.least = minimum if least is None else least
        self._people = people
        self.values: dict[str, list[str]] = {}
        self._codes: dict[str, np.ndarray] = {}
        for name, column in self.groups.items():
            encoded = encode(np.asarray(column, dtype=str))
            self.values[name] = list(encoded.values)
            self._codes[name] = encoded.codes
        self._code_of = {name: {value: code for code, value in enumerate(self.values[name])} for name in self.values}
        self._decided = decided
        self._counts: dict[tuple[str, ...], np.ndarray] = {}

    def of(self, attributes: tuple[str, ...]) -> list[Cell]:
        """Every cell of these attributes in which somebody is, small ones included, in the order of their values.

        Raises:
            DataError: more than 100,000 combinations of values.
        """
        fused, shape = self._fused(attributes)
        # Sorted once by cell, each cell's rows are one stretch: a mask a cell would go through all rows again.
        order = np.argsort(fused, kind="stable")
        ends = np.cumsum(np.bincount(fused, minlength=math.prod(shape)))
        counts = self.counts(attributes).ravel().tolist()
        values = itertools.product(*(self.values[name] for name in attributes))
        cells, start = [], 0
        for end, people, combination in zip(ends.tolist(), counts, values, strict=True):
            where = dict(zip(attributes, combination, strict=True))
            if people or not self.empty(where):
                cells.append(Cell(where, Members(order[start:end], len(fused), people), self.reason(where)))
            start = end
        return cells

    def subsets(self, order: int = 1) -> Iterator[tuple[str, ...]]:
        """Every set of attributes of size 1 to `order`, in the order of the data."""
        for size in range(1, min(order, len(self.groups)) + 1):
            yield from itertools.combinations(self.groups, size)

    def nobody(self, order: int) -> list[dict[str, str]]:
        """Every combination of values of up to `order` attributes in which nobody is."""
        return [
            {name: self.values[name][code] for name, code in zip(attributes, codes, strict=True)}
            for attributes in self.subsets(order)
            for codes in np.argwhere(self.counts(attributes) == 0).tolist()
        ]

    def reason(self, where: Mapping[str, str]) -> str | None:
        """Why nothing is measured of the cell `where`: it is too small to show, and to have any rate.

        None where something may be measured, also where it is not to be shown then.
        """
        smallest = min(self._whole.minimum, self._whole.least)
        return fewer_than(self._whole.minimum, "people") if 0 < self.people(where) < smallest else None

    def unshown(self, where: Mapping[str, str]) -> str | None:
        """Why the cell `where` may not be shown; None where it may, is empty, or is none of the data's."""
        return fewer_than(self._whole.minimum, "people") if 0 < self.people(where) < self._whole.minimum else None

    def together(self, attributes: tuple[str, ...]) -> list[dict[str, str]]:
        """The cells of these attributes that are too small to show, where together they are enough people for it.

        None where there is only one of them: it would be shown after all.
        """
        whole_data = self._whole
        people = whole_data.counts(attributes)
        small = (people > 0) & (people < whole_data.minimum)
        if small.sum() < 2 or people[small].sum() < whole_data.minimum:
            return []
        return [
            {name: whole_data.values[name][code] for name, code in zip(attributes, codes, strict=True)}
            for codes in np.argwhere(small).tolist()
        ]

    def empty(self, where: Mapping[str, str]) -> bool:
        """Whether each of these values occurs in the whole data, and nobody has all of them."""
        codes = self._whole._code_of
        known = bool(where) and all(value in codes.get(name, ()) for name, value in where.items())
        return known and not self.people(where)

    def people(self, where: Mapping[str, str]) -> int:
        """How many people of the whole data are in the cell `where`; not to be written where it may not be shown."""
        whole_data = self._whole
        attributes = tuple(name for name in whole_data.groups if name in where)
        position = tuple(whole_data._code_of[name].get(where[name], -1) for name in attributes)
        if not where or -1 in position or len(attributes) < len(where):
            return 0
        return int(whole_data.counts(attributes)[position])

    @property
    def size(self) -> int:
        """How many people there are in the whole data, which has groups."""
        whole_data = self._whole
        if whole_data._people is not None:
            return int(whole_data._people.sum())
        return len(next(iter(whole_data._codes.values()), ()))

    def counts(self, attributes: tuple[str, ...]) -> np.ndarray:
        """People in each combination of values of these attributes: int64, an axis for each, in their order.

        Raises:
            DataError: more than 100,000 combinations of values.
        """
        if attributes not in self._counts:
            fused, shape = self._fused(attributes)
            people = np.bincount(fused, weights=self._people, minlength=math.prod(shape))
            self._counts[attributes] = np.rint(people).astype(np.int64).reshape(shape)  # bincount adds as float64
        return self._counts[attributes]

    @property
    def _whole(self) -> Self:
        return self if self._decided is None else self._decided._whole

    def _fused(self, attributes: tuple[str, ...]) -> tuple[np.ndarray, tuple[int, ...]]:
        """(N,) the position of each row's cell in the flattened table, and the shape of the table."""
        shape = tuple(len(self.values[name]) for name in attributes)
        # The table of all combinations is made before anybody is counted, so that its size is limited first.
        if math.prod(shape) > MOST:
            raise DataError(
                f"the intersection of {', '.join(attributes)} has {math.prod(shape):,} cells; at most {MOST:,} can be "
                "shown. Give bins or fewer values to one of them under [data.groups], or ask for fewer intersections"
            )
        return np.ravel_multi_index(tuple(self._codes[name] for name in attributes), shape), shape
