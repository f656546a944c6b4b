"""A histogram of several columns of codes at once, exact, a chunk of rows at a time so that they stay in the cache."""

import math
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit.errors import DataError
from auditkit.lazy import pandas
from auditkit.value_spelling import EXACT

DENSE = 1 << 22
"""Combinations up to which each gets a place; above, only those that occur."""
CHUNK = 1 << 16
"""Rows at a time: their codes fit into the cache."""
PAIRED = 1 << 20
"""Rows at a time where two rows are counted as one: the table of pairs has 65,536 places."""
HELD = 1 << 22
"""Combinations kept apart before they are added up, where only those that occur get a place."""


class Cells(NamedTuple):
    """The combinations that occur, and what they sum to."""

    codes: tuple[np.ndarray, ...]
    """For each column, (K,) int64 codes."""
    rows: np.ndarray
    """(K,) int64 people."""
    weight: np.ndarray
    """(K,) float64"""
    square: np.ndarray
    """(K,) float64"""


class Histogram:
    """Counts of every combination of codes.

    Args:
        sizes: for each column, how many codes there are: they are 0 to size - 1.
        lacking: the columns in which -1 stands for the last code, "not known".
        weighted: whether rows come with weights.
        checked: whether codes out of range are looked for; where not, they must be right.
    """

    def __init__(
        self, sizes: Sequence[int], lacking: Collection[int] = (), weighted: bool = False, checked: bool = True
    ) -> None:
        self.sizes = tuple(sizes)
        self._lacking = frozenset(lacking)
        self.weighted = weighted
        self._checked = checked
        self._size = math.prod(self.sizes)
        self._dense = self._size <= DENSE
        self._tables: list[np.ndarray] = [np.zeros(self._size, np.int64)] if self._dense else []
        self._tables += [np.zeros(self._size), np.zeros(self._size)] if self._dense and weighted else []
        self._parts: list[Cells] = []
        self._held = 0
        self._people = 0.0
        # the smallest type that has room: the work is bound by how many bytes are moved
        self._type = next(
            kind for kind in (np.uint8, np.uint16, np.uint32) if min(self._size, DENSE) <= np.iinfo(kind).max
        )

    def add(
        self, columns: Sequence[np.ndarray], weights: np.ndarray | None = None, people: np.ndarray | None = None
    ) -> None:
        """Count rows.

        Args:
            columns: (N,) codes each, whole numbers of any type.
            weights: (N,) numbers; only where the histogram is weighted.
            people: (N,) whole numbers, 0 or more: how many people each row stands for; None: one.

        Raises:
            DataError: lengths differ, a code is out of range, or there are too many people for 64 bits.
        """
        rows = len(columns[0]) if columns else 0
        if any(
            len(column) != rows for column in (*columns, *(array for array in (weights, people) if array is not None))
        ):
            raise DataError(
                f"columns must have one value per row; their lengths are {[len(column) for column in columns]}"
            )
        if people is not None:
            # in floats, which do not overflow, so that too many people are seen
            self._people += float(np.sum(people, dtype=np.float64))
            people = people_counts(people)
        if self._people > 9e18:
            raise DataError("there are more people than 64 bits can count; check the column that says how many")
        plain = self._dense and weights is None and people is None
        step = PAIRED if plain and self._type is np.uint8 else max(CHUNK, min(1 << 24, 4 * self._size))
        for start in range(0, rows, step):
            part = slice(start, start + step)
            picked = [column[part] for column in columns]
            some = None if people is None else people[part]
            self._chunk(picked, None if weights is None else np.asarray(weights[part], dtype=np.float64), some)

    def cells(self) -> Cells:
        """The combinations that occurred; in the order of their codes."""
        if not self._dense:
            return add_up(self._parts, self.sizes)
        occurring = np.flatnonzero(self._tables[0])
        rows = self._tables[0][occurring]
        codes = np.unravel_index(occurring, self.sizes) if self.sizes else ()
        weight, square = [table[occurring] for table in self._tables[1:]] if self.weighted else [rows.astype(float)] * 2
        return Cells(tuple(codes), rows, weight, square)

    def _chunk(self, columns: list[np.ndarray], weights: np.ndarray | None, people: np.ndarray | None) -> None:
        plain = [self._plain(index, column) for index, column in enumerate(columns)]
        if not self._dense:
            self._sparse(plain, weights, people)
            return
        fused = self._fuse(plain)
        if self._type is np.uint8 and weights is None and people is None and len(fused) >= PAIRED // 2:
            even = len(fused) // 2 * 2
            # two rows are one number of 16 bits, which halves the additions; sums along both axes of the table give
            # each row back
            pairs = np.bincount(fused[:even].view(np.uint16), minlength=1 << 16).reshape(256, 256)
            self._tables[0] += (pairs.sum(axis=0) + pairs.sum(axis=1))[: self._size]
            fused = fused[even:]
        positions = fused.astype(np.intp) if weights is not None or people is not None else fused
        tables = _sums(positions, self._size, weights if self.weighted else None, people)
        for table, array in zip(self._tables, tables, strict=True):
            table += array

    def _sparse(self, columns: list[np.ndarray], weights: np.ndarray | None, people: np.ndarray | None) -> None:
        positions, codes = distinct(columns, self.sizes)
        sums = _sums(positions, len(codes[0]), weights if self.weighted else None, people)
        weight, square = sums[1:] if self.weighted else (sums[0].astype(float),) * 2
        self._parts.append(Cells(codes, sums[0], weight, square))
        self._held += len(codes[0])
        if self._held > HELD and len(self._parts) > 1:
            self._parts = [add_up(self._parts, self.sizes)]
            self._held = 2 * len(self._parts[0].rows)  # so that adding up stays rare however many there are

    def _plain(self, index: int, column: np.ndarray) -> np.ndarray:
        """A column without signs, its codes in range."""
        size = self.sizes[index]
        if column.dtype.kind == "b":
            column = column.view(np.uint8)
        if self._checked and len(column):
            low, high = int(column.min()) if column.dtype.kind == "i" else 0, int(column.max())
            least, most = (-1, size - 2) if index in self._lacking else (0, size - 1)
            if low < least or high > most:
                code = low if low < least else high
                raise DataError(f"a code is out of range: it must be {least} to {most}, one a value; {code} was given")
            if low < 0:
                column = np.where(column < 0, size - 1, column)
        # nothing is negative now, and numpy adds unsigned numbers of one type without widening them
        return column.view(f"u{column.dtype.itemsize}")

    def _fuse(self, columns: list[np.ndarray]) -> np.ndarray:
        """(N,) the place of each row's combination."""
        fused: np.ndarray = columns[0].astype(self._type) if columns else np.zeros(0, self._type)
        for column, size in zip(columns[1:], self.sizes[1:], strict=True):
            fused *= self._type(size)
            fused += column.astype(self._type, copy=False)
        return fused


def people_counts(people: Any) -> np.ndarray:
    """(N,) int64: how many people each row stands for.

    Raises:
        DataError: a number that is not whole or under 0.
    """
    values = np.asarray(people)
    if values.dtype.kind not in "iub":
        exact = values.astype(np.float64)
        if not (np.isfinite(exact).all() and (exact == np.round(exact)).all() and (exact < EXACT).all()):
            raise DataError("people must be whole numbers, one per row: how many people each row stands for")
    if len(values) and values.min() < 0:
        raise DataError(f"people must be 0 or more; {values.min()} was given")
    return values.astype(np.int64)


def add_up(parts: Sequence[Cells], sizes: Sequence[int]) -> Cells:
    """The same combinations of several parts added up, parts in their order; sorted by their codes."""
    columns = [
        np.concatenate([part.codes[index] for part in parts] or [np.zeros(0, int)]) for index in range(len(sizes))
    ]
    rows, weight, square = (
        np.concatenate([getattr(part, name) for part in parts] or [np.zeros(0, kind)])
        for name, kind in (("rows", np.int64), ("weight", float), ("square", float))
    )
    if not columns:
        return Cells((), *(np.array([array.sum()], dtype=array.dtype) for array in (rows, weight, square)))
    positions, codes = distinct_in_order(columns, sizes)
    size = len(codes[0])
    total = np.zeros(size, np.int64)
    np.add.at(total, positions, rows)  # not bincount, whose float64 is exact up to 2^53 only
    sums = [np.bincount(positions, weights=array, minlength=size) for array in (weight, square)]
    return Cells(codes, total, *sums)


def distinct_in_order(columns: Sequence[np.ndarray], sizes: Sequence[int]) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """As `distinct`, the combinations sorted by their codes, the first column first."""
    positions, codes = distinct(columns, sizes)
    order = np.lexsort(codes[::-1])
    inverse = np.empty_like(order)
    inverse[order] = np.arange(len(order))
    return inverse[positions], tuple(code[order] for code in codes)


def distinct(columns: Sequence[np.ndarray], sizes: Sequence[int]) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """For each row the place of its combination among those that occur, and their codes, column by column."""
    if math.prod(sizes) >= 1 << 62:  # more combinations than a number has room for: first those of each half
        half = len(columns) // 2
        left_half, right_half = (distinct(columns[part], sizes[part]) for part in (slice(0, half), slice(half, None)))
        ends = tuple(max(1, len(side[1][0])) for side in (left_half, right_half))
        positions, (first, second) = distinct([left_half[0], right_half[0]], ends)
        return positions, (*(array[first] for array in left_half[1]), *(array[second] for array in right_half[1]))
    fused = np.zeros(len(columns[0]), dtype=np.int64)
    for column, size in zip(columns, sizes, strict=True):
        fused *= size
        fused += column.astype(np.int64)
    positions, occurring = pandas.factorize(fused)
    return positions, tuple(np.unravel_index(occurring, tuple(sizes)))


def _sums(positions: np.ndarray, size: int, weights: np.ndarray | None, people: np.ndarray | None) -> list[np.ndarray]:
    """People by place, and with weights the sums of these and of their squares."""
    if people is None:
        rows = np.bincount(positions, minlength=size)
    elif len(people) == 0 or int(people.max()) * len(people) < EXACT:
        # bincount adds float64, which is exact while no sum can reach 2^53
        rows = np.bincount(positions, weights=people, minlength=size).astype(np.int64)
    else:
        rows = np.zeros(size, np.int64)
        np.add.at(rows, positions, people)
    if weights is None:
        return [rows]
    many: Any = 1 if people is None else people
    squares = weights * weights * many
    return [rows, *(np.bincount(positions, weights=summed, minlength=size) for summed in (weights * many, squares))]
