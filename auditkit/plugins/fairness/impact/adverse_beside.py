"""The impact ratio of each group beside the first: among large groups alone, and to the reference group."""

from typing import Any

import numpy as np

from auditkit.data import AuditData
from auditkit.plugins.fairness.impact.selection import Selection, ratios, why_no_ratio
from auditkit.results import Measurement
from auditkit.variants import AMONG_LARGE, LARGE, TO_REFERENCE, is_large, reference_of


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
    for index, where in enumerate(groups.where):
        if reasons[index] is not None or compared is None:
            measurements.append(Measurement(value=None, reason=reasons[index] or why, slice=where, **common))
            continue
        measurements.append(
            Measurement(
                value=compared.values[index], interval=compared.intervals[index], exact=index == compared.highest,
                n=int(groups.people[index]), slice=where, left_out=lacking, pairs=compared.pair(groups, index),
                **common,
            )
        )  # fmt: skip
    return measurements
