"""The formats that auditkit brings; each works from saved results alone."""

import functools
import pkgutil

from auditkit.hookspecs import Format, hookimpl
from auditkit.results import AuditResult, Comparison

_FORMATS = {
    "html": ("report.html", "html.render:render"),
    "pdf": ("report.pdf", "pdf:render"),
    "summary": ("summary.md", "summary:render"),
    "card": ("model_card.md", "card:render"),
    "cardpage": ("model_card.html", "cardpage:render"),
    "bom": ("model.cdx.json", "bom:render"),
    "junit": ("junit.xml", "junit:render"),
    "metrics": ("metrics.json", "metrics:render"),
    "csv": ("measurements.csv", "measurements:as_csv"),
    "parquet": ("measurements.parquet", "measurements:as_parquet"),
}
"""{name: the file, and the function below this package that makes it}."""
_ON_REQUEST = frozenset({"pdf", "bom"})


@hookimpl
def register_formats() -> list[Format]:
    """The report on screen and on paper, a summary, the model card in three forms, JUnit, numbers, tables."""
    return [
        Format(name, file, functools.partial(_render, function), on_request=name in _ON_REQUEST)
        for name, (file, function) in _FORMATS.items()
    ]


def _render(function: str, result: AuditResult | Comparison) -> bytes:
    # imported when something is rendered: a host lists formats without jinja2, vl-convert or pyarrow
    content: bytes = pkgutil.resolve_name(f"{__name__}.{function}")(result)
    return content
