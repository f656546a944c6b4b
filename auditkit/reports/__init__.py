"""The formats that auditkit brings; each works from saved results alone."""

from __future__ import annotations

from auditkit.hookspecs import Format, hookimpl
from auditkit.results import AuditResult, Comparison


@hookimpl
def register_formats() -> list[Format]:
    """The report, the model card, JUnit and flat numbers."""
    return [
        Format("html", "report.html", _html),
        Format("card", "model_card.md", _card),
        Format("junit", "junit.xml", _junit),
        Format("metrics", "metrics.json", _metrics),
    ]


def _html(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.html.render import render

    return render(result)


def _card(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.card import render

    return render(result)


def _junit(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.junit import render

    return render(result)


def _metrics(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.metrics import render

    return render(result)
