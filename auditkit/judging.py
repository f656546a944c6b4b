"""Limits applied to measurements: verdicts, the outcome of the audit, its exit code. One function, one table.

limit         whole interval on the right side          met
whole interval on the wrong side          missed
interval across the bound                 inconclusive
no interval and not exact                 inconclusive
undefined, hidden, invalid, inconclusive  inconclusive
its check ended in error                  error
nothing matched, or its check was skipped not tested
exit code     1 a limit missed · 3 an error, or a limit inconclusive or not tested ·
5 nothing was judged · 0 every limit met or waived
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from auditkit.errors import ConfigError, closest
from auditkit.results import (
    CheckResult,
    Interval,
    Judged,
    Limit,
    Measurement,
    Outcome,
    Verdict,
    VerdictStatus,
    Waiver,
    pairs,
)


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
    return Judgement(verdicts, _outcome(verdicts, results, faults))


def check_names(limits: Sequence[Limit], waivers: Sequence[Waiver]) -> None:
    """Raise ConfigError where two limits share a name or a waiver names no limit; before anything is measured."""
    names = [limit.name for limit in limits]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"limits: every name must be used once; {twice[0]!r} is used {names.count(twice[0])} times")
    for waiver in waivers:
        if waiver.limit not in names:
            raise ConfigError(f"waivers: {waiver.limit!r} is not the name of a limit; {closest(waiver.limit, names)}")


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
        low, high = _ends(measurement.interval)
        how = f"{measurement.interval.level:.0%} interval {show(low)} to {show(high)}"
    said = f"{show(value)} ({how})"
    if _inside(low, limit) and _inside(high, limit):
        return "met", f"{said} is {bounds(limit)}"
    if (limit.at_least is not None and high < limit.at_least) or (limit.at_most is not None and low > limit.at_most):
        return "missed", f"{said} is not {bounds(limit)}"
    side = "on the right side" if _inside(value, limit) else "on the wrong side"
    return (
        "inconclusive",
        f"{said} is across the bound ({bounds(limit)}); the point is {side}. {_more(limit, measurement)}",
    )


def bounds(limit: Limit) -> str:
    """The rule in words: `at least 0.8`."""
    parts = []
    if limit.at_least is not None:
        parts.append(f"at least {show(limit.at_least)}")
    if limit.at_most is not None:
        parts.append(f"at most {show(limit.at_most)}")
    return " and ".join(parts)


def show(value: float) -> str:
    """A number with four significant digits."""
    return f"{value:.4g}"


def _judge_limit(limit: Limit, results: Sequence[CheckResult], waiver: Waiver | None, today: datetime.date) -> Verdict:
    status, reason, judged = _apply(limit, results)
    waived = waiver is not None and waiver.expires >= today and status in ("missed", "inconclusive")
    return Verdict(limit=limit, status=status, reason=reason, judged=judged, waiver=waiver, waived=waived)


def _apply(limit: Limit, results: Sequence[CheckResult]) -> tuple[VerdictStatus, str, tuple[Judged, ...]]:
    result = next((each for each in results if _owns(each, limit.measurement)), None)
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
    matched = [each for each in result.measurements if _matches(limit, result, each)]
    if not matched:
        return "not tested", _unmatched(limit, result), ()
    judged = []
    for each in matched:
        status, reason = judge_measurement(limit, each)
        judged.append(Judged(check=result.check, measurement=each, status=status, reason=reason))
    for worst in ("missed", "inconclusive"):
        found = [each for each in judged if each.status == worst]
        if found:
            about = f"{len(found)} of {len(judged)}; first {_about(found[0].measurement)}: " if len(judged) > 1 else ""
            return found[0].status, about + found[0].reason, tuple(judged)
    about = f"all {len(judged)}; closest {_about(_closest(limit, judged))}: " if len(judged) > 1 else ""
    reason = next(each.reason for each in judged if each.measurement is _closest(limit, judged))
    return "met", about + reason, tuple(judged)


def _owns(result: CheckResult, measurement: str) -> bool:
    return measurement == result.check or measurement.rpartition(".")[0] == result.check


def _matches(limit: Limit, result: CheckResult, each: Measurement) -> bool:
    if limit.measurement == result.check:
        named = len({other.name for other in result.measurements}) == 1
    else:
        named = each.name == limit.measurement.rpartition(".")[2]
    return (
        named
        and (not limit.across or set(limit.across) == set(each.across))
        and (not limit.slice or limit.slice == each.slice)
        and not (limit.everyone and each.slice)
        and limit.conditions.items() <= each.conditions.items()
    )


def _unmatched(limit: Limit, result: CheckResult) -> str:
    names = sorted({each.name for each in result.measurements})
    if limit.measurement == result.check and len(names) != 1:
        return f"{result.check} has {len(names)} measurements; name one: {', '.join(names)}"
    wanted = limit.measurement.rpartition(".")[2]
    if limit.measurement != result.check and wanted not in names:
        return f"{result.check} has no measurement {wanted!r}; {closest(wanted, names)}"
    chosen = "; ".join(filter(None, [", ".join(limit.across), pairs(limit.slice), pairs(limit.conditions)]))
    some = [each for each in result.measurements if each.name == wanted or limit.measurement == result.check]
    known = sorted({_about(each) for each in some})
    return f"no measurement of {limit.measurement} is about {chosen}; there is: {'; '.join(known[:8])}"


def _closest(limit: Limit, judged: Iterable[Judged]) -> Measurement:
    """The measurement with the least room to the bound."""

    def room(each: Judged) -> float:
        low, high = (each.measurement.value or 0.0,) * 2
        if each.measurement.interval is not None and limit.judge == "interval" and not each.measurement.exact:
            low, high = _ends(each.measurement.interval)
        left = math.inf if limit.at_least is None else low - limit.at_least
        right = math.inf if limit.at_most is None else limit.at_most - high
        return min(left, right)

    return min(judged, key=room).measurement


def _about(each: Measurement) -> str:
    parts = [pairs(each.slice), f"over {', '.join(each.across)}" if each.across else "", pairs(each.conditions)]
    return "; ".join(filter(None, parts)) or "everyone"


def _ends(interval: Interval) -> tuple[float, float]:
    low = -math.inf if interval.low is None else interval.low
    high = math.inf if interval.high is None else interval.high
    return low, high


def _inside(value: float, limit: Limit) -> bool:
    above = limit.at_least is None or value >= limit.at_least
    return above and (limit.at_most is None or value <= limit.at_most)


def _more(limit: Limit, each: Measurement) -> str:
    """About how many more rows would decide: the half width of an interval shrinks with the root of n."""
    assert each.value is not None and each.interval is not None  # only such measurements get here
    value, n = each.value, each.n
    low, high = _ends(each.interval)
    needed = 0.0
    for bound, reached in ((limit.at_least, low), (limit.at_most, high)):
        if bound is None:
            continue
        wrong = not _inside(value, limit)
        half = abs(value - (high if wrong and bound == limit.at_least else low if wrong else reached))
        crosses = low < bound < high or bound in (low, high)
        if crosses and abs(value - bound) < 1e-4 * half:  # a hundred million times the rows
            return "The point is on the bound itself: no number of rows decides."
        if crosses and math.isfinite(half):
            needed = max(needed, (half / abs(value - bound)) ** 2)
    if n is None or needed <= 1:
        return "More rows would decide."
    of = f" of {pairs(each.slice)}" if each.slice else f" over {', '.join(each.across)}" if each.across else ""
    return f"About {math.ceil(n * (needed - 1)):,} more rows{of} would decide."


def _outcome(verdicts: Sequence[Verdict], results: Sequence[CheckResult], faults: Sequence[str]) -> Outcome:
    standing = [verdict for verdict in verdicts if not verdict.waived]
    counts = {
        status: sum(verdict.status == status for verdict in standing)
        for status in ("met", "missed", "inconclusive", "error", "not tested")
    }
    counts["waived"] = len(verdicts) - len(standing)
    failed = [each for each in results if each.status == "error"]
    errors = [f"{each.check}: {each.error.message if each.error else each.reason}" for each in failed]
    errors += list(faults)
    reasons = [
        f"{verdict.limit.name}: {verdict.reason}"
        for status in ("missed", "error", "inconclusive", "not tested")
        for verdict in standing
        if verdict.status == status
    ]
    measured = any(each.status == "measured" for each in results)
    total = len(verdicts)
    waived = f", {counts['waived']} waived" if counts["waived"] else ""
    if counts["missed"]:
        return _say("missed", 1, f"{counts['missed']} of {total} limits missed{waived}", reasons + errors, counts)
    if errors or counts["error"]:
        sentence = f"{len(errors)} part{'s' * (len(errors) != 1)} of the audit ended in error{waived}"
        return _say("error", 3, sentence, errors + reasons, counts)
    if counts["inconclusive"]:
        return _say("inconclusive", 3, f"{counts['inconclusive']} of {total} limits undecided{waived}", reasons, counts)
    if counts["not tested"]:
        return _say("not tested", 3, f"{counts['not tested']} of {total} limits not tested{waived}", reasons, counts)
    if not measured:
        return _say("not tested", 5, "nothing was judged: no check measured anything", reasons, counts)
    if not verdicts:
        return _say(
            "not tested", 5, "nothing was judged: no limit was set", ["no limit was set before the audit"], counts
        )
    met = [f"{verdict.limit.name}: {verdict.reason}" for verdict in verdicts]
    return _say("met", 0, f"{counts['met']} of {total} limits met{waived}", met, counts)


def _say(word: VerdictStatus, code: int, sentence: str, reasons: Sequence[str], counts: dict[str, int]) -> Outcome:
    return Outcome(verdict=word, exit_code=code, sentence=sentence, reasons=tuple(reasons), counts=counts)
