"""The impact ratio of a burden: how much less the group that bears it least is selected than each other group."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.group_pairs import Members, pair_of_extremes
from auditkit.metrics.catalogue import RATES, GroupShares, interval_method, shares
from auditkit.plugins.fairness.groups.definitions import BURDEN
from auditkit.plugins.fairness.groups.group_table import Groups, Target
from auditkit.results import Interval, LeftOut, Measurement
from auditkit.too_few import lacking, two_groups
from auditkit.variants import AMONG_LARGE, LARGE, TO_REFERENCE, is_large, reference_of

METHOD = "score intervals of all pairs of groups at once (Šidák)"


def burden_ratios(tables: Sequence[Groups], targets: Sequence[Target], data: AuditData) -> list[Measurement]:
    """The burden ratio of every group, for the decisions that the owner calls a burden; else nothing.

    Args:
        tables: the groups of each set of attributes.
        targets: whose selection is looked at.
        data: says what being selected is, and how few people are too few.
    """
    return [
        ratio
        for groups in tables
        for target in targets
        if is_burden(target, data)
        for ratio in _ratios(target, target.of(groups), data)
    ]


def is_burden(target: Target, data: AuditData) -> bool:
    """Whether being decided for the target's class is a burden, and its selection rates are compared."""
    if target.class_index is None or {"selection_rate", "demographic_parity"}.isdisjoint(target.measures):
        return False
    return data.outcome_of(target.conditions.get("class")) == "burden"


def _ratios(target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    """The ratios to the least burdened group, to the least of the large ones, and to the reference group if any."""
    share, reasons = shares(groups.tally, RATES["selection_rate"]), why_no_rate(groups, data)
    # Small groups are left out of this comparison and not hidden: a tiny group's low rate is often chance.
    large = [
        reason or (None if is_large(where, data) else f"a group of under {LARGE:.0%} of the people")
        for where, reason in zip(groups.where, reasons, strict=True)
    ]
    measurements = _ratios_to(target, groups, share, reasons, data)
    measurements += _ratios_to(target, groups, share, large, data, AMONG_LARGE)
    reference = reference_of(groups.attributes, data)
    if reference is not None:
        measurements += _ratios_to(target, groups, share, reasons, data, TO_REFERENCE, reference)
    return measurements


def _ratios_to(
    target: Target, groups: Groups, share: GroupShares, reasons: list[str | None], data: AuditData, ending: str = "",
    reference: dict[str, str] | None = None,
) -> list[Measurement]:  # fmt: skip
    """The ratio of every group without a reason to have none, to the reference or else to the least burdened group."""
    common: dict[str, Any] = {
        "name": f"{BURDEN}_{ending}" if ending else BURDEN, "direction": "higher",
        "conditions": dict(target.conditions),
    }  # fmt: skip
    # A group that is left out for being small is not lacking, for the number is about the large ones.
    lacking = () if reference is not None else tuple(
        LeftOut(slice=where, reason=reason)
        for where, reason in zip(groups.where, why_no_rate(groups, data), strict=True)
        if reason is not None and (ending != AMONG_LARGE or is_large(where, data))
    )  # fmt: skip
    usable = np.flatnonzero([reason is None for reason in reasons])
    least = None
    why = two_groups() if len(usable) < 2 else "nobody was selected in any group"
    # Where nobody at all is selected, every ratio would be 0 / 0.
    if len(usable) > 1 and share.successes[usable].any():
        least = int(usable[np.argmin(share.values[usable])])
    # Against a reference a ratio may be above 1: the group that bears least need not be the one that was named.
    if least is not None and reference is not None:
        least = groups.where.index(reference) if reference in groups.where else None
        if least is None or reasons[least] is not None:
            least, why = None, "the reference group has no selection rate"
    # The least burdened group is chosen by looking, so any pair may be the one reported; a reference is named before.
    pairs = len(usable) - 1 if reference is not None else len(usable) * (len(usable) - 1) // 2
    level = stats.sidak_level(0.95, pairs)
    measurements = []
    for index, (where, reason) in enumerate(zip(groups.where, reasons, strict=True)):
        if reason is not None or least is None:
            measurements.append(Measurement(value=None, reason=reason or why, slice=where, **common))
        elif index == least:
            measurements.append(
                Measurement(value=1.0, n=int(share.rows[index]), exact=True, slice=where, left_out=lacking, **common)
            )
        elif share.successes[index] == 0:
            why = "nobody of this group or of the lowest was selected: no ratio"
            measurements.append(Measurement(value=None, reason=why, slice=where, **common))
        else:
            members = Members("selection_rate", groups.where, share.values, share.rows, share.counts)
            measurements.append(
                Measurement(
                    value=float(share.values[least] / share.values[index]), n=int(share.rows[index]), slice=where,
                    interval=_interval(share, least, index, level, data),
                    pairs=pair_of_extremes(members.take(np.array([least, index]))), left_out=lacking, **common,
                )
            )  # fmt: skip
    return measurements


def why_no_rate(groups: Groups, data: AuditData) -> list[str | None]:
    """(K,) why a group has no selection rate; None where it has one."""
    rate = RATES["selection_rate"]
    rows = shares(groups.tally, rate).rows
    return [
        hidden or lacking(int(many), data.minimum_rate, rate.of)
        for hidden, many in zip(groups.hidden, rows, strict=True)
    ]


def _interval(share: GroupShares, least: int, index: int, level: float, data: AuditData) -> Interval | None:
    interval = stats.ratio_interval(
        float(share.successes[least]),
        float(share.sizes[least]),
        float(share.successes[index]),
        float(share.sizes[index]),
        level,
    )
    method = interval_method(METHOD, data.weights is not None)
    # All pairs hold at once at 95 %; the higher level of the single pair is only the means to it.
    return interval and interval.model_copy(update={"level": 0.95, "method": method})
