"""From what was measured and judged to what may be written: the last step before the gate and the writers.

Everything is measured and judged in memory. Then a rule says what of it may be written, and what it takes out goes
everywhere: out of results, of what each limit was judged by, of its reasons, of the outcome. A verdict stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from auditkit.data import AuditData
from auditkit.results import AuditResult, CheckResult, DataInfo, Judged, Measurement, Outcome, Verdict
from auditkit.running.internal import Internal


class Rule(Protocol):
    """What may be written of an audit: the choice of what to take out, made once for its data."""

    def check(self, result: CheckResult) -> CheckResult:
        """A check's result without what may not be written.

        Its measurements stay as many and in the same order; one whose number goes is left without value, interval, n,
        test and rates of groups, with the reason. To apply it twice is to apply it once.
        """
        ...

    def data(self, info: DataInfo, results: Sequence[CheckResult]) -> DataInfo:
        """The description of the data without what may not be written, beside results that may be."""
        ...


def rule_for(data: AuditData) -> Rule:
    """The rule that the owner chose with `[data] disclosure`."""
    return Internal(data.cells)


def hide(result: AuditResult, rule: Rule) -> AuditResult:
    """The result of an audit as it may be written."""
    results = tuple(map(rule.check, result.results))
    written = {
        id(measured): shown
        for before, after in zip(result.results, results, strict=True)
        for measured, shown in zip(before.measurements, after.measurements, strict=True)
    }
    verdicts = tuple(_verdict(verdict, written) for verdict in result.verdicts)
    return result.model_copy(
        update={
            "results": results,
            "data": rule.data(result.data, results),
            "verdicts": verdicts,
            "outcome": _outcome(result.outcome, result.verdicts, verdicts),
        }
    )


def changed(measured: CheckResult, written: CheckResult) -> tuple[int, ...]:
    """The positions of the measurements that are not written as they were measured."""
    both = zip(measured.measurements, written.measurements, strict=True)
    return tuple(at for at, (before, after) in enumerate(both) if before != after)


def _verdict(verdict: Verdict, written: Mapping[int, Measurement]) -> Verdict:
    judged = tuple(_judged(one, written[id(one.measurement)]) for one in verdict.judged)
    reason = verdict.reason
    for before, after in zip(verdict.judged, judged, strict=True):
        if before.reason != after.reason:
            reason = reason.replace(before.reason, after.reason)
    return verdict.model_copy(update={"judged": judged, "reason": reason})


def _judged(judged: Judged, shown: Measurement) -> Judged:
    if shown == judged.measurement:
        return judged
    reason = judged.reason
    if judged.measurement.value is not None:
        reason = f"judged by a number that is not written: {shown.reason}"
    return judged.model_copy(update={"measurement": shown, "reason": reason})


def _outcome(outcome: Outcome, before: Sequence[Verdict], after: Sequence[Verdict]) -> Outcome:
    both = zip(before, after, strict=True)
    said = {f"{old.limit.name}: {old.reason}": f"{new.limit.name}: {new.reason}" for old, new in both}
    return outcome.model_copy(update={"reasons": tuple(said.get(reason, reason) for reason in outcome.reasons)})
