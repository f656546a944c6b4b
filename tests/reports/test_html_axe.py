"""Every page through axe-core, in light and dark, on a desktop, a phone and at 400 % zoom: no violation."""

from __future__ import annotations

import importlib.resources
import pathlib
import re

import pytest

from auditkit.reports import cardpage, html
from auditkit.reports.html.render import render
from tests import chromium, fakes

pytestmark = pytest.mark.charts

AXE = importlib.resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN = """;
document.querySelectorAll('details').forEach(each => { each.open = true; });
axe.run(document, {resultTypes: ['violations']}).then(found =>
  found.violations.map(each => `${each.id}: ${each.nodes.length}: ${each.nodes[0].html.slice(0, 300)}`))"""
SICK = "<title></title><img src='data:,'><p style='color:#ccc;background:#fff'>hardly to be read</p>"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("pages")
    rendered = {
        "one": render(fakes.audit()),
        "three": render(fakes.comparison()),
        "hostile": render(fakes.hostile("<b>'\"&")),
        "card": cardpage.render(fakes.audit()),
        "sick": SICK.encode(),
    }
    for name, page in rendered.items():
        (folder / f"{name}.html").write_bytes(page)
    return folder


@chromium.needs_chromium
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (320, True)])  # 320: a window of 1280 at 400 %
@pytest.mark.parametrize("name", ["one", "three", "hostile", "card"])
def test_axe_finds_no_violation(pages: pathlib.Path, name: str, width: int, dark: bool) -> None:
    assert chromium.visit(pages / f"{name}.html", width, 800, AXE + RUN, dark=dark).value == []


def test_no_colour_depends_on_the_width() -> None:
    """So that each width and each mode needs to be seen once, and not each width in each mode."""
    style = (pathlib.Path(html.__file__).parent / "templates" / "style.css").read_text()
    by_width = re.findall(r"^@media \(m(?:in|ax)-width.*?^}", style, re.DOTALL | re.MULTILINE)
    assert len(by_width) == len(re.findall(r"(?:min|max)-width: *\d+px\)", style)) >= 3
    for block in by_width:
        assert not re.search(r"color|background|filter|opacity|shadow|#[0-9a-f]{3}|var\(--(?!body\))", block), block


@chromium.needs_chromium
def test_axe_finds_what_is_wrong_with_a_bad_page(pages: pathlib.Path) -> None:
    value = chromium.visit(pages / "sick.html", 1280, 800, AXE + RUN).value
    assert {text.partition(":")[0] for text in value} >= {"image-alt", "color-contrast", "document-title"}
