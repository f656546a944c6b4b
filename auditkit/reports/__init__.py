"""The formats that auditkit brings; each works from saved results alone."""

import importlib

from auditkit.hookspecs import Format, hookimpl
from auditkit.results import AuditResult, Comparison

_FORMATS = {
    "html": ("report.html", "html.render.render"),
    "pdf": ("report.pdf", "pdf.render"),
    "summary": ("summary.md", "summary.render"),
    "card": ("model_card.md", "card.render"),
    "cardpage": ("model_card.html", "cardpage.render"),
    "bom": ("model.cdx.json", "bom.render"),
    "junit": ("junit.xml", "junit.render"),
    "metrics": ("metrics.json", "metrics.render"),
    "csv": ("measurements.csv", "measurements.as_csv"),
    "parquet": ("measurements.parquet", "measurements.as_parquet"),
}
"""{name: the file, and the function below this package that makes it}."""
_ON_REQUEST = frozenset({"pdf", "bom"})


@hookimpl
def register_formats() -> list[Format]:
    """The report on screen and on paper, a summary, the model card in three forms, JUnit, numbers, tables."""
    return [_format(name, file, function) for name, (file, function) in _FORMATS.items()]


def _format(name: str, file: str, function: str) -> Format:
    module, _, attribute = function.rpartition(".")

    def render(result: AuditResult | Comparison) -> bytes:
        # imported when something is rendered: a host lists formats without jinja2, vl-convert or pyarrow
        content: bytes = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)(result)
        return content

    return Format(name, file, render, on_request=name in _ON_REQUEST)
