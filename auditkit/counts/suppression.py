"""Cell suppression: which counts may be published so that no small one can be worked out, at the loss of few people.

The counts are sums of unknown cells. A reader knows every published count, and that no cell is negative; for a small
count that leaves a range, found by two linear programmes. Where the range of a small count is too narrow, the dual
solutions name published counts that narrow it: one of these must be suppressed too. Which ones is an integer programme
over all such demands, solved again until no range is too narrow (an implicit hitting set).

Source: Fischetti and Salazar (2001), Solving the cell suppression problem on tabular data with linear constraints,
Management Science 47; the search for demands is that of Moreno-Centeno and Karp (2013), Operations Research 61.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from scipy import optimize, sparse

EXACT: Final = 64
"""Blocks that may be chosen among where the choice is exact. Above it the integer programme is solved once, over the
additions of the table, and what it leaves is met greedily: of each demand the block of the fewest people is taken."""
LARGE: Final = 2000
"""Blocks above which all is chosen greedily."""
NODES: Final = 5000
"""Nodes of the integer programme's search tree; a search that is longer ends with the best choice found by then."""
ROUNDS: Final = 12
"""Rounds of the exact choice; a longer one goes on greedily."""
NEAR: Final = 1e-6


class Line(NamedTuple):
    """A count that is the sum of others."""

    total: int
    parts: tuple[int, ...]


@dataclass(frozen=True)
class Published:
    """Counts that could be published, in the order of the data, as sums of unknown cells."""

    sums: sparse.csr_array
    """(counts, cells) of 0 and 1."""
    counts: np.ndarray
    """(counts,) int64: how many people each is."""
    known: np.ndarray
    """(counts,) bool: published in any case, such as how many people there are."""
    some: np.ndarray
    """(counts,) bool: a reader knows that it is not 0, as the group is named."""
    block: np.ndarray
    """(counts,) which counts are published together or not at all, as no rate can be read with one of them alone."""
    people: np.ndarray
    """(blocks,) how many people are lost sight of where a block is suppressed."""
    same: sparse.csr_array | None = None
    """(equations, cells): sums of cells, less others, that a reader knows to be 0."""
    lines: tuple[Line, ...] = ()
    """Additions among the counts; they only make the search shorter."""

    def blocks_of(self, some: np.ndarray) -> np.ndarray:
        """(blocks,) whether any of `some` counts is in it."""
        return np.bincount(self.block, weights=some, minlength=len(self.people)) > 0


def suppress(table: Published, minimum: int) -> np.ndarray:
    """Which counts are not to be published.

    Every count under `minimum` is suppressed, 0 included, and so are others, of as few people as possible, until each
    small count can be any number in a range at least `minimum` wide; and in one at least half as wide for those who
    know which counts are small, as a disparity that leaves a group out says of it, where that can be had at all (not of
    27 people in three groups of nine). Of choices that lose equally many people the one that is earlier in the order of
    the counts is taken.

    Args:
        table: the counts.
        minimum: counts under it are protected.

    Returns:
        (counts,) bool.

    Raises:
        ValueError: what is known in any case gives a small count away.
    """
    small = _is_small(table, minimum)
    choice = _Choice(table, small, minimum)
    # a count never stands alone: its block goes with it
    dark = table.blocks_of(small)[table.block]
    attainable = _is_attainable(table, minimum)
    for number in range(ROUNDS + len(table.people)):  # each round that is greedy suppresses one block more at least
        dark = choice.least() if number < choice.rounds else choice.greedy(dark)
        demands = exposed(table, dark, small, minimum)
        if not demands:
            demands = _demands(Reader(table, dark, small, minimum - 1), attainable, (minimum - 1) // 2)
        if not demands:
            return dark
        choice.demands |= {frozenset(table.block[demand[~table.known[demand]]].tolist()): None for demand in demands}
        if frozenset() in choice.demands:
            break
    raise ValueError("the counts that are known in any case give a small one away")


def exposed(table: Published, dark: np.ndarray, small: np.ndarray, width: int) -> list[np.ndarray]:
    """Why the range of a small count is narrower than `width`: the published counts that make it so, once a block."""
    return _demands(Reader(table, dark), small, width)


def may_be_called_small(table: Published, minimum: int) -> bool:
    """Whether no count is given away by being called small, whatever else is kept back."""
    return bool(_is_attainable(table, minimum)[_is_small(table, minimum)].all())


def _is_small(table: Published, minimum: int) -> np.ndarray:
    return (table.counts < minimum) & ~table.known


def _is_attainable(table: Published, minimum: int) -> np.ndarray:
    """Which small counts can have a range half as wide as `minimum` to one who knows which counts are small."""
    small, width = _is_small(table, minimum), (minimum - 1) // 2
    reader = Reader(table, ~table.known, small, minimum - 1)
    ranges = np.repeat(reader.table.counts[:, None].astype(float), 2, axis=1)
    wide = _wide_after_joint_solutions(reader, ranges, small, width)
    for index, sign in itertools.product(np.flatnonzero(small & ~wide), (1, -1)):
        wide |= ranges_with(ranges, reader.table.sums @ reader.end(np.array([index]), sign).cells) >= width - NEAR
    return small & wide


def _demands(reader: Reader, small: np.ndarray, width: int) -> list[np.ndarray]:
    table = reader.table
    ranges = np.repeat(table.counts[:, None].astype(float), 2, axis=1)
    wide = _wide_after_joint_solutions(reader, ranges, small, width)
    demands: dict[int, np.ndarray] = {}
    for index in np.flatnonzero(small):
        if table.block[index] in demands:
            continue  # its block is looked at again once that demand is met
        because: list[np.ndarray] = []
        for sign in (1, -1):
            if not wide[index]:
                end = reader.end(np.array([index]), sign)
                because.append(end.because)
                wide |= ranges_with(ranges, table.sums @ end.cells) >= width - NEAR
        if not wide[index]:
            demands[table.block[index]] = np.unique(np.concatenate(because))
    return list(demands.values())


def _wide_after_joint_solutions(reader: Reader, ranges: np.ndarray, small: np.ndarray, width: int) -> np.ndarray:
    """Which ranges are wide already from solutions that make many small counts large at once."""
    wide: np.ndarray = ranges[:, 1] - ranges[:, 0] >= width - NEAR
    # one programme for many counts at once: mostly a few solutions widen nearly all ranges, and each saves two
    # programmes
    while (small & ~wide).sum() > 1:
        indices, newly_wide = np.flatnonzero(small & ~wide), wide
        for sign in (1, -1) if reader.knows else (1,):
            newly_wide = ranges_with(ranges, reader.table.sums @ reader.end(indices, sign).cells) >= width - NEAR
        if not (newly_wide & small & ~wide).any():
            break
        wide |= newly_wide
    return wide


def ranges_with(ranges: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(counts,) how wide each range is, once it holds its value of one more solution; `ranges` is widened in place."""
    np.minimum(ranges[:, 0], values, out=ranges[:, 0])
    np.maximum(ranges[:, 1], values, out=ranges[:, 1])
    return np.asarray(ranges[:, 1] - ranges[:, 0])


class End(NamedTuple):
    """One end of what a count can be."""

    value: float
    cells: np.ndarray
    """(cells,) with which it is reached."""
    because: np.ndarray
    """Positions of the published counts that keep it from being further out."""


class Reader:
    """One who knows what is published, and works out what the rest can be.

    Args:
        table: the counts.
        dark: which of them are not published.
        small: which of them this reader knows to be small; None: none.
        most: what a small count is at most.
    """

    def __init__(self, table: Published, dark: np.ndarray, small: np.ndarray | None = None, most: int = 0) -> None:
        self.table = table
        self.knows = small is not None
        self._shown = np.flatnonzero(~dark)
        rows, totals = [table.sums[self._shown]], [table.counts[self._shown].astype(float)]
        if table.same is not None:
            rows.append(table.same)
            totals.append(np.zeros(table.same.shape[0]))
        self._equal, self._totals = sparse.vstack(rows, format="csr"), np.concatenate(totals)
        not_empty = np.flatnonzero(table.some & dark)
        known_small = np.flatnonzero(small & dark) if small is not None else np.zeros(0, dtype=np.int64)
        # linprog takes upper bounds only: "at least 1" is written as "minus it at most -1"
        bounds = [-table.sums[not_empty], table.sums[known_small]]
        self._bounds = sparse.vstack(bounds, format="csr") if len(not_empty) + len(known_small) else None
        self._most = np.concatenate([np.full(len(not_empty), -1.0), np.full(len(known_small), float(most))])

    def end(self, indices: np.ndarray, sign: int) -> End:
        """The greatest (`sign` 1) or least (-1) that some counts can be together."""
        objective = np.asarray(self.table.sums[indices].sum(axis=0)).ravel()
        solution: Any = optimize.linprog(
            -sign * objective, A_ub=self._bounds, b_ub=None if self._bounds is None else self._most,
            A_eq=self._equal, b_eq=self._totals, method="highs",
        )  # fmt: skip
        if solution.x is None:
            raise ValueError(f"the counts do not add up: {solution.message}")
        # a published count with a dual price of 0 could be withheld without moving this end
        binding = np.abs(solution.eqlin.marginals[: len(self._shown)]) > NEAR
        return End(float(-sign * solution.fun), solution.x, self._shown[binding])


class _Choice:
    """The integer programme: 1 for each block that is suppressed."""

    def __init__(self, table: Published, small: np.ndarray, minimum: int) -> None:
        self._table, self._minimum = table, minimum
        self._must = table.blocks_of(small)
        self._free = ~self._must & ~table.blocks_of(table.known)
        self._lines = [row for line in table.lines for row in self._of_line(line, small)]
        blocks = int(self._free.sum())
        self.rounds = ROUNDS if blocks <= EXACT else 1 if blocks <= LARGE else 0
        self.demands: dict[frozenset[int], None] = {}
        """Blocks, of each of which one must be suppressed; in the order in which they were found."""

    def greedy(self, dark: np.ndarray) -> np.ndarray:
        """`dark` and, for each demand that it does not meet, the block of the fewest people, first come first."""
        chosen = self._table.blocks_of(dark)
        for demand in self.demands:
            if not any(chosen[block] for block in demand):
                chosen[min(demand, key=lambda block: (self._table.people[block], block))] = True
        return chosen[self._table.block]

    def least(self) -> np.ndarray:
        """What meets all demands and loses the fewest people."""
        rank = np.cumsum(self._free)
        cost = self._table.people + rank / (1 + rank[self._free].sum())  # together the ranks weigh less than a person
        rows, at_least = self._constraints()
        solution = optimize.milp(
            np.where(self._free, cost, 0.0),
            integrality=np.ones(len(cost)),
            bounds=optimize.Bounds(self._must.astype(float), (self._must | self._free).astype(float)),
            constraints=optimize.LinearConstraint(rows, lb=at_least),
            # nodes and no seconds limit the search, so that every machine chooses alike
            options={"mip_rel_gap": 0.0, "node_limit": NODES},
        )
        if solution.x is None:
            self.rounds = 0
            return self.greedy(self._must[self._table.block])
        return np.asarray(solution.x > 0.5)[self._table.block]

    def _constraints(self) -> tuple[sparse.csr_array, np.ndarray]:
        rows = [(dict.fromkeys(demand, 1.0), 1.0) for demand in self.demands] + self._lines
        entries = [(number, block, value) for number, (row, _) in enumerate(rows) for block, value in row.items()]
        numbers, blocks, values = zip(*entries, strict=True) if entries else ((), (), ())
        shape = (len(rows), len(self._must))
        return sparse.csr_array((values, (numbers, blocks)), shape=shape), np.array([bound for _, bound in rows])

    def _of_line(self, line: Line, small: np.ndarray) -> list[tuple[dict[int, float], float]]:
        """In a line nothing is suppressed alone, and beside a small count enough people are to hide it among."""
        block, counts = self._table.block, self._table.counts
        members = [int(block[index]) for index in (*line.parts, line.total)]
        constraints = [
            ({**dict.fromkeys(members, 1.0), member: -1.0}, 0.0)
            for member in members
            if self._free[member] and members.count(member) == 1
        ]
        if small[list(line.parts)].any():
            capacity = dict.fromkeys(members, 0.0)
            for index, member in zip(line.parts, members, strict=False):
                capacity[member] += float(min(counts[index], self._minimum))
            capacity[members[-1]] += float(self._minimum)
            constraints.append((capacity, float(self._minimum)))
        return constraints
