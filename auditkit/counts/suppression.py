"""Cell suppression: which counts may be published so that no small one can be worked out, at the loss of few people.

The counts are sums of unknown cells. A reader knows every published count, and that no cell is negative; for a small
count that leaves a range, found by two linear programmes. Where the range of a small count is too narrow, the dual
solutions name published counts that narrow it: one of these must be suppressed too. Which ones is an integer programme
over all such demands, solved again until no range is too narrow (an implicit hitting set).

Source: Fischetti and Salazar (2001), Solving the cell suppression problem on tabular data with linear constraints,
Management Science 47; the search for demands is that of Moreno-Centeno and Karp (2013), Operations Research 61.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import optimize, sparse

from auditkit.counts.published_counts import Line, Published
from auditkit.counts.ranges import Ranges, nothing_seen
from auditkit.counts.reader import Reader

EXACT: Final = 64
"""Blocks that may be chosen among where the choice is exact. Above it the integer programme is solved once, over the
additions of the table, and what it leaves is met greedily: of each demand the block of the fewest people is taken."""
LARGE: Final = 2000
"""Blocks above which all is chosen greedily."""
NODES: Final = 5000
"""Nodes of the integer programme's search tree; a search that is longer ends with the best choice found by then."""
ROUNDS: Final = 12
"""Rounds of the exact choice; a longer one goes on greedily."""


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
    seen, seen_knowing = nothing_seen(table), nothing_seen(table)
    for number in range(ROUNDS + len(table.people)):  # each round that is greedy suppresses one block more at least
        before, dark = dark, choice.least() if number < choice.rounds else choice.greedy(dark)
        if (before & ~dark).any():  # as long as ever more is kept back, what was possible stays so
            seen, seen_knowing = nothing_seen(table), nothing_seen(table)
        demands = Ranges(Reader(table, dark), minimum, seen).demands(small)
        if not demands:
            knowing = Reader(table, dark, small, minimum - 1)
            demands = Ranges(knowing, (minimum - 1) // 2, seen_knowing).demands(attainable)
        if not demands:
            return dark
        choice.demands |= {frozenset(table.block[demand[~table.known[demand]]].tolist()): None for demand in demands}
        if frozenset() in choice.demands:
            break
    raise ValueError("the counts that are known in any case give a small one away")


def may_be_called_small(table: Published, minimum: int) -> bool:
    """Whether no count is given away by being called small, whatever else is kept back."""
    return bool(_is_attainable(table, minimum)[_is_small(table, minimum)].all())


def _is_small(table: Published, minimum: int) -> np.ndarray:
    return (table.counts < minimum) & ~table.known


def _is_attainable(table: Published, minimum: int) -> np.ndarray:
    """Which small counts can have a range half as wide as `minimum` to one who knows which counts are small."""
    small = _is_small(table, minimum)
    return small & Ranges(Reader(table, ~table.known, small, minimum - 1), (minimum - 1) // 2).are_wide(small)


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
