"""The verdict of the whole audit, its sentence and its exit code."""

from collections.abc import Sequence

from auditkit.judge.matches import names_check
from auditkit.results import CheckResult, Outcome, Verdict, VerdictStatus, count_line


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
    errors = [f"{result.check}: {result.error.message if result.error else result.reason}" for result in failed]
    errors += list(faults)
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
