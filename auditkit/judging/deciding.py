"""One measurement under one limit."""

from __future__ import annotations

from auditkit.judging.rows import more_rows
from auditkit.judging.sides import ends, inside
from auditkit.judging.wording import bounds, show
from auditkit.results import Limit, Measurement, VerdictStatus


def judge_measurement(limit: Limit, measurement: Measurement) -> tuple[VerdictStatus, str]:
    """One measurement under one limit: the status and the reason in a sentence."""
    value = measurement.value
    if value is None:
        return "inconclusive", f"there is no number: {measurement.reason}"
    if measurement.validity != "valid":
        return "inconclusive", f"the number is {measurement.validity}: {measurement.reason}"
    if limit.judge == "point" or measurement.exact:
        low = high = value
        how = "exact" if measurement.exact else "judged by the point alone"
    elif measurement.interval is None:
        return "inconclusive", f"{show(value)} has no interval and is not exact, so it cannot be judged"
    else:
        low, high = ends(measurement.interval)
        how = f"{measurement.interval.level:.0%} interval {show(low)} to {show(high)}"
    said = f"{show(value)} ({how})"
    if inside(low, limit) and inside(high, limit):
        return "met", f"{said} is {bounds(limit)}"
    if (limit.at_least is not None and high < limit.at_least) or (limit.at_most is not None and low > limit.at_most):
        return "missed", f"{said} is not {bounds(limit)}"
    side = "on the right side" if inside(value, limit) else "on the wrong side"
    return (
        "inconclusive",
        f"{said} is across the bound ({bounds(limit)}); the point is {side}. {more_rows(limit, measurement)}",
    )
