"""From a result to the one file of the report."""

from __future__ import annotations

import functools
import pathlib
from typing import Any, NamedTuple

import jinja2

from auditkit.reports.html.audits import AuditView, Term, audit_view, glossary
from auditkit.reports.html.facts import data_grids
from auditkit.reports.html.grids import Anchors, Grid
from auditkit.reports.html.limits import REASONS, Reason
from auditkit.reports.html.sides import Side, side
from auditkit.reports.html.words import cut, moment
from auditkit.results import AuditResult, Comparison, digest
from auditkit.text import printable

TEMPLATES = pathlib.Path(__file__).parent / "templates"


class Page(NamedTuple):
    """Everything on the page."""

    title: str
    heading: str
    verdict: str
    sentence: str
    reasons: tuple[Reason, ...]
    more: tuple[Reason, ...]
    """The reasons that did not fit above, and those that were cut there, in full."""
    audits: tuple[AuditView, ...]
    side: Side | None
    data: tuple[Grid, ...]
    terms: tuple[Term, ...]
    date: str
    digest: str


def render(result: AuditResult | Comparison) -> bytes:
    """The report as one HTML file: no script, no request, the same bytes for the same result."""
    text = _environment().get_template("report.html.j2").render(page=_page(result))
    return text.encode()


def _page(result: AuditResult | Comparison) -> Page:
    several = isinstance(result, Comparison)
    audits = result.results if isinstance(result, Comparison) else (result,)
    anchors = Anchors()
    terms, places = glossary((each for audit in audits for each in audit.results), anchors)
    first_view = audit_view(audits[0], anchors, places)
    views = (first_view, *(audit_view(audit, anchors, places, first_view) for audit in audits[1:]))
    compared = side(result, [view.reasons for view in views], anchors) if isinstance(result, Comparison) else None
    first = audits[0]
    heading = result.title if isinstance(result, Comparison) else f"Audit of {first.model.name} on {first.data.name}"
    verdict = compared.verdict if compared else first.verdict
    reasons = compared.reasons if compared else views[0].reasons
    return Page(
        title=f"{verdict.capitalize()}: {cut(heading, 80)}",
        heading=cut(heading, 80),
        verdict=verdict,
        sentence=cut(compared.sentence if compared else _capital(first.outcome.sentence), 160),
        reasons=reasons[:REASONS],
        more=() if several else tuple(reasons[REASONS:]),
        audits=views,
        side=compared,
        data=tuple(data_grids(first, anchors)),
        terms=tuple(terms),
        date=moment(max(audit.run.finished for audit in audits)),
        digest=digest(result),
    )


def _capital(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


@functools.lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    """Escapes everything, and stops at a name that the page does not have."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_harmless,
    )


def _harmless(value: Any) -> Any:
    """Text without control characters; what a macro has escaped already stays as it is."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return printable(value, limit=len(value) + 1)
    return value
