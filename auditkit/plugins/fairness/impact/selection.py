"""How many people of each group were selected, the rates, and the ratios to the group with the highest rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditkit import group_pairs, stats
from auditkit.counts import Counts
from auditkit.data.disclosure import how_many
from auditkit.errors import present
from auditkit.group_pairs import Members, pairs_behind
from auditkit.results import GroupPair, Interval, LeftOut, Measurement, Scalar, pairs
from auditkit.smaller import Smaller, smaller_together
from auditkit.too_few import lacking, two_groups
from auditkit.variants import among_large, variants

if TYPE_CHECKING:
    from auditkit.data import AuditData

METHOD = "Miettinen-Nurminen score"
ALL_PAIRS = "score intervals of all pairs of groups at once (Šidák)"


class Selection(NamedTuple):
    """The K groups of some attributes: how many people, and how many of them were selected."""

    attributes: tuple[str, ...]
    where: list[dict[str, str]]
    people: np.ndarray
    """(K,) int64: people with a decision."""
    selected: np.ndarray
    """(K,) int64: those of them who were selected."""
    reasons: list[str | None]
    """(K,) why the group may not be shown, or has no rate; None where it is shown."""
    large: np.ndarray
    """(K,) bool: has as many people as a group must have to be shown, with or without a decision."""
    rate: str = "selection_rate"
    """The name of the rate: of those selected, or of those who scored above the median."""

    @property
    def names(self) -> list[str]:
        """(K,) each group as people read it."""
        return [pairs(texts) for texts in self.where]

    @property
    def shown(self) -> np.ndarray:
        """The positions of the groups that are shown."""
        return np.flatnonzero([reason is None for reason in self.reasons])

    def only(self, at: Sequence[int] | np.ndarray) -> Selection:
        """The same with these groups alone."""
        return Selection(
            self.attributes, [self.where[i] for i in at], self.people[at], self.selected[at],
            [self.reasons[i] for i in at], self.large[at], self.rate,
        )  # fmt: skip

    @property
    def lacking(self) -> tuple[LeftOut, ...]:
        """The groups that are not shown, or have no rate."""
        return tuple(group_pairs.left_out(self.where, self.reasons))

    def left_out(self, those: bool) -> list[str]:
        """The groups that are not shown, with the reason: those large enough to be, or the others."""
        return [
            f"{name} ({reason})"
            for name, reason, large in zip(self.names, self.reasons, self.large, strict=True)
            if reason is not None and bool(large) == those
        ]


class Ratios(NamedTuple):
    """Each group's rate over the highest rate."""

    highest: int
    """The position of the group with the highest rate, of several the first; or of the reference group."""
    values: list[float | None]
    """(K,) between 0 and 1; None where the group is not compared."""
    intervals: list[Interval | None]
    """(K,) for the ratio to that group; None for that group itself."""

    def pair(self, found: Selection, at: int) -> tuple[GroupPair, ...]:
        """A group and the one with the highest rate; none for that group itself."""
        return () if at == self.highest else group_pairs.pair_of_extremes(members(found, [at, self.highest]))


def selection(counts: Counts, attributes: tuple[str, ...], data: AuditData) -> Selection:
    """The groups of these attributes in which somebody is, from counts of decisions (not selected, selected)."""
    where, tally = counts.over(attributes)
    rows = tally.rows.sum(axis=1)
    people, chosen = rows[:, :2].sum(axis=1), rows[:, 1]
    minimum = data.minimum_rate
    reasons = [data.cells.reason(texts) or _too_few(int(n), minimum) for texts, n in zip(where, people, strict=True)]
    found = Selection(attributes, where, people, chosen, reasons, rows.sum(axis=1) >= max(1, data.minimum_cell))
    return found.only([at for at, group in enumerate(where) if not data.cells.empty(group)])


def smaller_selection(found: Selection, data: AuditData) -> tuple[Smaller, int, int] | None:
    """The groups that are too small to show, as one, with how many of how many people of them were selected.

    None where they may not be shown as one, have no rate, or one of them is not among the groups that are compared.
    """
    small = smaller_together(found.attributes, data)
    if small is None:
        return None
    at = small.among(found.where)
    if len(at) < len(small.groups):
        return None
    people = int(found.people[at].sum())
    return (small, int(found.selected[at].sum()), people) if people >= max(1, data.minimum_rate) else None


def ratios(found: Selection, among: np.ndarray, reference: int | None = None) -> Ratios | None:
    """The impact ratios among some groups; None where fewer than two are there, or nobody was selected.

    The group with the highest rate is chosen by looking, so the intervals hold for every pair of groups at once.

    Args:
        found: the groups.
        among: the positions of those that are compared; each has people.
        reference: the position of one of them, to which the others are held in place of the highest.
    """
    if len(among) < 2 or not found.selected[among if reference is None else [reference]].any():
        return None
    rates = found.selected[among] / found.people[among]
    top = int(among[int(np.argmax(rates))]) if reference is None else reference
    most, of = int(found.selected[top]), int(found.people[top])
    comparisons = len(among) * (len(among) - 1) // 2 if reference is None else len(among) - 1
    level = stats.sidak_level(0.95, comparisons)
    values: list[float | None] = [None] * len(found.where)
    intervals: list[Interval | None] = [None] * len(found.where)
    for at in map(int, among):
        x, n = int(found.selected[at]), int(found.people[at])
        values[at] = x * of / (n * most)
        if at != top:
            interval = stats.ratio_interval(x, n, most, of, level)
            interval = present(interval, "somebody of the highest group was selected")
            method = METHOD if comparisons == 1 else ALL_PAIRS
            intervals[at] = interval.model_copy(update={"level": 0.95, "method": method})
    return Ratios(top, values, intervals)


def lowest_ratios(
    found: Selection, among: np.ndarray, data: AuditData, reference: bool = True,
    conditions: Mapping[str, Scalar] | None = None,
) -> list[Measurement]:  # fmt: skip
    """The lowest of the impact ratios, and beside it that among large groups, and to the reference group if any.

    Args:
        found: the groups.
        among: the positions of those that are compared; each has people.
        data: says which groups are large, and which is the reference.
        reference: whether a ratio to the reference group is measured.
        conditions: of the measurements.
    """

    def again(kept: Sequence[dict[str, str]], against: dict[str, str] | None) -> list[Measurement]:
        some = np.array([at for at in among if found.where[at] in kept], dtype=np.int64)
        place = None if against is None else [found.where[at] for at in some].index(against)
        return [_lowest(found, some, place).model_copy(update={"conditions": dict(conditions or {})})]

    where = [found.where[at] for at in among]
    first = again(where, None)
    return [*first, *(variants if reference else among_large)(first, [where], again, data)]


def _lowest(found: Selection, among: np.ndarray, reference: int | None) -> Measurement:
    """The smallest ratio of two groups, with an interval that holds whichever groups they are."""
    name, across = "lowest_impact_ratio", found.attributes
    if len(among) < 2 or not found.selected[among].any():
        why = why_no_ratio(among)
        return Measurement(name=name, value=None, reason=why, direction="higher", across=across)
    shares = stats.Shares(found.selected[among], found.people[among])
    extreme = stats.smallest([shares], reference=None if reference is None else [reference])
    extreme = present(extreme, "somebody was selected")
    return Measurement(
        name=name, value=extreme.value, direction="higher", across=across, interval=extreme.interval,
        n=int(found.people[among].sum()), left_out=found.lacking,
        pairs=tuple(pairs_behind(extreme, [members(found, among)], "high")),
    )  # fmt: skip


def members(found: Selection, at: Sequence[int] | np.ndarray) -> Members:
    """Some of the groups with their rates."""
    hits, people = found.selected[at], found.people[at]
    return Members(found.rate, [found.where[place] for place in at], hits / people, people, hits)


def undecided(what: str, decisions: np.ndarray, data: AuditData) -> list[str]:
    """A note on the people about whom no decision was made; none where there are none.

    Args:
        what: what they are not in.
        decisions: (N,) -1 for no decision.
        data: says how many people a row stands for, and how few are too few to be counted out.
    """
    rows = decisions < 0
    if not rows.any():
        return []
    lost = int(rows.sum() if data.people is None else data.people[rows].sum())
    number = how_many(lost, data.minimum_cell, data.disclosure)
    return [f"In no {what}, because no decision was made about them: {number} people."]


def why_no_ratio(among: np.ndarray) -> str:
    """Why `ratios` gives nothing."""
    if len(among) < 2:
        return two_groups()
    return "nobody was selected in any group, so there is no ratio"


def _too_few(people: int, minimum: int) -> str | None:
    return lacking(people, minimum, "people with a decision")
