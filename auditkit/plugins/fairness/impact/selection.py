"""How many people of each group were selected, the rates, and the ratios to the group with the highest rate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from auditkit import group_pairs, stats
from auditkit.counts import Counts
from auditkit.data import AuditData
from auditkit.data.disclosure import how_many
from auditkit.errors import present
from auditkit.results import Interval, LeftOut, Measurement, Scalar, Test, pairs
from auditkit.smaller import Smaller, smaller_together
from auditkit.too_few import lacking, two_groups
from auditkit.variants import AMONG_LARGE, LARGE, TO_REFERENCE, among_large, is_large, reference_of, variants

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
        return [pairs(group) for group in self.where]

    @property
    def visible(self) -> np.ndarray:
        """The positions of the groups that are shown."""
        return np.flatnonzero([reason is None for reason in self.reasons])

    def only(self, indices: Sequence[int] | np.ndarray) -> Self:
        """The same with these groups alone."""
        return self._replace(
            where=[self.where[index] for index in indices], people=self.people[indices],
            selected=self.selected[indices], reasons=[self.reasons[index] for index in indices],
            large=self.large[indices],
        )  # fmt: skip

    @property
    def lacking(self) -> tuple[LeftOut, ...]:
        """The groups that are not shown, or have no rate."""
        return tuple(group_pairs.left_out(self.where, self.reasons))

    def left_out(self, large_enough: bool) -> list[str]:
        """The groups that are not shown, with the reason: those large enough to be, or the others."""
        return [
            f"{name} ({reason})"
            for name, reason, large in zip(self.names, self.reasons, self.large, strict=True)
            if reason is not None and bool(large) == large_enough
        ]


class Ratios(NamedTuple):
    """Each group's rate over the highest rate."""

    highest: int
    """The position of the group with the highest rate, of several the first; or of the reference group."""
    values: list[float | None]
    """(K,) between 0 and 1; None where the group is not compared."""
    intervals: list[Interval | None]
    """(K,) for the ratio to that group; None for that group itself."""

    def facts(self, groups: Selection, index: int) -> dict[str, Any]:
        """What a measurement of one group's ratio holds, with the group and the one with the highest rate.

        That group itself has no pair, and its ratio is exact.
        """
        is_highest = index == self.highest
        pair = () if is_highest else group_pairs.pair_of_extremes(members(groups, [index, self.highest]))
        return {
            "value": self.values[index], "interval": self.intervals[index], "exact": is_highest,
            "n": int(groups.people[index]), "pairs": pair,
        }  # fmt: skip


@dataclass
class Impact:
    """What is known of the groups of some attributes."""

    groups: Selection
    ratios: Ratios | None
    tests: dict[int, Test] = field(default_factory=dict)
    """{position of a group: its test against the group with the highest rate}."""
    alarm: Measurement | None = None

    @property
    def across(self) -> str:
        """The attributes, in words."""
        return " and ".join(self.groups.attributes)

    def counts(self, index: int) -> tuple[int, int, int, int]:
        """Selected and people of a group, then of the group with the highest rate."""
        ratios = present(self.ratios, "the caller looked")
        selected, people = self.groups.selected, self.groups.people
        return int(selected[index]), int(people[index]), int(selected[ratios.highest]), int(people[ratios.highest])


def selection(counts: Counts, attributes: tuple[str, ...], data: AuditData) -> Selection:
    """The groups of these attributes in which somebody is, from counts of decisions (not selected, selected)."""
    where, tally = counts.over(attributes)
    rows = tally.rows.sum(axis=1)
    people, chosen = rows[:, :2].sum(axis=1), rows[:, 1]
    reasons = [
        data.cells.reason(group) or lacking(int(n), data.minimum_rate, "people with a decision")
        for group, n in zip(where, people, strict=True)
    ]
    groups = Selection(attributes, where, people, chosen, reasons, rows.sum(axis=1) >= max(1, data.minimum_cell))
    return groups.only([index for index, group in enumerate(where) if not data.cells.empty(group)])


def smaller_selection(groups: Selection, data: AuditData) -> tuple[Smaller, int, int] | None:
    """The groups that are too small to show, as one, with how many of how many people of them were selected.

    None where they may not be shown as one, have no rate, or one of them is not among the groups that are compared.
    """
    small = smaller_together(groups.attributes, data)
    if small is None:
        return None
    indices = small.among(groups.where)
    # One of them is not compared, perhaps as its category is unknown: without it, together they would be other people.
    if len(indices) < len(small.groups):
        return None
    people = int(groups.people[indices].sum())
    return (small, int(groups.selected[indices].sum()), people) if people >= max(1, data.minimum_rate) else None


def ratios(groups: Selection, among: np.ndarray, reference: int | None = None) -> Ratios | None:
    """The impact ratios among some groups; None where fewer than two are there, or nobody was selected.

    The group with the highest rate is chosen by looking, so the intervals hold for every pair of groups at once.

    Args:
        groups: the groups.
        among: the positions of those that are compared; each has people.
        reference: the position of one of them, to which the others are held in place of the highest.
    """
    if len(among) < 2 or not groups.selected[among if reference is None else [reference]].any():
        return None
    rates = groups.selected[among] / groups.people[among]
    top = int(among[int(np.argmax(rates))]) if reference is None else reference
    most, of = int(groups.selected[top]), int(groups.people[top])
    # Any group might have been the highest, so all pairs count; a reference group is named before anybody looks.
    comparisons = len(among) * (len(among) - 1) // 2 if reference is None else len(among) - 1
    level = stats.sidak_level(0.95, comparisons)
    method = METHOD if comparisons == 1 else ALL_PAIRS
    values: list[float | None] = [None] * len(groups.where)
    intervals: list[Interval | None] = [None] * len(groups.where)
    for index in map(int, among):
        x, n = int(groups.selected[index]), int(groups.people[index])
        # One division of whole numbers: equal rates give exactly 1, which a ratio of two quotients need not.
        values[index] = x * of / (n * most)
        if index != top:
            interval = present(
                stats.ratio_interval(x, n, most, of, level), "somebody of the highest group was selected"
            )
            intervals[index] = interval.model_copy(update={"level": 0.95, "method": method})
    return Ratios(top, values, intervals)


def lowest_ratios(
    groups: Selection, among: np.ndarray, data: AuditData, reference: bool = True,
    conditions: Mapping[str, Scalar] | None = None,
) -> list[Measurement]:  # fmt: skip
    """The lowest of the impact ratios, and beside it that among large groups, and to the reference group if any.

    Args:
        groups: the groups.
        among: the positions of those that are compared; each has people.
        data: says which groups are large, and which is the reference.
        reference: whether a ratio to the reference group is measured.
        conditions: of the measurements.
    """

    def again(some_groups: Sequence[dict[str, str]], against: dict[str, str] | None) -> list[Measurement]:
        chosen = np.array([index for index in among if groups.where[index] in some_groups], dtype=np.int64)
        reference_index = None if against is None else [groups.where[index] for index in chosen].index(against)
        return [_lowest(groups, chosen, reference_index).model_copy(update={"conditions": dict(conditions or {})})]

    where = [groups.where[index] for index in among]
    first = again(where, None)
    return [*first, *(variants if reference else among_large)(first, [where], again, data)]


def ratios_beside(groups: Selection, data: AuditData) -> list[Measurement]:
    """A ratio for each group to the highest of the large ones, and to the reference group if any; without tests.

    Args:
        groups: the groups.
        data: says which groups are large, and which is the reference.
    """
    small = f"a group of under {LARGE:.0%} of the people"
    large = [
        reason or (None if is_large(where, data) else small)
        for where, reason in zip(groups.where, groups.reasons, strict=True)
    ]
    measurements = _ratios_to(groups, large, AMONG_LARGE, data)
    reference = reference_of(groups.attributes, data)
    if reference is not None:
        measurements += _ratios_to(groups, groups.reasons, TO_REFERENCE, data, reference)
    return measurements


def _ratios_to(
    groups: Selection, reasons: list[str | None], ending: str, data: AuditData, reference: dict[str, str] | None = None
) -> list[Measurement]:
    """The ratio of every group without a reason to have none."""
    among = np.flatnonzero([reason is None for reason in reasons])
    common: dict[str, Any] = {"name": f"impact_ratio_{ending}", "direction": "higher"}
    reference_index = None
    if reference is not None:
        # A reference group with nobody in it has no position; -1 is among none of those compared, so there is no ratio
        # to it.
        reference_index = groups.where.index(reference) if reference in groups.where else -1
    is_lacking = reference_index is not None and reference_index not in among
    compared = None if is_lacking else ratios(groups, among, reference_index)
    why = why_no_ratio(among)
    if reference_index is not None and len(among) > 1:
        why = (
            "the reference group has no selection rate" if is_lacking else "nobody of the reference group was selected"
        )
    lacking = (
        ()
        if reference_index is not None
        else tuple(left_out for left_out in groups.lacking if is_large(left_out.slice, data))
    )
    measurements = []
    for index, (where, reason) in enumerate(zip(groups.where, reasons, strict=True)):
        facts: dict[str, Any] = {"value": None, "reason": reason or why}
        if reason is None and compared is not None:
            facts = {"left_out": lacking, **compared.facts(groups, index)}
        measurements.append(Measurement(slice=where, **facts, **common))
    return measurements


def _lowest(groups: Selection, among: np.ndarray, reference: int | None) -> Measurement:
    """The smallest ratio of two groups, with an interval that holds whichever groups they are."""
    name, across = "lowest_impact_ratio", groups.attributes
    if len(among) < 2 or not groups.selected[among].any():
        return Measurement(name=name, value=None, reason=why_no_ratio(among), direction="higher", across=across)
    shares = stats.Shares(groups.selected[among], groups.people[among])
    extreme = present(
        stats.smallest([shares], reference=None if reference is None else [reference]), "somebody was selected"
    )
    return Measurement(
        name=name, value=extreme.value, direction="higher", across=across, interval=extreme.interval,
        n=int(groups.people[among].sum()), left_out=groups.lacking,
        pairs=tuple(group_pairs.pairs_behind(extreme, [members(groups, among)], "high")),
    )  # fmt: skip


def members(groups: Selection, indices: Sequence[int] | np.ndarray) -> group_pairs.Members:
    """Some of the groups with their rates."""
    hits, people = groups.selected[indices], groups.people[indices]
    return group_pairs.Members(groups.rate, [groups.where[index] for index in indices], hits / people, people, hits)


def undecided(lacking_from: str, decisions: np.ndarray, data: AuditData) -> list[str]:
    """A note on the people about whom no decision was made; none where there are none.

    Args:
        lacking_from: what they are not in.
        decisions: (N,) -1 for no decision.
        data: says how many people a row stands for, and how few are too few to be counted out.
    """
    rows = decisions < 0
    if not rows.any():
        return []
    lost = int(rows.sum() if data.people is None else data.people[rows].sum())
    return [
        f"In no {lacking_from}, because no decision was made about them: "
        f"{how_many(lost, data.minimum_cell, data.disclosure, 'person', 'people')}."
    ]


def why_no_ratio(among: np.ndarray) -> str:
    """Why `ratios` gives nothing."""
    return two_groups() if len(among) < 2 else "nobody was selected in any group, so there is no ratio"
