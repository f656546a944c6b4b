"""From a result to the one file of the report."""

import functools
import pathlib
from typing import Any

import jinja2

from auditkit.reports.html.page import page
from auditkit.results import AuditResult, Comparison
from auditkit.text import printable

TEMPLATES = pathlib.Path(__file__).parent / "templates"


def render(result: AuditResult | Comparison) -> bytes:
    """The report as one HTML file: no script, no request, the same bytes for the same result."""
    text = _environment().get_template("report.html.j2").render(page=page(result))
    return text.encode()


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
        # at the last moment: a text may come from anywhere in the result
        finalize=_harmless,
    )


def _harmless(value: Any) -> Any:
    """Text without control characters; what a macro has escaped already stays as it is."""
    # markup was escaped already; to touch it would escape it twice
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return printable(value, limit=len(value) + 1)
    return value
