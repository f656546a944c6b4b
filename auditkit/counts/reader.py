"""One who knows the published counts: what the rest can be, by linear programmes."""

from __future__ import annotations

import functools
from typing import Any, Final, NamedTuple

import numpy as np
from scipy import optimize, sparse

from auditkit.counts.published_counts import Published

NEAR: Final = 1e-6
FEW_CELLS: Final = 64
"""Up to so many cells are solved for together, without a look at what lies apart."""


class Known(NamedTuple):
    """What is known of the cells, beside that none is negative: sums with their totals, and sums with a bound."""

    equal: sparse.csr_array
    totals: np.ndarray
    bounded: sparse.csr_array
    most: np.ndarray

    def greatest(self, objective: np.ndarray, cap: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The cells that make a weighted sum of them the greatest, and the prices of the totals.

        Args:
            objective: (cells,) the weights.
            cap: of each cell; None: none.

        Raises:
            ValueError: no cells have these sums.
        """
        has_bounds = self.bounded.shape[0] > 0
        solution: Any = optimize.linprog(
            -objective, A_ub=self.bounded if has_bounds else None, b_ub=self.most if has_bounds else None,
            A_eq=self.equal, b_eq=self.totals, bounds=(0, cap), method="highs",
            # of many cells a search for what can be left out takes longer than the rest
            options={"presolve": len(objective) <= FEW_CELLS},
        )  # fmt: skip
        if solution.x is None:
            raise ValueError(f"the counts do not add up: {solution.message}")
        return solution.x, solution.eqlin.marginals


class End(NamedTuple):
    """One end of what counts can be."""

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
        not_empty = np.flatnonzero(table.some & dark)
        known_small = np.flatnonzero(small & dark) if small is not None else np.zeros(0, dtype=np.int64)
        self._known = Known(
            sparse.vstack(rows, format="csr"),
            np.concatenate(totals),
            # linprog takes upper bounds only: "at least 1" is written as "minus it at most -1"
            sparse.vstack([-table.sums[not_empty], table.sums[known_small]], format="csr"),
            np.concatenate([np.full(len(not_empty), -1.0), np.full(len(known_small), float(most))]),
        )

    def end(self, index: int, sign: int) -> End:
        """The greatest (`sign` 1) or least (-1) that a count can be."""
        cells, prices = self._known.greatest(self._objective(np.array([index]), sign))
        # a published count with a price of 0 could be withheld without moving this end
        return End(cells, self._shown[np.abs(prices[: len(self._shown)]) > NEAR])

    def far_out(self, indices: np.ndarray, signs: np.ndarray, reach: np.ndarray) -> np.ndarray:
        """(cells,) with which many counts are far out at once.

        Args:
            indices: of the counts.
            signs: of each, whether it is to be large (1) or small (-1).
            reach: of each, how far out is enough, so that none takes what many could have.
        """
        bounded = sparse.vstack([self._known.bounded, self.table.sums[indices] * signs[:, None]], format="csr")
        known = self._known._replace(bounded=bounded, most=np.concatenate([self._known.most, signs * reach]))
        return known.greatest(self._objective(indices, signs))[0]

    def narrow_alone(self, indices: np.ndarray, width: float) -> dict[int, np.ndarray]:
        """Which counts are narrow by what is published near them, and which published counts make them so.

        The sums that tie distant cells are passed over, so that the cells fall apart and one programme answers for a
        count in each part: a count that is narrow to one who knows less is narrow. Of the others nothing follows.

        Args:
            indices: of the counts that are asked about.
            width: what is narrower is narrow.
        """
        if self._near is None:
            return {}
        known, shown, part_of_row, part = self._near
        cap = 2 * (float(self.table.counts.max()) + width)  # what only the cap bounds is wider than `width`
        narrow: dict[int, np.ndarray] = {}
        for asked in _one_a_part(indices, part):
            ends, binding = [], np.zeros(len(shown), dtype=bool)
            for sign in (1, -1):
                cells, prices = known.greatest(self._objective(asked, sign), cap)
                ends.append(self.table.sums[asked] @ cells)
                binding |= np.abs(prices[: len(shown)]) > NEAR
            for index, range_width in zip(asked, ends[0] - ends[1], strict=True):
                if range_width < width - NEAR:
                    narrow[int(index)] = shown[binding & (part_of_row[: len(shown)] == part[index])]
        return narrow

    @property
    def falls_apart(self) -> bool:
        """Whether there are cells that nothing but a few long sums ties."""
        return self._near is not None

    def apart(self, indices: np.ndarray) -> list[np.ndarray]:
        """Counts, shared out so that no two of a share are tied but by sums of distant cells."""
        return [indices] if self._near is None else _one_a_part(indices, self._near[3])

    def _objective(self, indices: np.ndarray, signs: np.ndarray | int) -> np.ndarray:
        return np.asarray(self.table.sums[indices].T @ np.broadcast_to(signs, len(indices)).astype(float))

    @functools.cached_property
    def _near(self) -> tuple[Known, np.ndarray, np.ndarray, np.ndarray] | None:
        """What is known near by: without the sums that tie distant cells; None where nothing falls apart.

        With the published counts that are left, and the part of each sum and of each count; -1 for one in several.
        """
        known, cells = self._known, self.table.sums.shape[1]
        if cells <= FEW_CELLS:
            return None
        part_of_cell, tied = parts_of(sparse.vstack([known.equal, known.bounded], format="csr"), cells // 8)
        equal, bounded = tied[: known.equal.shape[0]], tied[known.equal.shape[0] :]
        kept = Known(known.equal[equal], known.totals[equal], known.bounded[bounded], known.most[bounded])
        shown = self._shown[equal[: len(self._shown)]]
        return kept, shown, _part_of(kept.equal, part_of_cell), _part_of(self.table.sums, part_of_cell)


def parts_of(sums: sparse.csr_array, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Cells in parts of at most `most`: tied by the shortest sums first, and by no sum that would make a larger part.

    Returns:
        (cells,) the part of each cell, and (sums,) bool: which sums lie within one part.
    """
    parent, size = list(range(sums.shape[1])), [1] * sums.shape[1]

    def root(cell: int) -> int:
        while parent[cell] != cell:
            parent[cell] = cell = parent[parent[cell]]
        return cell

    lengths = np.diff(sums.indptr)
    within = np.zeros(len(lengths), dtype=bool)
    for row in np.argsort(lengths, kind="stable"):
        if lengths[row] > most:
            break
        first, *others = sorted({root(int(cell)) for cell in sums.indices[sums.indptr[row] : sums.indptr[row + 1]]})
        together = size[first] + sum(size[other] for other in others)
        if not others or together <= most:
            within[row], size[first] = True, together
            for other in others:
                parent[other] = first
    return np.array([root(cell) for cell in range(sums.shape[1])]), within


def _part_of(sums: sparse.csr_array, part_of_cell: np.ndarray) -> np.ndarray:
    """(sums,) the part that holds all cells of a sum; -1 where none does."""
    if sums.shape[0] == 0:
        return np.zeros(0, dtype=np.int64)
    parts = part_of_cell[sums.indices]
    least, most = (end.reduceat(parts, sums.indptr[:-1]) for end in (np.minimum, np.maximum))
    return np.where(least == most, least, -1)


def _one_a_part(indices: np.ndarray, part: np.ndarray) -> list[np.ndarray]:
    """The counts that lie within a part, shared out so that no two of a share lie in the same."""
    shares: list[list[int]] = []
    taken: dict[int, int] = {}
    for index in indices[part[indices] >= 0]:
        number = taken[part[index]] = taken.get(part[index], -1) + 1
        shares.extend([[]] if number == len(shares) else [])
        shares[number].append(int(index))
    return [np.array(share) for share in shares]
