"""Several measurements under one limit: each is met at its own level, and missed only where all intervals hold at once.

With ten groups exactly on the bound, ten intervals of 95 % would call some group missed by chance alone in one audit of
five. So a group counts as missed where its interval at the level of Šidák is on the wrong side too. To be met needs no
such care: the limit is met where all groups are, and each may be wrong at its own level only.

Source: Šidák (1967), Rectangular confidence regions for the means of multivariate normal distributions, JASA 62; for
met, Berger (1982), Multiparameter hypothesis testing and acceptance sampling, Technometrics 24.
"""

from collections.abc import Sequence

from auditkit.errors import present
from auditkit.judge.decision import judge_measurement
from auditkit.judge.sentences import interval_ends
from auditkit.results import Judged, Limit, Measurement


def judge_together(limit: Limit, check: str, measurements: Sequence[Measurement]) -> list[Judged]:
    """Each of the measurements under the limit, in their order."""
    # only numbers that chance can move count; exact ones are no further chance of an error
    uncertain = sum(_has_interval(limit, measurement) for measurement in measurements)
    judged = []
    for measurement in measurements:
        status, reason = judge_measurement(limit, measurement)
        verdict = Judged(check=check, measurement=measurement, status=status, reason=reason)
        if status == "missed" and uncertain > 1 and _has_interval(limit, measurement):
            verdict = _at_once(limit, verdict, uncertain)
        judged.append(verdict)
    return judged


def _has_interval(limit: Limit, measurement: Measurement) -> bool:
    return (
        limit.judge == "interval"
        and not measurement.exact
        and measurement.interval is not None
        and measurement.value is not None
        and measurement.validity == "valid"
    )


def _at_once(limit: Limit, alone: Judged, count: int) -> Judged:
    """A measurement that is missed by itself, under an interval that holds for all `count` at once."""
    from auditkit.stats import sidak_level, widened  # scipy is imported only where there is something to widen

    measurement = alone.measurement
    interval = present(measurement.interval, "only measurements with an interval are widened")
    value = present(measurement.value, "only measurements with an interval are widened")
    wide = widened(interval, value, measurement.n, sidak_level(interval.level, count))
    status, _ = judge_measurement(limit, measurement.model_copy(update={"interval": wide}))
    edges = interval_ends(measurement.bound, wide, limit)
    all_at_once = f"{100 * wide.level:.4g}% interval {edges} that holds for all {count} at once"
    if status == "missed":
        reason = f"{alone.reason}; the {all_at_once} says the same"
    else:
        reason = (
            f"{alone.reason}. That is so by itself alone: the {all_at_once} is across the bound. More rows would "
            "rather show that it is missed."
        )
    return alone.model_copy(update={"status": status, "reason": reason})
