"""Whose rows are counted, where several are of one person: the rows of a table beside its counts, sorted by whose."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ClusterRows(NamedTuple):
    """Rows by group, cluster, label and decision, sorted by group and cluster; labels and decisions as in `Tally`."""

    group: np.ndarray
    """(E,) the position of each row's group, 0 to K - 1."""
    cluster: np.ndarray
    """(E,) the same number for rows that vary together."""
    label: np.ndarray
    """(E,) 0 to C; C: not known."""
    decision: np.ndarray
    """(E,) 0 to C; C: abstained."""
    weight: np.ndarray
    """(E,) 1 without weights."""

    def grouped(self, group: np.ndarray) -> ClusterRows:
        """The same rows in other groups; those of a negative one are left out.

        Args:
            group: (E,) the new group of each.
        """
        kept = np.flatnonzero(group >= 0)
        order = kept[np.lexsort((self.cluster[kept], group[kept]))]
        return ClusterRows(group[order], *(column[order] for column in self[1:]))

    def against(self, positive: int, classes: int) -> ClusterRows:
        """One class against all others; see `Tally.against`."""
        label, decision = (
            np.where(codes == classes, 2, (codes == positive).astype(np.int64)) for codes in (self.label, self.decision)
        )
        return self._replace(label=label, decision=decision)

    def right_or_not(self, classes: int) -> ClusterRows:
        """A right decision as "selected", of people who all should be; see `metrics.catalogue.right_or_not`."""
        withheld, known = self.decision == classes, self.label < classes
        decision = np.where(withheld, 2, (known & (self.label == self.decision)).astype(np.int64))
        return self._replace(label=np.where(known, 1, 2), decision=decision)

    def pairs(self, among: np.ndarray, hits: np.ndarray) -> tuple[np.ndarray, ...]:
        """What each cluster has in each group: groups, rows, weights and weights of hits, (M,) each.

        Args:
            among: (E,) bool: which rows count in the denominator.
            hits: (E,) bool: which of them count in the numerator.
        """
        if not len(self.group):
            return (np.zeros(0, dtype=np.int64), *(np.zeros(0) for _ in range(3)))
        new = (np.diff(self.group) != 0) | (np.diff(self.cluster) != 0)
        starts = np.concatenate([[0], np.flatnonzero(new) + 1])
        masses = (among.astype(np.float64), self.weight * among, self.weight * (among & hits))
        return (self.group[starts], *(np.add.reduceat(mass, starts) for mass in masses))
