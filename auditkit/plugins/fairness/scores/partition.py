"""The groups of some attributes, which of them may be shown, and which have enough people to be compared."""

from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np

from auditkit import group_pairs
from auditkit.counts import Encoded
from auditkit.data import AuditData
from auditkit.plugins.fairness.scores.score_table import ScoreTable, Sorted, score_tables
from auditkit.plugins.fairness.shared.partition import crossed
from auditkit.results import LeftOut, pairs
from auditkit.smaller import smaller_cells
from auditkit.too_few import lacking


class Partition(NamedTuple):
    """Everyone, or the groups of some attributes."""

    attributes: tuple[str, ...]
    where: list[dict[str, str]]
    hidden: list[str | None]
    score_tables: list[ScoreTable]
    minimum: int
    left_out: tuple[LeftOut, ...] = ()
    """Groups of these attributes that are not among these."""

    @property
    def names(self) -> list[str]:
        """Each group as people read it."""
        return [pairs(group) or "everyone" for group in self.where]

    def reason(self, group: int, needs_both_labels: bool) -> str | None:
        """Why a group has no number; None where it has one.

        Args:
            group: which group.
            needs_both_labels: whether the number needs people of both labels.
        """
        if self.hidden[group] is not None:
            return self.hidden[group]
        negative, positive = self.score_tables[group].people.tolist()
        needed = [(negative + positive, "people")]
        if needs_both_labels:
            needed = [(positive, "people with a positive label"), (negative, "people with a negative label")]
        return next(filter(None, (lacking(rows, self.minimum, of) for rows, of in needed)), None)

    def comparable(self, needs_both_labels: bool) -> Self:
        """The groups that can be compared on something that needs people of both labels, or of any."""
        reasons = [self.reason(group, needs_both_labels) for group in range(len(self.where))]
        return self._replace(
            where=[group for group, reason in zip(self.where, reasons, strict=True) if reason is None],
            hidden=[reason for reason in reasons if reason is None],
            score_tables=[table for table, reason in zip(self.score_tables, reasons, strict=True) if reason is None],
            left_out=tuple(group_pairs.left_out(self.where, reasons)),
        )


def partition(rows: Sorted, data: AuditData, attributes: tuple[str, ...], encoded: Mapping[str, Encoded]) -> Partition:
    """The groups of these attributes in which somebody is; no attributes: everyone."""
    where, codes = crossed({name: encoded[name] for name in attributes}, len(rows.order))
    occupied = [index for index, group in enumerate(where) if not data.cells.empty(group)]
    # All groups in one pass over the sorted rows, empty ones too; these are dropped afterwards.
    every = score_tables(rows, codes, len(where))
    where = [where[index] for index in occupied]
    hidden = [data.cells.reason(group) for group in where]
    return Partition(attributes, where, hidden, [every[index] for index in occupied], data.minimum_rate)


def smaller_partitions(rows: Sorted, data: AuditData, order: int) -> list[Partition]:
    """The groups too small to show as one group, for each set of up to `order` attributes that has some."""
    partitions = []
    for cell in smaller_cells(data, order):
        inside = score_tables(rows, np.where(cell.rows, 0, 1), 2)[:1]
        partitions.append(Partition(tuple(cell.where), [cell.where], [None], inside, data.minimum_rate))
    return partitions
