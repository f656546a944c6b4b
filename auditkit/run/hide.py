"""From what was measured and judged to what may be written: the last step before names are redacted and files written.

Everything is measured and judged in memory. Then a rule says what of it may be written, and what it takes out goes
everywhere: out of results, of what each limit was judged by, of its reasons, of the outcome. A verdict stays as it was.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from auditkit.data import AuditData
from auditkit.judge import judge_measurement, worst_of
from auditkit.predictions import Predictions
from auditkit.results import (
    AuditResult,
    CheckResult,
    Judged,
    Limit,
    Measurement,
    Outcome,
    PlannedCheck,
    Verdict,
    whose_text,
)
from auditkit.run.internal_rule import Internal
from auditkit.run.publish_rule import Publish

Rule: TypeAlias = Internal | Publish
"""What may be written of an audit: the choice of what to take out, made once for its data."""


def rules_for(data: AuditData, answers: Sequence[Predictions], order: int) -> list[Rule]:
    """The rule that the owner chose with `[data] disclosure`, for each of several models on the same data.

    Args:
        data: the audit data.
        answers: of each model.
        order: how many attributes are intersected.

    Raises:
        DataError: to be published, and there are fewer people than the smallest count that is shown.
    """
    if data.disclosure == "internal":
        # one rule for all: what is too small to show depends on the data alone
        return [Internal(data.cells)] * len(answers)
    from auditkit.run.publishable_counts import People  # loads scipy

    people = People(data, answers, order)
    return [Publish(people, data.minimum_cell, data.minimum_rate, model) for model in range(len(answers))]


def rule_of_training(data: AuditData) -> Rule:
    """The rule before any answer is known, and for what trainers say: nothing that is counted is published."""
    return (
        Internal(data.cells) if data.disclosure == "internal" else Publish(None, data.minimum_cell, data.minimum_rate)
    )


def hide(result: AuditResult, rule: Rule) -> AuditResult:
    """The result of an audit as it may be written."""
    results = tuple(map(rule.check, result.results))
    written = {
        # by identity: two measurements may be equal in every field, and a limit holds the very objects that were
        # measured
        id(measured): after_hiding
        for before, after in zip(result.results, results, strict=True)
        for measured, after_hiding in zip(before.measurements, after.measurements, strict=True)
    }
    verdicts = tuple(_verdict(verdict, written, rule) for verdict in result.verdicts)
    return result.model_copy(
        update={
            "results": results,
            "data": rule.data(result.data, results),
            "plan": result.plan.model_copy(
                update={"checks": tuple(_planned(planned, rule) for planned in result.plan.checks)}
            ),
            "verdicts": verdicts,
            "outcome": _outcome(result.outcome, result.verdicts, verdicts, rule),
        }
    )


def changed(measured: CheckResult, written: CheckResult) -> tuple[int, ...]:
    """The positions of the measurements that are not written as they were measured."""
    pairs = enumerate(zip(measured.measurements, written.measurements, strict=True))
    return tuple(index for index, (before, after) in pairs if before != after)


def _planned(planned: PlannedCheck, rule: Rule) -> PlannedCheck:
    error = planned.error and planned.error.model_copy(update={"message": rule.text(planned.error.message)})
    return planned.model_copy(update={"skipped": planned.skipped and rule.text(planned.skipped), "error": error})


def _verdict(verdict: Verdict, written: Mapping[int, Measurement], rule: Rule) -> Verdict:
    if not verdict.judged:
        return verdict.model_copy(update={"reason": rule.text(verdict.reason)})
    judged = tuple(
        _judged(verdict.limit, judgement, written[id(judgement.measurement)]) for judgement in verdict.judged
    )
    # said anew: which number is furthest off would tell of one that is not written
    reason = verdict.reason if judged == verdict.judged else worst_of(verdict.limit, verdict.judged, judged)[1]
    return verdict.model_copy(update={"judged": judged, "reason": reason})


def _judged(limit: Limit, judged: Judged, written: Measurement) -> Judged:
    if written == judged.measurement:
        return judged
    if written.value is not None:  # less is said of it: of who is left out, say
        return judged.model_copy(update={"measurement": written, "reason": judge_measurement(limit, written)[1]})
    basis = "there is no number" if judged.measurement.value is None else "judged by a number that is not written"
    named_pair = whose_text(written, limit, judged.status)
    reason = f"{basis}: {written.reason}" + (f"; {named_pair}" if named_pair else "")
    return judged.model_copy(update={"measurement": written, "reason": reason})


def _outcome(outcome: Outcome, before: Sequence[Verdict], after: Sequence[Verdict], rule: Rule) -> Outcome:
    sentences = {
        f"{old.limit.name}: {old.reason}": f"{new.limit.name}: {new.reason}"
        for old, new in zip(before, after, strict=True)
    }
    return outcome.model_copy(
        update={"reasons": tuple(sentences.get(reason) or rule.text(reason) for reason in outcome.reasons)}
    )
