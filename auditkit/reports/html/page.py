"""The head of the page and its sections, of one model or of several."""

from typing import NamedTuple

from auditkit.reports.html.limits import REASONS, Reason
from auditkit.reports.html.sections import Shown, parts_of, sections
from auditkit.reports.html.sentences import as_sentence, capital, cut, moment
from auditkit.reports.outcome import in_short
from auditkit.results import AuditResult, Comparison, digest, verdict_line

LETTERS = 80
"""How long a title may be."""


class Page(NamedTuple):
    """Everything on the page."""

    heading: str
    verdict: str
    sentence: str
    reasons: tuple[Reason, ...]
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Shown, ...]
    version: str
    digest: str


def page(result: AuditResult | Comparison) -> Page:
    """What the templates need; nothing is computed there."""
    parts = parts_of(result)
    first, compared = parts.first, parts.side
    reasons = compared.reasons if compared else parts.reasons[0]
    heading = result.title or f"Audit of {first.model.name} on {first.data.name}"
    return Page(
        heading=cut(heading, LETTERS),
        verdict=compared.verdict if compared else first.verdict,
        sentence=cut(compared.sentence if compared else as_sentence(capital(verdict_line(first))), 2 * LETTERS),
        reasons=reasons[:REASONS],
        facts=_facts(parts.audits),
        sections=sections(parts),
        version=first.provenance.auditkit,
        digest=digest(result),
    )


def _facts(audits: tuple[AuditResult, ...]) -> tuple[tuple[str, str], ...]:
    """What was audited, in the head of the page."""
    first, data = audits[0], audits[0].data
    date = moment(max(audit.run.finished for audit in audits))
    kind = f"{first.model.kind}, {first.model.task}" + (f", trained from {first.parent}" if first.parent else "")
    model = ("Model", f"{first.model.name} ({kind})")
    if len(audits) > 1:
        model = ("Models", "; ".join(audit.model.name for audit in audits))
    sentence = in_short(data)
    selected = (("Predicted" if data.task == "regression" else "Selected", sentence),) if sentence else ()
    return (model, *selected, ("Data", f"{data.name}, {data.rows:,} rows"), ("Date", date))
