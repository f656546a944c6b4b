"""report.pdf: the report on paper, tagged for screen readers (PDF/UA-1), with an outline.

It is made from the very same HTML by WeasyPrint, which runs no script; what the HTML would fetch is refused.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from auditkit.errors import EvidenceError, require
from auditkit.reports.html.render import render as render_html
from auditkit.results import AuditResult, Comparison

VARIANT = "pdf/ua-1"
_SIGN = re.compile(r'(<svg [^>]*aria-hidden="true"[^>]*>)')
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
    only_inside = require("weasyprint.urls", "pdf").URLFetcher(allowed_protocols=("data",))
    page = _SIGN.sub(r"\1<title>sign</title>", render_html(result).decode())
    html = weasyprint.HTML(string=page, url_fetcher=only_inside)
    logger = logging.getLogger("weasyprint")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # it complains of every rule for screens
    try:
        return bytes(html.write_pdf(pdf_variant=VARIANT))
    finally:
        logger.setLevel(level)
