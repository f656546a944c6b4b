"""Scores sorted once: for every group its distinct scores, and how many people of each label stand on each.

With them the groups of some attributes, which of them may be shown, and which have enough people to be compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, Self, TypeAlias

import numpy as np

from auditkit import group_pairs, stats
from auditkit.counts import Encoded
from auditkit.data import AuditData
from auditkit.plugins.fairness.shared.partition import crossed
from auditkit.results import Interval, LeftOut, pairs
from auditkit.smaller import smaller_cells
from auditkit.too_few import lacking


class Units(NamedTuple):
    """The units, such as patients, whose rows a group has."""

    counts: np.ndarray
    """(3,) int64 units with rows of a negative label, of a positive one, and of any."""
    sizes: np.ndarray
    """(3,) the same as effective numbers: fewer where units are of unequal size."""
    area: stats.Auc | None
    """The area under the ROC curve with its error by units; None where a class is empty."""
    freedom: float
    """Degrees of freedom of that error."""


@dataclass(frozen=True)
class ScoreTable:
    """The distinct scores of one group, ascending; everything that this check measures follows from it."""

    scores: np.ndarray
    """(L,) distinct, ascending."""
    rows: np.ndarray
    """(2, L) int64: people with a negative and with a positive label."""
    weight: np.ndarray
    """(2, L) float64: sums of weights; without weights, the people."""
    square: np.ndarray
    """(2, L) float64: sums of squared weights; without weights, the people."""
    units: Units | None = None
    """Where rows of one unit are not independent: they are taken as alike, so that there are as many as units."""

    @property
    def people(self) -> np.ndarray:
        """(2,) people with a negative and with a positive label."""
        return self.rows.sum(axis=1)

    @cached_property
    def sizes(self) -> np.ndarray:
        """(2,) the same as effective numbers of rows (Kish), or of units."""
        if self.units is not None:
            return self.units.sizes[:2]
        return np.array([_kish(*weight_and_square) for weight_and_square in zip(self.weight, self.square, strict=True)])

    @cached_property
    def size(self) -> float:
        """The effective number of rows of both labels, or of units."""
        return _kish(self.weight, self.square) if self.units is None else float(self.units.sizes[2])

    @property
    def countable(self) -> np.ndarray:
        """(3,) what must not be too few: people of either label and of any, or units."""
        return np.append(self.people, self.people.sum()) if self.units is None else self.units.counts

    @cached_property
    def above(self) -> np.ndarray:
        """(2, L + 1) weight of people of each label at or above each score; the last column is 0."""
        above = np.zeros((2, len(self.scores) + 1))
        np.cumsum(self.weight[:, ::-1], axis=1, out=above[:, -2::-1])
        return above

    @property
    def rate(self) -> float:
        """The share with a positive label, weighted; the table is not empty."""
        return float(self.weight[1].sum() / self.weight.sum())

    @property
    def mean(self) -> float:
        """The mean score, weighted; the table is not empty."""
        return float(self.weight.sum(axis=0) @ self.scores / self.weight.sum())


class Area(NamedTuple):
    """An area under the ROC curve."""

    value: float
    error: float
    """DeLong's standard error."""
    smaller: float
    """(Effective) rows of the smaller class."""
    freedom: float | None = None
    """Degrees of freedom of an error by units."""

    def interval(self, level: float = 0.95) -> Interval:
        """The interval of the area; see `stats.auc_interval`."""
        return stats.auc_interval(self.value, self.error, self.smaller, level, self.freedom)


class Sorted(NamedTuple):
    """All rows in the order of their scores."""

    order: np.ndarray
    """(N,) row numbers."""
    scores: np.ndarray
    """(N,) ascending."""
    outcomes: np.ndarray
    """(N,) bool."""
    weights: np.ndarray | None
    """(N,), or None: all the same."""
    unit: np.ndarray | None = None
    """(N,) whose row it is; None: each by itself."""


def sort(
    scores: np.ndarray, outcomes: np.ndarray, weights: np.ndarray | None = None, unit: np.ndarray | None = None
) -> Sorted:
    """The one sort.

    Args:
        scores: (N,) finite.
        outcomes: (N,) bool: whether the label is positive.
        weights: (N,) positive, or None.
        unit: (N,) whose row it is, where rows of one are not independent; None: each by itself.
    """
    order = np.argsort(scores, kind="stable")
    beside = (None if column is None else column[order] for column in (weights, unit))
    return Sorted(order, scores[order], outcomes[order], *beside)


def score_tables(rows: Sorted, codes: np.ndarray, groups: int) -> list[ScoreTable]:
    """One table for each of the groups, empty ones included.

    Args:
        rows: N rows, sorted.
        codes: (N,) the group of each row, 0 to `groups` - 1, in the order before sorting.
        groups: how many.
    """
    sorted_codes = codes[rows.order]
    if groups < 2**15:
        sorted_codes = sorted_codes.astype(np.int16)  # sorted by radix, which is linear
    by_group = np.argsort(sorted_codes, kind="stable")
    ends = np.cumsum(np.bincount(sorted_codes, minlength=groups))
    return [
        _score_table(
            rows.scores[members],
            rows.outcomes[members],
            None if rows.weights is None else rows.weights[members],
            None if rows.unit is None else rows.unit[members],
        )
        for members in np.split(by_group, ends[:-1])
    ]


def area(table: ScoreTable) -> Area | None:
    """The chance that a positive row scores above a negative one (ties count half); None where a class is empty.

    Equal to `stats.auc`, with the same standard error, in time linear in the distinct scores.

    Source: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44.
    """
    people, totals = table.people, table.weight.sum(axis=1)
    if not people.all():
        return None
    if table.units is not None and table.units.area is not None:
        of_units = table.units.area
        error = float(np.sqrt(np.sum(of_units.influence**2))) / len(of_units.influence)
        return Area(of_units.value, error, min(table.sizes), table.units.freedom)
    negative, positive = table.weight / totals[:, None]
    below, above = np.cumsum(negative) - negative / 2, 1 - np.cumsum(positive) + positive / 2
    value = float(positive @ below)
    variance = 0.0
    for label, beaten in ((1, below), (0, above)):
        unbias = people[label] / (people[label] - 1) if people[label] > 1 else 1.0
        variance += unbias * float(table.square[label] @ (beaten - value) ** 2) / float(totals[label]) ** 2
    # Rounding may leave a speck where every pair is ranked alike.
    return Area(min(1.0, max(0.0, value)), float(np.sqrt(variance)) if variance > 1e-20 else 0.0, min(table.sizes))


def _score_table(
    scores: np.ndarray, outcomes: np.ndarray, weights: np.ndarray | None, unit: np.ndarray | None
) -> ScoreTable:
    if not len(scores):
        return ScoreTable(scores, np.zeros((2, 0), dtype=np.int64), np.zeros((2, 0)), np.zeros((2, 0)))
    starts = np.flatnonzero(np.concatenate([[True], scores[1:] != scores[:-1]]))

    def split(values: np.ndarray) -> np.ndarray:
        return np.stack([np.add.reduceat(values * mask, starts) for mask in (~outcomes, outcomes)])

    # Equal scores stand side by side after the sort, so each distinct score is one stretch.
    positive = np.add.reduceat(outcomes.astype(np.int64), starts)
    rows = np.stack([np.diff(starts, append=len(scores)) - positive, positive])
    units = None if unit is None or len(np.unique(unit)) == len(unit) else _units(scores, outcomes, weights, unit)
    if weights is None:
        return ScoreTable(scores[starts], rows, rows.astype(float), rows.astype(float), units)
    return ScoreTable(scores[starts], rows, split(weights), split(weights**2), units)


def _units(scores: np.ndarray, outcomes: np.ndarray, weights: np.ndarray | None, unit: np.ndarray) -> Units:
    sides = [~outcomes, outcomes, np.ones(len(outcomes), dtype=bool)]
    masses = [
        np.bincount(stats.numbered(unit[side]), None if weights is None else weights[side]).astype(float)
        for side in sides
    ]
    freedom = min(
        [stats.cluster_freedom(unit[side], None if weights is None else weights[side])
         for side in sides[:2] if side.any()], default=1.0,
    )  # fmt: skip
    return Units(
        np.array([len(mass) for mass in masses]), np.array([_kish(mass, mass**2) for mass in masses]),
        stats.auc(scores, outcomes, weights, clusters=unit), freedom,
    )  # fmt: skip


def _kish(weight: np.ndarray, square: np.ndarray) -> float:
    total = float(square.sum())
    return float(weight.sum()) ** 2 / total if total > 0 else 0.0


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
        people = self.score_tables[group].countable
        needed = [(int(people[label]), LABELLED[label]) for label in labels] or [(int(people[2]), "people")]
        return next(filter(None, (lacking(rows, self.minimum, of) for rows, of in needed)), None)

    def comparable(self, labels: Labels = ()) -> Self:
        """The groups that can be compared on something that needs people of each of these labels; none: of any."""
        reasons = [self.reason(group, labels) for group in range(len(self.where))]
        some = self.among([group for group, reason in zip(self.where, reasons, strict=True) if reason is None])
        return some._replace(left_out=tuple(group_pairs.left_out(self.where, reasons)))

    def among(self, groups: Sequence[dict[str, str]]) -> Self:
        """These groups alone."""
        wanted = {frozenset(group.items()) for group in groups}
        kept = [index for index, group in enumerate(self.where) if frozenset(group.items()) in wanted]
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
