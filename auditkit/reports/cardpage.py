"""model_card.html: the very words of model_card.md as a page, in the look of the report.

The Markdown is read by markdown-it with HTML switched off, so nothing that a stranger wrote becomes markup.
"""

import html
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from auditkit.reports import card
from auditkit.reports.html.render import TEMPLATES
from auditkit.results import AuditResult, Comparison
from auditkit.text import one_line

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def render(result: AuditResult | Comparison) -> bytes:
    """One HTML file without script or request."""
    reader = _reader()
    tokens = reader.parse(_body(card.render(result).decode()))
    # the tokens are changed in place, so this stands before they are rendered
    sections = _name_sections(tokens)
    title = result.title if isinstance(result, Comparison) else result.model.name
    links = "".join(f'<li><a href="#{anchor}">{html.escape(text)}</a></li>' for anchor, text in sections)
    page = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>Model card: {html.escape(one_line(title, 80))}</title>\n"
        f"<style>\n{(TEMPLATES / 'style.css').read_text()}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#card">Skip to the card</a>\n'
        f'<div class="layout">\n<nav aria-label="Sections"><ul>{links}</ul></nav>\n'
        f'<main id="card" tabindex="-1">\n{reader.renderer.render(tokens, reader.options, {})}</main>\n'
        "</div>\n</body>\n</html>\n"
    )
    return page.encode("utf-8", "replace")


def _body(text: str) -> str:
    """The card without its front matter, which repeats numbers for machines."""
    return text.partition("\n---\n")[2] if text.startswith("---\n") else text


def _reader() -> MarkdownIt:
    # links and pictures too: an address that a stranger wrote would be fetched, or clicked
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])
    # a region that scrolls needs a name for screen readers, and no two the same
    numbered = iter(range(1, 1_000_000))

    def table_open(tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        # a wide table scrolls by itself, and by keyboard
        return f'<div class="scroll" role="region" aria-label="Table {next(numbered)}" tabindex="0"><table>\n'

    rules: dict[str, Any] = reader.renderer.rules  # type: ignore[attr-defined]
    rules["table_open"] = table_open
    rules["table_close"] = lambda tokens, index, options, env: "</table></div>\n"
    return reader


def _name_sections(tokens: Sequence[Token]) -> list[tuple[str, str]]:
    """(anchor, text) of every section, which gets that anchor; a head cell is told to be one of a column."""
    sections: list[tuple[str, str]] = []
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            anchor = f"section-{len(sections) + 1}"
            token.attrSet("id", anchor)
            sections.append((anchor, tokens[index + 1].content))
        if token.type == "th_open":
            token.attrSet("scope", "col")
    return sections
