"""Limits applied to what was measured."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from auditkit.errors import closest
from auditkit.judging.matching import about_everyone_alone, concerned, is_bare, is_measured_by, why_none
from auditkit.judging.naming import check_names, with_names
from auditkit.judging.outcome import outcome_of
from auditkit.judging.sides import closest_to_bound
from auditkit.judging.together import judge_together
from auditkit.judging.wording import about, everyone_alone
from auditkit.results import CheckResult, Judged, Limit, Outcome, Verdict, VerdictStatus, Waiver


class Judgement(NamedTuple):
    """What `judge` decided."""

    verdicts: tuple[Verdict, ...]
    outcome: Outcome


def judge(
    limits: Sequence[Limit],
    waivers: Sequence[Waiver],
    results: Sequence[CheckResult],
    today: datetime.date,
    faults: Sequence[str] = (),
) -> Judgement:
    """Apply every limit to what was measured.

    Args:
        limits: what the owner decided beforehand.
        waivers: missed or undecided limits that somebody accepted.
        results: one for every selected check.
        today: the day that decides whether a waiver has expired.
        faults: plugins that were asked for and did not load, each a sentence.

    Raises:
        ConfigError: two limits share a name, or a waiver names no limit.
    """
    limits = with_names(limits)
    check_names(limits, waivers)
    accepted = {waiver.limit: waiver for waiver in waivers}
    verdicts = tuple(_judge_limit(limit, results, accepted.get(limit.name), today) for limit in limits)
    note = everyone_alone(about_everyone_alone(limits, results), "and groups were measured too")
    return Judgement(verdicts, outcome_of(verdicts, results, faults, [note] if note else []))


def _judge_limit(limit: Limit, results: Sequence[CheckResult], waiver: Waiver | None, today: datetime.date) -> Verdict:
    status, reason, judged = _apply(limit, results)
    waived = waiver is not None and waiver.expires >= today and status in ("missed", "inconclusive")
    return Verdict(limit=limit, status=status, reason=reason, judged=judged, waiver=waiver, waived=waived)


def _apply(limit: Limit, results: Sequence[CheckResult]) -> tuple[VerdictStatus, str, tuple[Judged, ...]]:
    result = next((result for result in results if is_measured_by(limit, result)), None)
    if result is None:
        known = [result.check for result in results]
        return (
            "not tested",
            f"no selected check measures {limit.measurement!r}; {closest(limit.measurement, known)}",
            (),
        )
    if result.status == "error":
        message = result.error.message if result.error else result.reason
        return "error", f"the check {result.check} ended in error: {message}", ()
    if result.status == "skipped":
        return "not tested", f"the check {result.check} was skipped: {result.reason}", ()
    measurements = concerned(limit, result)
    if not measurements:
        return "not tested", why_none(limit, result), ()
    judged = judge_together(limit, result.check, measurements)
    alone = is_bare(limit) and all(measurement.slice for measurement in measurements)
    whose = "measured for groups alone, so judged for each; " if alone else ""
    status, reason = _together(limit, judged)
    return status, whose + reason, tuple(judged)


def _together(limit: Limit, judged: Sequence[Judged]) -> tuple[VerdictStatus, str]:
    """The worst of the judged measurements, and why."""
    for worst in ("missed", "inconclusive"):
        found = [verdict for verdict in judged if verdict.status == worst]
        if found:
            whom = f"{len(found)} of {len(judged)}; first {about(found[0].measurement)}: " if len(judged) > 1 else ""
            return found[0].status, whom + found[0].reason
    nearest = closest_to_bound(limit, judged)
    whom = f"all {len(judged)}, each at its own level; closest {about(nearest)}: " if len(judged) > 1 else ""
    return "met", whom + next(verdict.reason for verdict in judged if verdict.measurement is nearest)
