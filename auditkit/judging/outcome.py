"""The verdict of the whole audit, its sentence and its exit code."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.results import CheckResult, Outcome, Verdict, VerdictStatus


def outcome_of(verdicts: Sequence[Verdict], results: Sequence[CheckResult], faults: Sequence[str]) -> Outcome:
    """The one computation that every format, `.passed` and the exit code read.

    Args:
        verdicts: of every limit.
        results: of every selected check.
        faults: plugins and formats that failed, each a sentence.
    """
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
