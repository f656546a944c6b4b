"""Which of the two groups of a disparity fares worse: from each measure's definition and the owner's statement."""

from __future__ import annotations

from auditkit.data import AuditData
from auditkit.results import CheckResult, GroupPair, Measurement


def name_worse_off(result: CheckResult, data: AuditData) -> CheckResult:
    """The result with `worse_off` of every pair filled in, or empty where nobody said what being selected is.

    Only here is it decided, for all checks alike: whatever a check says itself is overwritten. The harm of a pair is
    that of the rate in which the two differ, where the check defines it, else that of the measure.
    """
    return result.model_copy(update={"measurements": tuple(_named(each, result, data) for each in result.measurements)})


def _named(measurement: Measurement, result: CheckResult, data: AuditData) -> Measurement:
    if not measurement.pairs:
        return measurement
    pairs = tuple(_with_harm(pair, measurement, result, data) for pair in measurement.pairs)
    return measurement.model_copy(update={"pairs": pairs})


def _with_harm(pair: GroupPair, measurement: Measurement, result: CheckResult, data: AuditData) -> GroupPair:
    definition = result.definitions.get(pair.rate) or result.definitions.get(measurement.name)
    category = measurement.conditions.get("class", measurement.conditions.get("classified as"))
    outcome = data.outcome_of(None if category is None else str(category))
    harm = definition.harm if definition is not None else None
    same = pair.low.value is not None and pair.low.value == pair.high.value
    return pair.model_copy(update={"worse_off": harm.worse_off(outcome) if harm is not None and not same else None})
