"""How wide the ranges of small counts are to a reader, and which published counts make the narrow ones so."""

from __future__ import annotations

import numpy as np

from auditkit.counts.published_counts import Published
from auditkit.counts.reader import NEAR, Reader


class Ranges:
    """What is known of the range of each count, from solutions that were seen: it is at least as wide.

    Args:
        reader: whose ranges.
        width: a range that is narrower is narrow.
        seen: (counts, 2) the ends that are known to be possible; changed in place.
    """

    def __init__(self, reader: Reader, width: float, seen: np.ndarray | None = None) -> None:
        self._reader, self._width = reader, width
        self._ends = nothing_seen(reader.table) if seen is None else seen
        self._wide = self._are_wide()

    def demands(self, small: np.ndarray) -> list[np.ndarray]:
        """Why ranges of small counts are narrow: the published counts that make one so, once a block."""
        block = self._reader.table.block
        narrow = self._narrow_alone(small)
        demands: dict[int, np.ndarray] = {}
        for index in np.flatnonzero(small).tolist():
            # a block that has a demand is looked at again once that is met
            if block[index] not in demands and not self._wide[index]:
                because = narrow[index] if index in narrow else self._because(index)
                if because is not None:
                    demands[block[index]] = because
        return list(demands.values())

    def are_wide(self, small: np.ndarray) -> np.ndarray:
        """(counts,) bool: which ranges are wide, of the small counts at least."""
        narrow = self._narrow_alone(small)
        for index in np.flatnonzero(small).tolist():
            if not self._wide[index] and index not in narrow:
                self._because(index)
        return self._wide

    def _because(self, index: int) -> np.ndarray | None:
        """The published counts that make a range narrow, by two programmes for it alone; None where it is wide."""
        because: list[np.ndarray] = []
        for sign in (1, -1):
            if not self._wide[index]:
                end = self._reader.end(index, sign)
                because.append(end.because)
                self._see(end.cells)
        return None if self._wide[index] else np.unique(np.concatenate(because))

    def _narrow_alone(self, small: np.ndarray) -> dict[int, np.ndarray]:
        """Narrow ranges of which few programmes tell; wide ones are noted, as far as few programmes tell of them."""
        if not self._reader.falls_apart:
            self._widen_together(small)
        narrow = self._reader.narrow_alone(np.flatnonzero(small & ~self._wide), self._width)
        self._widen_by_halves(np.setdiff1d(np.flatnonzero(small & ~self._wide), list(narrow)))
        return narrow

    def _widen_together(self, small: np.ndarray) -> None:
        """One programme for all that may be narrow, as long as it tells of many: mostly few widen nearly all ranges."""
        left, before = np.flatnonzero(small & ~self._wide), np.inf
        while 1 < len(left) < 0.8 * before:
            before = len(left)
            for sign in (1, -1) if self._reader.knows else (1,):
                self._send_out(left, np.full(len(left), sign))
            left = left[~self._wide[left]]

    def _widen_by_halves(self, indices: np.ndarray) -> None:
        """Of counts that lie apart, one half as large as can be while the other is as small, then the other way round.

        Where a sum holds all of them back together, one half makes room for the other. Any two are once in two halves.
        """
        for share in self._reader.apart(indices):
            places = np.arange(len(share))
            for bit in range(len(share).bit_length()):
                signs = np.where(places >> bit & 1, 1, -1)
                for turn in (1, -1):
                    left = ~self._wide[share]
                    if left.sum() > 1:
                        self._send_out(share[left], turn * signs[left])

    def _send_out(self, indices: np.ndarray, signs: np.ndarray) -> None:
        low, high = self._ends[indices].T
        self._see(self._reader.far_out(indices, signs, np.where(signs > 0, low + self._width, high - self._width)))

    def _see(self, cells: np.ndarray) -> None:
        values = self._reader.table.sums @ cells
        np.minimum(self._ends[:, 0], values, out=self._ends[:, 0])
        np.maximum(self._ends[:, 1], values, out=self._ends[:, 1])
        self._wide = self._are_wide()

    def _are_wide(self) -> np.ndarray:
        return np.asarray(self._ends[:, 1] - self._ends[:, 0] >= self._width - NEAR)


def nothing_seen(table: Published) -> np.ndarray:
    """(counts, 2) the ends that are possible in any case: what is so."""
    return np.repeat(table.counts[:, None].astype(float), 2, axis=1)
