"""The counts of people that could be published, as sums of cells that a reader does not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse


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
