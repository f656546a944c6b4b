"""report.pdf: the report on paper, tagged for screen readers (PDF/UA-1), with an outline.

It is made from the very same HTML by WeasyPrint, which runs no script; what the HTML would fetch is refused.
"""

import logging
import re
from typing import Any

from auditkit.errors import EvidenceError, require
from auditkit.reports.html.render import render as render_html
from auditkit.results import AuditResult, Comparison

VARIANT = "pdf/ua-1"
_SHAPES = re.compile(r'<svg class="hidden".*?</svg>\n?', re.DOTALL)
_SHAPE = re.compile(r'<symbol id="(i-[a-z-]+)" viewBox="([^"]*)">(.*?)</symbol>')
_COLOUR = re.compile(r"--([a-z-]+): (#[0-9a-f]{6})")
_SIGN = re.compile(r'<svg class="icon" aria-hidden="true"><use href="#(i-[a-z-]+)"/></svg>')
"""A sign beside a word. HTML hides it from screen readers; PDF/UA wants a text for every picture."""


def render(result: AuditResult | Comparison) -> bytes:
    """The report as PDF; the same bytes for the same result and the same version of WeasyPrint.

    Raises:
        MissingExtra: WeasyPrint is not installed.
        EvidenceError: it is installed, but the system library Pango is not.
    """
    try:
        weasyprint: Any = require("weasyprint", "pdf")
    except OSError as error:
        raise EvidenceError(
            "the PDF needs the system library Pango, which was not found; "
            "install it (Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0)"
        ) from error
    # text of strangers stands in the page; an address in it must not make this machine ask anybody
    only_inside = require("weasyprint.urls", "pdf").URLFetcher(allowed_protocols=("data",))
    html = weasyprint.HTML(string=_with_shapes(render_html(result).decode()), url_fetcher=only_inside)
    logger = logging.getLogger("weasyprint")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # it complains of every rule for screens
    try:
        return bytes(html.write_pdf(pdf_variant=VARIANT))
    finally:
        logger.setLevel(level)


def _with_shapes(page: str) -> str:
    """The page with every sign drawn in its place, for WeasyPrint follows no pointer from one drawing to another."""
    colours = dict(_COLOUR.findall(page.partition("</style>")[0])[::-1])  # the first of each name: on paper it is light
    shapes = {
        name: (box, inside.replace("currentColor", colours[name[2:]]).replace("var(--paper)", "#fff"))
        for name, box, inside in _SHAPE.findall(page)
    }

    def drawn(sign: re.Match[str]) -> str:
        box, inside = shapes[sign[1]]
        return f'<svg class="icon" viewBox="{box}"><title>sign</title>{inside}</svg>'

    return _SIGN.sub(drawn, _SHAPES.sub("", page, count=1))
