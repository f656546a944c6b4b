"""Numbers about single groups, as measurements: rates, and what is made of several rates."""

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.metrics.catalogue import RATES, Rate, amount, interval_method, shares
from auditkit.metrics.composites import COMPOSITES, Composite
from auditkit.plugins.fairness.groups.group_table import Groups, Target, smaller
from auditkit.results import Interval, Measurement
from auditkit.too_few import lacking


def per_group(target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    """Every rate and every composite of the target, for every group of one table."""
    groups = target.of(groups)
    rates = [_rate(RATES[name], target, groups, data) for name in target.measures if name in RATES]
    composites = [_composite(COMPOSITES[name], target, groups, data) for name in target.measures if name in COMPOSITES]
    return [measurement for measurements in (*rates, *composites) for measurement in measurements]


def of_smaller(target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    """The same numbers for the groups of one table that are too small to show, as one; none where they stay hidden."""
    as_one = smaller(groups, data)
    return [] if as_one is None else per_group(target, as_one, data)


def _rate(rate: Rate, target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    share = shares(groups.tally, rate)
    low, high = stats.wilson_bounds(share.successes, share.sizes)
    method = interval_method("Wilson", data.weights is not None)
    measurements = []
    for index, where in enumerate(groups.where):
        reason, rows = groups.hidden[index], int(share.rows[index])
        few = lacking(rows, data.minimum_rate, rate.of)
        if reason or few:
            # That nobody is in a denominator gives nobody away; any other small number might.
            n = 0 if not reason and rows == 0 else None
            measurements.append(_measurement(rate, target, where, reason=reason or few, n=n))
            continue
        interval = Interval(low=float(low[index]), high=float(high[index]), method=method)
        measurements.append(
            _measurement(rate, target, where, value=float(share.values[index]), n=rows, interval=interval)
        )
    return measurements


def _composite(composite: Composite, target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    estimates = composite.estimate(groups.tally)
    rows = [(amount(groups.tally.rows, words), of) for words, of in composite.of]
    measurements = []
    for index, where in enumerate(groups.where):
        few = (lacking(int(n[index]), data.minimum_rate, of) for n, of in rows)
        reason = groups.hidden[index] or next(filter(None, few), None)
        value = float(estimates.values[index])
        if reason is None and np.isnan(value):
            reason = composite.undefined
        if reason is not None:
            measurements.append(_measurement(composite, target, where, reason=reason))
            continue
        # The ends come from those of the parts, so a value at an edge may lie outside of them by a rounding.
        high = float(estimates.high[index])
        interval = Interval(
            low=min(value, float(estimates.low[index])), high=max(value, high) if np.isfinite(high) else None,
            method=interval_method(estimates.method, data.weights is not None),
        )  # fmt: skip
        measurements.append(
            _measurement(composite, target, where, value=value, n=int(rows[0][0][index]), interval=interval)
        )
    return measurements


def _measurement(
    measure: Rate | Composite,
    target: Target,
    where: dict[str, str],
    *,
    value: float | None = None,
    reason: str | None = None,
    n: int | None = None,
    interval: Interval | None = None,
) -> Measurement:
    return Measurement(
        name=measure.name, value=value, reason=reason, interval=interval, n=n, direction=measure.direction, slice=where,
        unit="share" if isinstance(measure, Rate) else "", conditions=dict(target.conditions),
    )  # fmt: skip
