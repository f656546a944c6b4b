"""Limits applied to what was measured."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from auditkit.errors import ConfigError, closest
from auditkit.judging.deciding import judge_measurement
from auditkit.judging.matching import concerned, is_measured_by, why_none_is_about
from auditkit.judging.outcome import outcome_of
from auditkit.judging.sides import closest_to_bound
from auditkit.judging.wording import about
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
    check_names(limits, waivers)
    accepted = {waiver.limit: waiver for waiver in waivers}
    verdicts = tuple(_judge_limit(limit, results, accepted.get(limit.name), today) for limit in limits)
    return Judgement(verdicts, outcome_of(verdicts, results, faults))


def check_names(limits: Sequence[Limit], waivers: Sequence[Waiver]) -> None:
    """Raise ConfigError where two limits share a name or a waiver names no limit; before anything is measured."""
    names = [limit.name for limit in limits]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"limits: every name must be used once; {twice[0]!r} is used {names.count(twice[0])} times")
    for waiver in waivers:
        if waiver.limit not in names:
            raise ConfigError(f"waivers: {waiver.limit!r} is not the name of a limit; {closest(waiver.limit, names)}")


def _judge_limit(limit: Limit, results: Sequence[CheckResult], waiver: Waiver | None, today: datetime.date) -> Verdict:
    status, reason, judged = _apply(limit, results)
    waived = waiver is not None and waiver.expires >= today and status in ("missed", "inconclusive")
    return Verdict(limit=limit, status=status, reason=reason, judged=judged, waiver=waiver, waived=waived)


def _apply(limit: Limit, results: Sequence[CheckResult]) -> tuple[VerdictStatus, str, tuple[Judged, ...]]:
    result = next((each for each in results if is_measured_by(limit, each)), None)
    if result is None:
        known = [each.check for each in results]
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
    matched = concerned(limit, result)
    if not matched:
        return "not tested", why_none_is_about(limit, result), ()
    judged = []
    for each in matched:
        status, reason = judge_measurement(limit, each)
        judged.append(Judged(check=result.check, measurement=each, status=status, reason=reason))
    for worst in ("missed", "inconclusive"):
        found = [each for each in judged if each.status == worst]
        if found:
            whom = f"{len(found)} of {len(judged)}; first {about(found[0].measurement)}: " if len(judged) > 1 else ""
            return found[0].status, whom + found[0].reason, tuple(judged)
    nearest = closest_to_bound(limit, judged)
    whom = f"all {len(judged)}; closest {about(nearest)}: " if len(judged) > 1 else ""
    reason = next(each.reason for each in judged if each.measurement is nearest)
    return "met", whom + reason, tuple(judged)
