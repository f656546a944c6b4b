"""Numbers about single groups, as measurements: rates, and what is made of several rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditkit import stats
from auditkit.metrics.catalogue import RATES, Rate
from auditkit.metrics.composites import COMPOSITES, Composite
from auditkit.metrics.rates import amount, interval_method, shares
from auditkit.plugins.fairness.groups.group_table import Groups, Target, smaller
from auditkit.results import Interval, Measurement
from auditkit.too_few import lacking

if TYPE_CHECKING:
    from auditkit.data import AuditData


def per_group(target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    """Every rate and every composite of the target, for every group of one table."""
    groups = target.of(groups)
    measurements = [
        measurement
        for name in target.measures
        if name in RATES
        for measurement in _rate(RATES[name], target, groups, data)
    ]
    for name in target.measures:
        if name in COMPOSITES:
            measurements += _composite(COMPOSITES[name], target, groups, data)
    return measurements


def of_smaller(target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    """The same numbers for the groups of one table that are too small to show, as one; none where they stay hidden."""
    found = smaller(groups, data)
    return [] if found is None else found[0].told(per_group(target, found[1], data))


def _rate(rate: Rate, target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    share = shares(groups.tally, rate)
    low, high = stats.wilson_bounds(share.successes, share.sizes)
    method = interval_method("Wilson", data.weights is not None)
    found = []
    for at, where in enumerate(groups.where):
        reason, rows = groups.hidden[at], int(share.rows[at])
        few = lacking(rows, data.minimum_rate, rate.of)
        if reason or few:
            n = 0 if not reason and rows == 0 else None
            found.append(_number(rate, target, where, reason=reason or few, n=n))
            continue
        interval = Interval(low=float(low[at]), high=float(high[at]), method=method)
        found.append(_number(rate, target, where, value=float(share.values[at]), n=rows, interval=interval))
    return found


def _composite(what: Composite, target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    estimates = what.estimate(groups.tally)
    rows = [(amount(groups.tally.rows, words), of) for words, of in what.of]
    found = []
    for at, where in enumerate(groups.where):
        few = (lacking(int(n[at]), data.minimum_rate, of) for n, of in rows)
        reason = groups.hidden[at] or next(filter(None, few), None)
        value = float(estimates.values[at])
        if reason is None and np.isnan(value):
            reason = what.undefined
        if reason is not None:
            found.append(_number(what, target, where, reason=reason))
            continue
        high = float(estimates.high[at])
        interval = Interval(
            low=min(value, float(estimates.low[at])), high=max(value, high) if np.isfinite(high) else None,
            method=interval_method(estimates.method, data.weights is not None),
        )  # fmt: skip
        found.append(_number(what, target, where, value=value, n=int(rows[0][0][at]), interval=interval))
    return found


def _number(
    what: Rate | Composite,
    target: Target,
    where: dict[str, str],
    *,
    value: float | None = None,
    reason: str | None = None,
    n: int | None = None,
    interval: Interval | None = None,
) -> Measurement:
    return Measurement(
        name=what.name, value=value, reason=reason, interval=interval, n=n, direction=what.direction, slice=where,
        unit="share" if isinstance(what, Rate) else "", conditions=dict(target.conditions),
    )  # fmt: skip
