"""model_card.html: the same words as the Markdown card, on a page that does nothing."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from auditkit.reports import card, cardpage
from tests import fakes
from tests.chromium import needs_chromium, visit
from tests.reports.test_markdown import HOSTILE

TEXT = "[...document.querySelectorAll('h1, h2, h3, main p, main li, th, td')].map(e => e.textContent)"


@needs_chromium
@pytest.mark.parametrize("result", [fakes.audit(), fakes.comparison()], ids=["one", "many"])
def test_round_trip_the_page_says_what_the_markdown_says(tmp_path, result):
    path = tmp_path / "model_card.html"
    path.write_bytes(cardpage.render(result))
    page = visit(path, script=TEXT)
    body = cardpage._body(card.render(result).decode())
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    expected = ["".join(child.content for child in token.children) for token in tokens if token.type == "inline"]
    assert [text for text in expected if text] == [text for text in page.value if text]


@needs_chromium
@pytest.mark.parametrize("width", [1280, 320])
def test_it_asks_for_nothing_and_does_not_scroll_sideways(tmp_path, width):
    path = tmp_path / "model_card.html"
    path.write_bytes(cardpage.render(fakes.comparison()))
    page = visit(path, width, script="document.documentElement.scrollWidth")
    assert (page.requests, page.console) == ([], [])
    assert page.value <= width
    assert page.title == "Model card: Credit approval: three models side by side"


def test_the_nine_sections_can_be_reached():
    page = cardpage.render(fakes.audit()).decode()
    links = re.findall(r'<a href="#(section-\d+)">([^<]+)</a>', page)
    assert [name for _, name in links] == list(card.SECTIONS)
    assert all(f'id="{anchor}"' in page for anchor, _ in links)


def test_every_head_cell_is_of_a_column_and_every_table_can_be_scrolled():
    page = cardpage.render(fakes.audit()).decode()
    assert page.count("<th ") == page.count('<th scope="col"') > 5
    assert page.count("<table>") == page.count('<div class="scroll" role="region"')


@needs_chromium
@pytest.mark.parametrize("payload", HOSTILE[:12])
def test_hostile_text_does_nothing(tmp_path, payload):
    path = tmp_path / "model_card.html"
    path.write_bytes(cardpage.render(fakes.hostile(payload)))
    page = visit(path, script="document.querySelectorAll('script, img, iframe, object, main a').length")
    assert (page.value, page.requests, page.dialogs) == (0, [], [])
