"""The impact ratio of each group beside the first: among large groups alone, and to the reference group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.plugins.fairness.impact.selection import Selection, ratios, why_no_ratio
from auditkit.results import Measurement
from auditkit.variants import AMONG_LARGE, LARGE, TO_REFERENCE, is_large, reference_of

if TYPE_CHECKING:
    from auditkit.data import AuditData


def ratios_beside(found: Selection, data: AuditData) -> list[Measurement]:
    """A ratio for each group to the highest of the large ones, and to the reference group if any; without tests.

    Args:
        found: the groups.
        data: says which groups are large, and which is the reference.
    """
    small = f"a group of under {LARGE:.0%} of the people"
    large = [
        reason or (None if is_large(where, data) else small)
        for where, reason in zip(found.where, found.reasons, strict=True)
    ]
    reference = reference_of(found.attributes, data)
    against = [] if reference is None else _held(found, found.reasons, TO_REFERENCE, data, reference)
    return [*_held(found, large, AMONG_LARGE, data), *against]


def _held(
    found: Selection, reasons: list[str | None], ending: str, data: AuditData, reference: dict[str, str] | None = None
) -> list[Measurement]:
    """The ratio of every group without a reason to have none."""
    among = np.flatnonzero([reason is None for reason in reasons])
    common: dict[str, Any] = {"name": f"impact_ratio_{ending}", "direction": "higher"}
    place = None
    if reference is not None:
        place = found.where.index(reference) if reference in found.where else -1
    lacks = place is not None and place not in among
    compared = None if lacks else ratios(found, among, place)
    why = why_no_ratio(among)
    if place is not None and len(among) > 1:
        why = "the reference group has no selection rate" if lacks else "nobody of the reference group was selected"
    lacking = (
        () if place is not None else tuple(left_out for left_out in found.lacking if is_large(left_out.slice, data))
    )
    made = []
    for at, where in enumerate(found.where):
        if reasons[at] is not None or compared is None:
            made.append(Measurement(value=None, reason=reasons[at] or why, slice=where, **common))
            continue
        made.append(
            Measurement(
                value=compared.values[at], interval=compared.intervals[at], exact=at == compared.highest,
                n=int(found.people[at]), slice=where, left_out=lacking, pairs=compared.pair(found, at), **common,
            )
        )  # fmt: skip
    return made
