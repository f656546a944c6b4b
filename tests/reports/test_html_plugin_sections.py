"""Sections of plugins in the report of several models, and in the card."""

from __future__ import annotations

import re

from auditkit.reports import card
from auditkit.reports.html.render import render
from auditkit.results import Comparison
from tests import fakes


def several(*sections) -> Comparison:
    both = zip(fakes.comparison().results, sections, strict=True)
    return fakes.comparison().model_copy(
        update={"results": tuple(audit.model_copy(update={"sections": own}) for audit, own in both)}
    )


def headings(page: str) -> list[str]:
    return [title for title in re.findall(r"<h2[^>]*>(.*?)</h2>", page) if title.startswith("What did it cost?")]


def test_a_section_that_all_models_share_stands_once_and_one_that_they_do_not_names_its_models():
    same, other = fakes.SECTION, fakes.SECTION.model_copy(update={"paragraphs": ("The audit took 9 kWh.",)})
    assert headings(render(several((same,), (same,), (same,))).decode()) == ["What did it cost?"]
    page = render(several((same,), (other,), ())).decode()
    assert headings(page) == ["What did it cost? (credit-gbm)", "What did it cost? (credit-mlp)"]
    anchors = re.findall(r'<section id="(section-[^"]*)"', page)
    assert len(set(anchors)) == 2 and all(page.count(f'href="#{anchor}"') == 1 for anchor in anchors)


def test_paragraphs_figures_and_tables_are_all_there():
    page = render(fakes.audit().model_copy(update={"sections": (fakes.SECTION,)})).decode()
    own = page[page.index('<section id="section-acme-energy"') :]
    own = own[: own.index("</section>")]
    assert "<p>The audit took 3 kWh.</p>" in own and "Written by the plugin acme 1.0" in own
    assert own.count("<figure>") == 1 and "<img" in own and "Energy by part: idle 1.5; busy 1.6." in own
    assert "<caption" in own and re.search(r"<th scope=\"row\">idle</th><td>1.50</td>", own)


def test_the_card_has_it_after_the_nine_sections_under_the_name_of_its_model():
    text = card.render(several((fakes.SECTION,), (), ())).decode()
    assert text.index("## Caveats and Recommendations") < text.index("## What did it cost? (credit-gbm)")
    assert "| idle | 1.50 |" in text and "**Figure:** Energy by part." in text
    assert "What did it cost?" not in card.render(fakes.comparison()).decode()
