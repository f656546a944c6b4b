"""The impact ratio of a burden: how much less the group that bears it least is selected than each other group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.groups.definitions import BURDEN
from auditkit.plugins.fairness.groups.disparities import undefined
from auditkit.plugins.fairness.groups.measures import RATES
from auditkit.plugins.fairness.groups.rates import weighted
from auditkit.plugins.fairness.groups.shares import GroupShares, shares
from auditkit.plugins.fairness.groups.targets import Groups, Target
from auditkit.results import Interval, Measurement

if TYPE_CHECKING:
    from auditkit.data import AuditData

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
    wanted = {"selection_rate", "demographic_parity"} & {*target.measures}
    return target.at is not None and bool(wanted) and data.outcome_of(target.conditions.get("class")) == "burden"


def _ratios(target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    share, reasons = shares(groups.tally, RATES["selection_rate"]), why_no_rate(groups, data)
    usable = np.flatnonzero([reason is None for reason in reasons])
    if len(usable) < 2 or not share.successes[usable].any():
        why = "fewer than two groups can be compared" if len(usable) < 2 else "nobody was selected in any group"
        return [
            _ratio(target, where, reason=reason or why) for where, reason in zip(groups.where, reasons, strict=True)
        ]
    least = int(usable[np.argmin(share.values[usable])])
    level = stats.sidak_level(0.95, len(usable) * (len(usable) - 1) // 2)
    found = []
    for at, (where, reason) in enumerate(zip(groups.where, reasons, strict=True)):
        if reason is not None:
            found.append(_ratio(target, where, reason=reason))
            continue
        if share.successes[at] == 0 and at != least:
            found.append(_ratio(target, where, reason="nobody of this group or of the lowest was selected: no ratio"))
            continue
        value = 1.0 if at == least else float(share.values[least] / share.values[at])
        interval = None if at == least else _interval(share, least, at, level, data)
        found.append(_ratio(target, where, value=value, n=int(share.rows[at]), interval=interval, exact=at == least))
    return found


def why_no_rate(groups: Groups, data: AuditData) -> list[str | None]:
    """(K,) why a group has no selection rate; None where it has one."""
    rate = RATES["selection_rate"]
    rows, minimum = shares(groups.tally, rate).rows, max(1, data.minimum_rate)
    return [
        hidden or (undefined(int(many), rate.of, minimum) if many < minimum else None)
        for hidden, many in zip(groups.hidden, rows, strict=True)
    ]


def _interval(share: GroupShares, least: int, at: int, level: float, data: AuditData) -> Interval | None:
    interval = stats.ratio_interval(
        float(share.successes[least]),
        float(share.sizes[least]),
        float(share.successes[at]),
        float(share.sizes[at]),
        level,
    )
    return interval and interval.model_copy(update={"level": 0.95, "method": weighted(METHOD, data)})


def _ratio(
    target: Target,
    where: dict[str, str],
    *,
    value: float | None = None,
    reason: str | None = None,
    n: int | None = None,
    interval: Interval | None = None,
    exact: bool = False,
) -> Measurement:
    return Measurement(
        name=BURDEN, value=value, reason=reason, n=n, interval=interval, exact=exact, direction="higher",
        slice=where, conditions=dict(target.conditions),
    )  # fmt: skip
