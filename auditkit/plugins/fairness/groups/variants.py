"""The same disparities beside the first: among large groups alone, and against a group that the owner names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditkit.plugins.fairness.groups import between
from auditkit.plugins.fairness.groups.disparities import Compared
from auditkit.plugins.fairness.groups.measures import AMONG_LARGE, LARGE, TO_REFERENCE
from auditkit.results import Measurement

if TYPE_CHECKING:
    from auditkit.data import AuditData


def variants(each: Compared, data: AuditData) -> list[Measurement]:
    """The numbers of one comparison among large groups, and against the reference group where one is named."""
    return [between.with_weights(one, data) for one in [*_among_large(each, data), *_to_reference(each, data)]]


def _among_large(each: Compared, data: AuditData) -> list[Measurement]:
    least = LARGE * data.cells.size
    some = each.among(lambda group: data.cells.people(group) >= least)
    said = _smaller(each, data)
    found = between.numbers(some, _common(some), None) if some.comparable else _none(some)
    return [one.model_copy(update={"name": f"{one.name}_{AMONG_LARGE}", "reason": one.reason or said}) for one in found]


def _to_reference(each: Compared, data: AuditData) -> list[Measurement]:
    if not data.reference or not set(each.across) <= set(data.reference):
        return []
    group = {name: data.reference[name] for name in each.across}
    positions = each.positions(group)
    if positions is None:
        why = next((lacking.reason for lacking in each.left_out if lacking.slice == group), "it has no rate")
        found = _none(each, f"the reference group cannot be compared: {why}")
    else:
        found = between.numbers(each, _common(each), None, positions) if each.comparable else _none(each)
    return [one.model_copy(update={"name": f"{one.name}_{TO_REFERENCE}"}) for one in found]


def _common(each: Compared) -> dict[str, Any]:
    return {
        "n": each.rows, "across": each.across, "conditions": dict(each.conditions), "left_out": tuple(each.left_out),
    }  # fmt: skip


def _none(each: Compared, why: str = "") -> list[Measurement]:
    return [between.incomparable(each, name, why) for name in between.names(each)]


def _smaller(each: Compared, data: AuditData) -> str | None:
    """How many groups are too small for this number, and how many people they are where all of them are shown."""
    every = [group for who in each.members for group in who.where] + [lacking.slice for lacking in each.left_out]
    groups = {tuple(group.items()): group for group in every}
    sizes = {place: data.cells.people(group) for place, group in groups.items()}
    small = [place for place, people in sizes.items() if 0 < people < LARGE * data.cells.size]
    if not small:
        return None
    said = f"without {len(small):,} group{'s' * (len(small) > 1)} of under {LARGE:.0%} of the people each"
    if any(data.cells.unshown(groups[place]) for place in small):
        return said
    return f"{said}, {sum(sizes[place] for place in small):,} people together"
