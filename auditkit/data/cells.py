"""Which groups are too small, decided once, from the data, before any check: too small to show, and to measure.

A cell is the set of rows that share the values of one or more sensitive attributes. A cell of fewer people than the
minimum is not shown. A larger one always is, and so is every count in it. A combination of values that no row has is
nobody: it is no cell. Practice: UK LLC and ACRO do not show counts under 10.

What is shown says nothing about subtraction: a small cell that is alone among larger ones is the total less these.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self

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

ROUNDS: Final = 100
"""Times that all lines are gone through at most, in search of what can be worked out; tables settle after a few."""


@dataclass(frozen=True, eq=False, slots=True)
class Cell:
    """One group or intersection of groups."""

    where: dict[str, str]
    """{attribute: value}, attributes in the order of the data."""
    positions: np.ndarray
    """(K,) of its rows: a mask of all rows for each of a thousand cells would not fit."""
    total: int
    """Rows of the data."""
    n: int
    """How many people the K rows stand for; units, such as patients, where several rows may be of one."""
    hidden: str | None
    """Why nothing is measured of it; None where a check measures what it can."""

    @property
    def rows(self) -> np.ndarray:
        """(N,) bool: which rows are in it."""
        mask = np.zeros(self.total, dtype=bool)
        mask[self.positions] = True
        return mask


class Cells:
    """The cells of a data set: how many people are in each, and which are too small.

    Args:
        groups: {attribute: (N,) array of str}.
        minimum: cells of fewer people are not shown (`minimum_cell`).
        decided: the cells of the whole data, where `groups` are a sample of it: what is too small was decided there.
        people: (N,) how many people each row stands for; None: one.
        least: cells of fewer people have no rate (`minimum_rate`); None: as `minimum`.
        clusters: (N,) whose row each is, where several are of one person, who is counted once; None: each is a person.
    """

    def __init__(
        self,
        groups: Mapping[str, np.ndarray],
        minimum: int = MINIMUM,
        decided: Self | None = None,
        people: np.ndarray | None = None,
        least: int | None = None,
        clusters: np.ndarray | None = None,
    ) -> None:
        self.groups = dict(groups)
        self.minimum = minimum
        self.least = minimum if least is None else least
        self._people = people
        self._clusters = clusters
        encoded = {name: encode(np.asarray(column, dtype=str)) for name, column in self.groups.items()}
        self.values = {name: list(column.values) for name, column in encoded.items()}
        self._codes = {name: column.codes for name, column in encoded.items()}
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
                cells.append(Cell(where, order[start:end], len(fused), people, self.reason(where)))
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
        people = whole_data._people
        if whole_data._clusters is not None:
            return len(np.unique(whole_data._clusters))
        return len(next(iter(whole_data._codes.values()), ())) if people is None else int(people.sum())

    def counts(self, attributes: tuple[str, ...]) -> np.ndarray:
        """People in each combination of values of these attributes: int64, an axis for each, in their order.

        Raises:
            DataError: more than 100,000 combinations of values.
        """
        if attributes not in self._counts:
            fused, shape = self._fused(attributes)
            if self._clusters is not None:  # once in each cell, in however many rows
                fused = np.unique(np.stack([fused, self._clusters]), axis=1)[0]
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


def deducible(cells: Cells, shown_sets: Iterable[tuple[str, ...]]) -> list[dict[str, str]]:
    """The small groups whose number of people follows from numbers that are shown.

    A reader knows how many people everyone and each larger group are, that a combination that is not listed is empty,
    and that a small group has at least one person and fewer than the smallest that is shown. Every line of a table adds
    up to a group of one attribute less, or to everyone; bounds are carried along these lines until they stand still.

    Args:
        cells: of the data.
        shown_sets: the sets of attributes whose groups are listed.

    Source: constraint propagation as in Buzzigoli and Giusti (1999), An algorithm to calculate the lower and upper
    bounds of the elements of an array given its marginals.
    """
    sets = sorted({(), *(tuple(name for name in cells.groups if name in names) for names in shown_sets)}, key=len)
    people = {names: cells.counts(names) if names else np.array(cells.size) for names in sets}
    small = {names: (table > 0) & (table < cells.minimum) & bool(names) for names, table in people.items()}
    low = {names: np.where(small[names], 1, table) for names, table in people.items()}
    high = {names: np.where(small[names], cells.minimum - 1, table) for names, table in people.items()}
    lines = [
        (names, axis, names[:axis] + names[axis + 1 :])
        for names in sets
        for axis in range(len(names))
        if names[:axis] + names[axis + 1 :] in people
    ]
    # who has rows in several groups is counted in each, so that these are more than the people of their total
    shared = [bool((people[names].sum(axis=axis) != people[total]).any()) for names, axis, total in lines]
    for _ in range(ROUNDS):
        before = sum(int((high[names] - low[names]).sum()) for names in sets)
        for (names, axis, total), is_shared in zip(lines, shared, strict=True):
            _carry(low, high, names, axis, total, is_shared)
        if sum(int((high[names] - low[names]).sum()) for names in sets) == before:
            break
    return [
        {name: cells.values[name][code] for name, code in zip(names, codes, strict=True)}
        for names in sets
        for codes in np.argwhere(small[names] & (low[names] == high[names])).tolist()
    ]


def _carry(
    low: dict[tuple[str, ...], np.ndarray],
    high: dict[tuple[str, ...], np.ndarray],
    table: tuple[str, ...],
    axis: int,
    total: tuple[str, ...],
    is_shared: bool,
) -> None:
    """Narrow the bounds of the lines of a table along an axis, and of their totals.

    Where people are in several cells of a line, its sum is no less than the total, and no cell is more than it.
    """
    least, greatest = low[table].sum(axis=axis), high[table].sum(axis=axis)
    if is_shared:
        least = low[table].max(axis=axis)
    low[total], high[total] = np.maximum(low[total], least), np.minimum(high[total], greatest)
    # A cell is what the total leaves beside the largest, or the smallest, that the others can be.
    at_least, at_most = (np.expand_dims(bound, axis) for bound in (low[total] - greatest, high[total] - least))
    most = np.expand_dims(high[total], axis) if is_shared else at_most + low[table]
    low[table], high[table] = np.maximum(low[table], at_least + high[table]), np.minimum(high[table], most)
