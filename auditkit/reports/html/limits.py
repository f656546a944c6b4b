"""The limits of an audit and how they were met, and the reasons that head the page."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from auditkit.reports import numbers
from auditkit.reports.html.sentences import (
    WORST,
    about,
    be,
    capital,
    cut,
    day,
    decisive,
    measured,
    name_of,
    owner,
)
from auditkit.reports.html.tables import Anchors, Cell, Grid, Head, grid
from auditkit.results import (
    AuditResult,
    CheckResult,
    Definition,
    Judged,
    Verdict,
    Waiver,
    left_out_text,
    pairs,
    whose_text,
)

REASONS = 3
"""How many reasons head the page."""
LENGTH = 150
"""And how long each may be there, so that all of them fit on the first screen of a phone."""


WHOSE = 240
"""Letters of two pairs of groups with their numbers."""


class Reason(NamedTuple):
    """Why the verdict is what it is."""

    status: str
    name: str
    text: str
    link: str
    whose: str = ""
    """The two groups that make the number, and those that the verdict hangs on."""


def limits_grid(audit: AuditResult, anchors: Anchors) -> Grid:
    """Each limit: verdict, name, rule, what was measured, reason, waiver."""
    heads = (
        Head("Limit"),
        Head("Verdict"),
        Head("Rule", "wide"),
        Head("Measured", "wide"),
        Head("Reason", "wide"),
    )
    ordered = sorted(audit.verdicts, key=lambda verdict: (verdict.waived, WORST.index(verdict.status)))
    rows = [_row(verdict, audit) for verdict in ordered]
    return grid(anchors.new("table-limits"), "Limits set before the audit, and how they were met", heads, rows)


def reasons(audit: AuditResult, limits_anchor: str) -> list[Reason]:
    """The reasons of the outcome, worst first, each in a sentence that can stand alone."""
    known = {f"{verdict.limit.name}: {verdict.reason}": verdict for verdict in audit.verdicts}
    named = {verdict.limit.name: verdict for verdict in audit.verdicts}
    listed = []
    for text in audit.outcome.reasons:
        # the whole sentence first: the name of a limit may hold `: ` itself
        verdict = known.get(text) or named.get(text.partition(": ")[0])
        if verdict is None:
            # a reason without a limit is a check, plugin or format that failed, also where a limit is missed besides
            status = "error" if audit.outcome.verdict in ("error", "missed") else audit.outcome.verdict
            listed.append(Reason(status, "", cut(text, LENGTH), limits_anchor))
        else:
            sentence = _reason_text(verdict, _definitions(verdict, audit.results))
            judged = decisive(verdict)
            whose = "" if judged is None else whose_text(judged.measurement, verdict.limit, verdict.status)
            disparity = cut(capital(whose), WHOSE)
            listed.append(Reason(verdict.status, verdict.limit.name, cut(sentence, LENGTH), limits_anchor, disparity))
    return listed


def demand(verdict: Verdict, audits: Sequence[AuditResult]) -> tuple[str, str]:
    """What a limit demands; whom it is about, and by what it is judged where that is not the interval."""
    results = [result for audit in audits for result in audit.results]
    name = name_of(verdict.limit.measurement.rpartition(".")[2], _definitions(verdict, results))
    limit = verdict.limit
    about_whom = f"about {limit.scope}" if limit.scope and not (limit.slice or limit.across) else ""
    by = "judged by the value alone, without its interval" if limit.judge == "point" else ""
    return f"{name}{about(limit)}: {numbers.rule(verdict)}", "; ".join(filter(None, (about_whom, by)))


def waived(waiver: Waiver, counts: bool) -> str:
    """A waiver in a sentence."""
    state = "Waived" if counts else "A waiver that does not count here"
    return f"{state}: {waiver.reason}. Approved by {waiver.approver}, until {day(waiver.expires)}."


def _row(verdict: Verdict, audit: AuditResult) -> list[Cell]:
    limit = verdict.limit
    texts = [measured(judgement) + _where(judgement, verdict) for judgement in _printed(verdict)]
    disparities = (
        [whose_text(judgement.measurement, limit, verdict.status) for judgement in _printed(verdict)]
        if _tells_itself(verdict)
        else []
    )
    more = len(verdict.judged) - len(texts)
    note = ". ".join(filter(None, [*disparities, f"and {more} more, none of them worse" if more else ""]))
    status = "waived" if verdict.waived else verdict.status
    return [
        Cell(limit.name, limit.because and f"because: {limit.because}"),
        Cell("", f"would be {verdict.status}" if verdict.waived else "", status=status),
        Cell(*demand(verdict, [audit])),
        Cell("; ".join(texts) or "–", note),
        # who is left out, where rule and measurement side by side tell the reason already
        Cell(
            left_out_text(verdict.judged[0].measurement.left_out) if _tells_itself(verdict) else verdict.reason,
            waived(verdict.waiver, verdict.waived) if verdict.waiver else "",
        ),
    ]


def _tells_itself(verdict: Verdict) -> bool:
    """Whether rule and measurement side by side tell the verdict."""
    return verdict.status in ("met", "missed") and len(verdict.judged) == 1


def _printed(verdict: Verdict) -> Sequence[Judged]:
    """What is printed of the measurements under a limit: those that decided, three at most."""
    # a limit on hundreds of groups would fill the page with those that are met
    worst = [judgement for judgement in verdict.judged if judgement.status == verdict.status]
    return (worst or verdict.judged)[:3]


def _where(judged: Judged, verdict: Verdict) -> str:
    """What the measurement is about, where its limit does not say it already."""
    measurement = judged.measurement
    limit = verdict.limit
    parts = (
        "" if measurement.slice == limit.slice else pairs(measurement.slice),
        "" if set(measurement.across) == set(limit.across) else f"over {' and '.join(measurement.across)}",
        pairs({key: value for key, value in measurement.conditions.items() if key not in limit.conditions}),
    )
    sentence = "; ".join(part for part in parts if part)
    return f" [{sentence}]" if sentence else ""


def _reason_text(verdict: Verdict, definitions: Mapping[str, Definition]) -> str:
    """The measurement, its number and the rule; or the reason, where there is no number."""
    judged = decisive(verdict)
    if judged is None:
        return verdict.reason
    subject = name_of(judged.measurement.name, definitions) + about(judged.measurement)
    if judged.measurement.value is None or judged.measurement.validity != "valid":
        return f"{subject}: {judged.reason}"
    required, verb = numbers.rule(verdict), be(judged.measurement.name, definitions)
    if verdict.status == "met":
        return f"{subject} {verb} {measured(judged)}, as required: {required}"
    if verdict.status == "inconclusive":
        without = left_out_text([group for group in judged.measurement.left_out if group.bars])
        return f"{subject} {verb} {measured(judged)}; undecided whether it is {required}" + (
            f", {without}" if without else ""
        )
    return f"{subject} {verb} {measured(judged)}; {required} was required"


def _definitions(verdict: Verdict, results: Sequence[CheckResult]) -> Mapping[str, Definition]:
    return next((result.definitions for result in results if result.check == owner(verdict)), {})
