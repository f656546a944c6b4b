"""The groups of some attributes, which of them may be shown, and which have enough people to be compared."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Self, TypeAlias

import numpy as np

from auditkit import group_pairs
from auditkit.counts import Encoded
from auditkit.data import AuditData
from auditkit.plugins.fairness.scores.score_table import ScoreTable, Sorted, score_tables
from auditkit.plugins.fairness.shared.partition import crossed
from auditkit.results import LeftOut, pairs
from auditkit.smaller import smaller_cells
from auditkit.too_few import lacking

Labels: TypeAlias = tuple[int, ...]
"""1 is the positive label, 0 the negative one."""
BOTH: Final[Labels] = (1, 0)
LABELLED: Final = {1: "people with a positive label", 0: "people with a negative label"}


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

    def reason(self, group: int, labels: Labels = ()) -> str | None:
        """Why a group has no number; None where it has one.

        Args:
            group: which group.
            labels: of which the number needs people; none: people of any.
        """
        if self.hidden[group] is not None:
            return self.hidden[group]
        people = self.score_tables[group].people
        needed = [(int(people[label]), LABELLED[label]) for label in labels] or [(int(people.sum()), "people")]
        return next(filter(None, (lacking(rows, self.minimum, of) for rows, of in needed)), None)

    def comparable(self, labels: Labels = ()) -> Self:
        """The groups that can be compared on something that needs people of each of these labels; none: of any."""
        reasons = [self.reason(group, labels) for group in range(len(self.where))]
        some = self.among([group for group, reason in zip(self.where, reasons, strict=True) if reason is None])
        return some._replace(left_out=tuple(group_pairs.left_out(self.where, reasons)))

    def among(self, groups: Sequence[dict[str, str]]) -> Self:
        """These groups alone."""
        kept = [index for index, group in enumerate(self.where) if group in groups]
        return self._replace(
            where=[self.where[index] for index in kept],
            hidden=[self.hidden[index] for index in kept],
            score_tables=[self.score_tables[index] for index in kept],
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
    return [
        Partition(
            tuple(cell.where), [cell.where], [None], score_tables(rows, np.where(cell.rows, 0, 1), 2)[:1],
            data.minimum_rate,
        )
        for cell in smaller_cells(data, order)
    ]  # fmt: skip
