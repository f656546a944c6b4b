"""The formats that auditkit brings; each works from saved results alone."""

from __future__ import annotations

from auditkit.hookspecs import Format, hookimpl
from auditkit.results import AuditResult, Comparison


@hookimpl
def register_formats() -> list[Format]:
    """The report on screen and on paper, a summary, the model card in three forms, JUnit, numbers, tables."""
    return [
        Format("html", "report.html", _html),
        Format("pdf", "report.pdf", _pdf, on_request=True),
        Format("summary", "summary.md", _summary),
        Format("card", "model_card.md", _card),
        Format("cardpage", "model_card.html", _cardpage),
        Format("bom", "model.cdx.json", _bom, on_request=True),
        Format("junit", "junit.xml", _junit),
        Format("metrics", "metrics.json", _metrics),
        Format("csv", "measurements.csv", _csv),
        Format("parquet", "measurements.parquet", _parquet),
    ]


def _html(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.html.render import render

    return render(result)


def _card(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.card import render

    return render(result)


def _cardpage(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.cardpage import render

    return render(result)


def _bom(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.bom import render

    return render(result)


def _junit(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.junit import render

    return render(result)


def _metrics(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.metrics import render

    return render(result)


def _pdf(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.pdf import render

    return render(result)


def _summary(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.summary import render

    return render(result)


def _csv(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.measurements import as_csv

    return as_csv(result)


def _parquet(result: AuditResult | Comparison) -> bytes:
    from auditkit.reports.measurements import as_parquet

    return as_parquet(result)
