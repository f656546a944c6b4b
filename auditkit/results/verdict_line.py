"""The one line that says how many limits came to what, the same in every format."""

from collections.abc import Sequence

from auditkit.results.audit import AuditResult
from auditkit.results.verdicts import Verdict


def count_line(verdicts: Sequence[Verdict], errors: int) -> str:
    """`2 met · 0 missed · 1 waived (would be missed) · 0 undecided · 0 not tested · 0 errors`.

    Args:
        verdicts: of every limit; a waived one counts as waived alone.
        errors: limits in error, and parts of the audit that failed and have no limit.
    """
    standing = [verdict.status for verdict in verdicts if not verdict.waived]
    counts = [
        f"{standing.count('met')} met",
        f"{standing.count('missed')} missed",
        _waived([verdict for verdict in verdicts if verdict.waived]),
        f"{standing.count('inconclusive')} undecided",
        f"{standing.count('not tested')} not tested",
        f"{errors} error{'s' * (errors != 1)}",
    ]
    return " · ".join(counts)


def verdict_line(audit: AuditResult) -> str:
    """The counts of an audit; its own sentence where no limit was set."""
    # six counts of nothing would look like an audit that was judged
    if not audit.verdicts:
        return audit.outcome.sentence
    # schema 1 has no counts in its outcome
    in_error = sum(verdict.status == "error" for verdict in audit.verdicts)
    return count_line(audit.verdicts, max(in_error, audit.outcome.counts.get("error", 0)))


def _waived(verdicts: Sequence[Verdict]) -> str:
    missed = sum(verdict.status == "missed" for verdict in verdicts)
    undecided = len(verdicts) - missed
    if missed and undecided:
        return f"{len(verdicts)} waived ({missed} would be missed, {undecided} undecided)"
    if not verdicts:
        return "0 waived"
    return f"{len(verdicts)} waived (would be {'missed' if missed else 'undecided'})"
