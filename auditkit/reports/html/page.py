"""Everything that stands on the page, of one model or of several."""

from __future__ import annotations

from typing import NamedTuple

from auditkit.reports.html.appendix import parameters
from auditkit.reports.html.comparison import Side, side
from auditkit.reports.html.coverage import Covered, covered, gaps
from auditkit.reports.html.families import Family, families
from auditkit.reports.html.glossary import Term, glossary
from auditkit.reports.html.groups import groups_index
from auditkit.reports.html.headlines import RULE, doubts, five_grid
from auditkit.reports.html.limits import REASONS, Reason, limits_grid, reasons
from auditkit.reports.html.provenance import data_grids, models_grid, provenance_grids
from auditkit.reports.html.rules import Pack, packs
from auditkit.reports.html.sentences import cut, moment
from auditkit.reports.html.tables import Anchors, Grid
from auditkit.reports.outcome import asked, in_short
from auditkit.results import AuditResult, Comparison, digest, verdict_line

LETTERS = 80
"""How long a title may be."""


class Card(NamedTuple):
    """One of several models, with its verdict and the reasons for it."""

    audit: AuditResult
    counts: str
    """Of its limits."""
    reasons: tuple[Reason, ...]


class Page(NamedTuple):
    """Everything on the page."""

    title: str
    heading: str
    verdict: str
    sentence: str
    reasons: tuple[Reason, ...]
    more: tuple[Reason, ...]
    """The reasons that did not fit above."""
    cards: tuple[Card, ...]
    side: Side | None
    """Where there are several models."""
    facts: tuple[tuple[str, str], ...]
    meaning: str
    """The question what being selected is, where the owner did not say."""
    five: Grid | None
    rule: str
    """How the five numbers were chosen."""
    gaps: tuple[Reason, ...]
    doubts: tuple[Reason, ...]
    limits: Grid | None
    scope_notes: tuple[str, ...]
    """What the limits do not cover."""
    coverage: Covered
    families: tuple[Family, ...]
    groups: Grid | None
    packs: tuple[Pack, ...]
    models: Grid
    data: tuple[Grid, ...]
    parameters: Grid | None
    provenance: tuple[Grid, ...]
    terms: tuple[Term, ...]
    version: str
    digest: str


def page(result: AuditResult | Comparison) -> Page:
    """What the templates need; nothing is computed there."""
    several = isinstance(result, Comparison)
    audits = result.results if isinstance(result, Comparison) else (result,)
    first, anchors = audits[0], Anchors()
    terms, defined = glossary((each for audit in audits for each in audit.results), first.data, anchors)
    told = families(audits, anchors, defined)
    places = {check.check: check.anchor for family in told for check in family.checks}
    titles = {check.check: check.title for family in told for check in family.checks}
    why = [reasons(audit, "limits") for audit in audits]
    compared = side(result, why, anchors) if isinstance(result, Comparison) else None
    verdict = compared.verdict if compared else first.verdict
    said = compared.reasons if compared else tuple(why[0])
    heading = result.title or f"Audit of {first.model.name} on {first.data.name}"
    limits = compared.limits if compared else limits_grid(first, anchors) if first.verdicts else None
    return Page(
        title=f"{verdict.capitalize()}: {cut(heading, LETTERS)}",
        heading=cut(heading, LETTERS),
        verdict=verdict,
        sentence=cut(compared.sentence if compared else _capital(verdict_line(first)), 2 * LETTERS),
        reasons=said[:REASONS],
        more=() if several else said[REASONS:],
        cards=tuple(Card(audit, verdict_line(audit), tuple(mine)) for audit, mine in zip(audits, why, strict=True))
        if several
        else (),
        side=compared,
        facts=_facts(audits),
        meaning=asked(first.data),
        five=five_grid(audits, anchors, places),
        rule=RULE,
        gaps=tuple(gaps(audits, "coverage")),
        doubts=tuple(doubts(audits, places)),
        limits=limits,
        scope_notes=tuple(dict.fromkeys(note for audit in audits for note in audit.outcome.notes)),
        coverage=covered(audits, anchors, places),
        families=told,
        groups=groups_index(audits, anchors, titles),
        packs=packs(audits, anchors, places),
        models=models_grid(audits, anchors),
        data=tuple(data_grids(first, anchors)),
        parameters=parameters(audits, anchors, places),
        provenance=tuple(provenance_grids(audits, anchors)),
        terms=tuple(terms),
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
    said = in_short(data)
    selected = (("Predicted" if data.task == "regression" else "Selected", said),) if said else ()
    return (model, *selected, ("Data", f"{data.name}, {data.rows:,} rows"), ("Date", date))


def _capital(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
