"""From a result to the one file of the report: the head of the page, and its sections."""

import functools
import pathlib
from typing import Any

import jinja2

from auditkit.reports.charts import with_pictures
from auditkit.reports.html.limits import REASONS
from auditkit.reports.html.sections import parts_of, sections
from auditkit.reports.html.sentences import as_sentence, capital, cut, moment
from auditkit.reports.html.tables import Content
from auditkit.reports.outcome import in_short
from auditkit.results import AuditResult, Comparison, digest, system_text, verdict_line
from auditkit.text import number_of, printable

TEMPLATES = pathlib.Path(__file__).parent / "templates"


def render(result: AuditResult | Comparison) -> bytes:
    """The report as one HTML file: no script, no request, the same bytes for the same result."""
    return environment().get_template("report.html.j2").render(page=page(result)).encode()


@functools.lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """Escapes everything, and stops at a name that the page does not have."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # at the last moment: a text may come from anywhere in the result
        finalize=_harmless,
    )


def _harmless(value: Any) -> Any:
    """Text without control characters; what a macro has escaped already stays as it is."""
    # markup was escaped already; to touch it would escape it twice
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return printable(value, limit=len(value) + 1)
    return value


LENGTH = 80
"""How long a title may be."""


def page(result: AuditResult | Comparison) -> Content:
    """What the templates need; nothing is computed there."""
    parts = with_pictures(functools.partial(parts_of, result))
    first, compared = parts.first, parts.side
    reasons = compared["reasons"] if compared else parts.reasons[0]
    return {
        "heading": cut(result.title or f"Audit of {first.model.name} on {first.data.name}", LENGTH),
        "verdict": compared["verdict"] if compared else first.verdict,
        "sentence": cut(compared["sentence"] if compared else as_sentence(capital(verdict_line(first))), 2 * LENGTH),
        "reasons": reasons[:REASONS],
        "facts": _facts(parts.audits),
        "sections": sections(parts),
        "version": first.provenance.auditkit,
        "digest": digest(result),
    }


def _facts(audits: tuple[AuditResult, ...]) -> tuple[tuple[str, str], ...]:
    """What was audited, in the head of the page."""
    first, data = audits[0], audits[0].data
    date = moment(max(audit.run.finished for audit in audits))
    kind = system_text(first.model.kind, first.model.task) + (f", trained from {first.parent}" if first.parent else "")
    names = "; ".join(audit.model.name for audit in audits)
    model = ("Models", names) if len(audits) > 1 else ("Model", f"{names} ({kind})")
    sentence = in_short(data)
    selected = (("Predicted" if data.task == "regression" else "Selected", sentence),) if sentence else ()
    return (model, *selected, ("Data", f"{data.name}, {number_of(data.rows, 'row')}"), ("Date", date))
