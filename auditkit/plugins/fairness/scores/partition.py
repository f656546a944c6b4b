"""The groups of some attributes, which of them may be shown, and which have enough people to be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from auditkit import group_pairs
from auditkit.counts import Encoded
from auditkit.data import AuditData
from auditkit.plugins.fairness.scores.score_table import Ladder, Sorted, ladders
from auditkit.plugins.fairness.shared.partition import crossed
from auditkit.results import LeftOut, pairs
from auditkit.too_few import lacking


class Chosen(NamedTuple):
    """The groups that can be compared, and why the others cannot."""

    at: list[int]
    left_out: list[LeftOut]
    """The others."""

    def where(self, part: Partition) -> list[dict[str, str]]:
        """Which groups of the partition these are."""
        return [part.where[at] for at in self.at]


class Partition(NamedTuple):
    """Everyone, or the groups of some attributes."""

    attributes: tuple[str, ...]
    where: list[dict[str, str]]
    hidden: list[str | None]
    ladders: list[Ladder]
    minimum: int

    @property
    def names(self) -> list[str]:
        """Each group as people read it."""
        return [pairs(texts) or "everyone" for texts in self.where]

    def reason(self, at: int, both: bool) -> str | None:
        """Why a group has no number; None where it has one.

        Args:
            at: which group.
            both: whether the number needs people of both labels.
        """
        if self.hidden[at] is not None:
            return self.hidden[at]
        negative, positive = self.ladders[at].people.tolist()
        needed = [(negative + positive, "people")]
        if both:
            needed = [(positive, "people with a positive label"), (negative, "people with a negative label")]
        return next(filter(None, (lacking(rows, self.minimum, of) for rows, of in needed)), None)

    def choose(self, both: bool) -> Chosen:
        """The groups that can be compared on something that needs people of both labels, or of any."""
        reasons = [self.reason(at, both) for at in range(len(self.where))]
        at = [place for place, reason in enumerate(reasons) if reason is None]
        return Chosen(at, group_pairs.left_out(self.where, reasons))


def partition(rows: Sorted, data: AuditData, attributes: tuple[str, ...], encoded: Mapping[str, Encoded]) -> Partition:
    """The groups of these attributes in which somebody is; no attributes: everyone."""
    where, codes = crossed({name: encoded[name] for name in attributes}, len(rows.order))
    there = [at for at, group in enumerate(where) if not data.cells.empty(group)]
    every = ladders(rows, codes, len(where))
    where = [where[at] for at in there]
    hidden = [data.cells.reason(group) for group in where]
    return Partition(attributes, where, hidden, [every[at] for at in there], data.minimum_rate)
