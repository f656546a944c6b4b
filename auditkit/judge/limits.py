"""Limits applied to what was measured.

A limit has a name, given, or made from measurement and scope. Of several measurements under one limit each is met at
its own level, and missed only where all intervals hold at once.

With ten groups exactly on the bound, ten intervals of 95 % would call some group missed by chance alone in one audit of
five. So a group counts as missed where its interval at the level of Šidák is on the wrong side too. To be met needs no
such care: the limit is met where all groups are, and each may be wrong at its own level only.

Source: Šidák (1967), Rectangular confidence regions for the means of multivariate normal distributions, JASA 62; for
met, Berger (1982), Multiparameter hypothesis testing and acceptance sampling, Technometrics 24.

Last comes the verdict of the whole audit, with its sentence and its exit code.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from auditkit.errors import ConfigError, check_known, closest, present
from auditkit.judge.decision import bound_to_name, closest_to_bound, judge_measurement
from auditkit.judge.matches import about_everyone_alone, concerned, is_bare, names_check, why_none
from auditkit.judge.sentences import about, everyone_alone, interval_ends
from auditkit.results import (
    CheckResult,
    Judged,
    Limit,
    Measurement,
    Outcome,
    Verdict,
    VerdictStatus,
    Waiver,
    count_line,
    furthest_off,
    left_out_of_all,
    pairs_by_name,
)
from auditkit.text import unused


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
    absent: Mapping[str, str] | None = None,
    elsewhere: bool = False,
) -> Judgement:
    """Apply every limit to what was measured.

    Args:
        limits: what the owner decided beforehand.
        waivers: missed or undecided limits that somebody accepted.
        results: one for every selected check.
        today: the day that decides whether a waiver has expired.
        faults: plugins that were asked for and did not load, each a sentence.
        absent: {check, or measurement: why there is none}, where that is known.
        elsewhere: whether limits were set that are about other models alone.

    Raises:
        ConfigError: two limits share a name, or a waiver names no limit.
    """
    limits = with_names(limits)
    check_names(limits, waivers)
    accepted = {waiver.limit: waiver for waiver in waivers}
    verdicts = []
    for limit in limits:
        status, reason, judged = _apply(limit, results, absent or {}, faults)
        waiver = accepted.get(limit.name)
        waived = waiver is not None and waiver.expires >= today and status in ("missed", "inconclusive")
        verdicts.append(Verdict(limit=limit, status=status, reason=reason, judged=judged, waiver=waiver, waived=waived))
    note = everyone_alone(about_everyone_alone(limits, results), "and groups were measured")
    return Judgement(tuple(verdicts), outcome_of(verdicts, results, faults, [note] if note else [], elsewhere))


def _apply(
    limit: Limit, results: Sequence[CheckResult], absent: Mapping[str, str], faults: Sequence[str]
) -> tuple[VerdictStatus, str, tuple[Judged, ...]]:
    result = next((result for result in results if names_check(limit, result.check)), None)
    if result is None:
        return "not tested", _why_untested(limit, results, absent, faults), ()
    if result.status == "error":
        message = result.error.message if result.error else result.reason
        return "error", f"the check {result.check} ended in error: {message}", ()
    if result.status == "skipped":
        return "not tested", f"the check {result.check} was skipped: {result.reason}", ()
    measurements = concerned(limit, result)
    if not measurements:
        return "not tested", absent.get(limit.measurement) or why_none(limit, result), ()
    judged = judge_together(limit, result.check, measurements)
    status, reason = worst_of(limit, judged)
    return status, reason, tuple(judged)


def _why_untested(
    limit: Limit, results: Sequence[CheckResult], absent: Mapping[str, str], faults: Sequence[str]
) -> str:
    """Why no check measured what a limit is about."""
    why = next((why for check, why in absent.items() if names_check(limit, check)), None)
    if why is not None:
        return why
    known = closest(limit.measurement, [result.check for result in results])
    # the first alone: it is most often the one that the others follow from
    blame = f". A plugin did not load: {faults[0]}" if faults else ""
    return f"no selected check measures {limit.measurement!r}; {known}{blame}"


def worst_of(
    limit: Limit, judged: Sequence[Judged], written: Sequence[Judged] | None = None
) -> tuple[VerdictStatus, str]:
    """The worst status of the judged measurements, at least one, and why: by the one furthest to the wrong side.

    A group too small to have a number bars only what it says.

    Args:
        limit: the limit.
        judged: as they were judged.
        written: the same, as they may be written, where that is less.
    """
    judgements = judged if written is None else written
    alone = is_bare(limit) and all(judgement.measurement.slice for judgement in judged)
    each_alone = "measured for groups alone, so judged for each; " if alone else ""
    spared = [_is_spared(judgement.measurement) for judgement in judged]
    # where every group is too small there is nothing else to judge by, and nothing is met
    if all(spared):
        spared = [False] * len(judged)
    status, which, worst = _worst(
        limit, [judgement for judgement, small in zip(judgements, spared, strict=True) if not small]
    )
    others = [judgement.measurement for judgement in judgements if judgement is not worst]
    unseen = left_out_of_all([worst.measurement, *others], worst.reason)
    reason = f"{worst.reason.removesuffix('.')}; {unseen}" if unseen else worst.reason
    return status, each_alone + which + reason


def _worst(limit: Limit, judged: Sequence[Judged]) -> tuple[VerdictStatus, str, Judged]:
    """The status of all, which of several decides, and that one."""
    statuses: tuple[VerdictStatus, ...] = ("missed", "inconclusive")
    for worst in statuses:
        judgement = furthest_off(limit, judged, worst)
        if judgement is not None:
            many = sum(verdict.status == worst for verdict in judged)
            which = f"{many} of {len(judged)}; furthest off {about(judgement.measurement)}: " if len(judged) > 1 else ""
            return worst, which, judgement
    nearest = closest_to_bound(limit, judged)
    which = f"all {len(judged)}, each at its own level; closest {about(nearest.measurement)}: "
    return "met", which if len(judged) > 1 else "", nearest


def _is_spared(measurement: Measurement) -> bool:
    """Whether it is about a group that is too small to have a number, and bars no limit from being met."""
    left_out = measurement.left_out
    return measurement.value is None and bool(measurement.slice and left_out) and not any(g.bars for g in left_out)


def with_names(limits: Iterable[Limit]) -> tuple[Limit, ...]:
    """The limits, each with a name; of several about the same numbers, the later ones are counted: `… (2)`.

    A made name depends neither on the bound nor on other limits, so that it stays the same where those change.
    """
    limits = tuple(limits)
    taken = {limit.name for limit in limits if limit.name.strip()}
    named = []
    for limit in limits:
        if not limit.name.strip():
            limit = limit.model_copy(update={"name": unused(made_name(limit), taken)})
            taken.add(limit.name)
        named.append(limit)
    return tuple(named)


def made_name(limit: Limit) -> str:
    """`performance.quality.accuracy for each group`, `fairness.groups.demographic_parity_ratio over sex`."""
    group = " for each group" if limit.groups else f" for {pairs_by_name(limit.slice)}" if limit.slice else ""
    across = f" over {' and '.join(sorted(limit.across))}" if limit.across else ""
    conditions = f" with {pairs_by_name(limit.conditions)}" if limit.conditions else ""
    return limit.measurement + group + across + conditions


def check_names(limits: Sequence[Limit], waivers: Sequence[Waiver]) -> None:
    """Raise ConfigError where two limits share a name or a waiver names no limit; before anything is measured."""
    names = [limit.name for limit in limits]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"limits: every name must be used once; {twice[0]!r} is used {names.count(twice[0])} times")
    waived = [waiver.limit for waiver in waivers]
    check_known(waived, names, ConfigError, lambda name: f"waivers: {name!r} is not the name of a limit; ")


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
    edges = interval_ends(bound_to_name(limit, measurement), wide, limit)
    all_at_once = f"{100 * wide.level:.4g}% interval {edges} that holds for all {count} at once"
    if status == "missed":
        reason = f"{alone.reason}; the {all_at_once} says the same"
    else:
        reason = (
            f"{alone.reason}. That is so by itself alone: the {all_at_once} is across the bound. More rows would "
            "rather show that it is missed."
        )
    return alone.model_copy(update={"status": status, "reason": reason})


def outcome_of(
    verdicts: Sequence[Verdict], results: Sequence[CheckResult], faults: Sequence[str], notes: Sequence[str] = (),
    elsewhere: bool = False,
) -> Outcome:  # fmt: skip
    """The one computation that every format, `.passed` and the exit code read.

    Args:
        verdicts: of every limit.
        results: of every selected check.
        faults: plugins and formats that failed, each a sentence.
        notes: what the limits do not cover.
        elsewhere: whether limits were set that are about other models alone.
    """
    standing = [verdict for verdict in verdicts if not verdict.waived]
    failed = [result for result in results if result.status == "error"]
    messages = (f"{result.check}: {result.error.message if result.error else result.reason}" for result in failed)
    errors = [*messages, *faults]
    reasons = [
        f"{verdict.limit.name}: {verdict.reason}"
        for status in ("missed", "error", "inconclusive", "not tested")
        for verdict in standing
        if verdict.status == status
    ]
    counts = _counts(verdicts, failed, faults)
    line = count_line(verdicts, counts["error"])

    def say(word: VerdictStatus, code: int, sentence: str, reasons: Sequence[str]) -> Outcome:
        return Outcome(
            verdict=word, exit_code=code, sentence=sentence, reasons=tuple(reasons), counts=counts, notes=tuple(notes)
        )

    parts = f"{len(errors)} part{'s' * (len(errors) != 1)} of the audit ended in error"
    # worst first: a proven violation outweighs whatever could not be found out
    ways: tuple[tuple[VerdictStatus, int, str, list[str]], ...] = (
        ("missed", 1, line, reasons + errors),
        ("error", 3, line if verdicts else parts, errors + reasons),
        ("inconclusive", 3, line, reasons),
        ("not tested", 3, line, reasons),
    )
    for way in ways:
        if counts[way[0]]:
            return say(*way)
    if not any(result.status == "measured" for result in results):
        return say("not tested", 5, "nothing was judged: no check measured anything", reasons)
    if not verdicts:
        why = "every limit is about another model" if elsewhere else "no limit was set"
        return say("not tested", 5, f"nothing was judged: {why}", [why + ("" if elsewhere else " before the audit")])
    return say("met", 0, line, [f"{verdict.limit.name}: {verdict.reason}" for verdict in verdicts])


def _counts(verdicts: Sequence[Verdict], failed: Sequence[CheckResult], faults: Sequence[str]) -> dict[str, int]:
    """Limits by what they came to; what failed and has no limit counts among the errors."""
    standing = [verdict for verdict in verdicts if not verdict.waived]
    counts = {
        status: sum(verdict.status == status for verdict in standing)
        for status in ("met", "missed", "inconclusive", "error", "not tested")
    }
    # an error under a limit is counted with its verdict already
    limited = [
        result for result in failed if any(names_check(verdict.limit, result.check) for verdict in verdicts)
    ]  # fmt: skip
    counts["error"] += len(failed) - len(limited) + len(faults)
    counts["waived"] = len(verdicts) - len(standing)
    return counts
