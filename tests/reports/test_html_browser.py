"""The HTML report as a browser shows it: phone, desktop, dark, printed."""

from __future__ import annotations

import pathlib

import pytest

from auditkit.reports.html.render import render
from auditkit.results import AuditResult
from tests import chromium, fakes

pytestmark = pytest.mark.charts


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pathlib.Path]:
    """The reports as files: one model, three models, and one in which every name is very long."""
    folder = tmp_path_factory.mktemp("reports")
    results = {"one": fakes.audit(), "three": fakes.comparison(), "long": long_names()}
    for name, result in results.items():
        (folder / f"{name}.html").write_bytes(render(result))
    return {name: folder / f"{name}.html" for name in results}


def long_names() -> AuditResult:
    """Names of three hundred letters without a blank, and reasons of two thousand."""
    audit = fakes.hostile("x" * 300)
    outcome = audit.outcome.model_copy(update={"reasons": tuple("because of this " * 130 for _ in range(5))})
    return audit.model_copy(update={"outcome": outcome})


LOOK = """(() => {
  const wide = document.documentElement.scrollWidth;
  const bottom = name => document.querySelector(name).getBoundingClientRect().bottom;
  const charts = [...document.querySelectorAll('img.chart')].map(img =>
    ({scale: img.getBoundingClientRect().width / img.naturalWidth, natural: img.naturalWidth,
      right: img.getBoundingClientRect().right}));
  const broken = [...document.images].filter(img => !img.complete || !img.naturalWidth).length;
  return {wide, verdict: bottom('.verdict'), reasons: bottom('.reasons'), charts, broken};
})()"""


@chromium.needs_chromium
@pytest.mark.parametrize("name", ["one", "three", "long"])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (375, 667), (320, 640), (641, 900)])
def test_in_a_browser(files: dict[str, pathlib.Path], name: str, width: int, height: int, dark: bool) -> None:
    page = chromium.visit(files[name], width, height, LOOK, dark=dark)
    look = page.value
    assert look["wide"] <= width, "the page scrolls sideways"
    if (width, height) in ((1280, 800), (375, 667)):
        assert look["verdict"] < look["reasons"] <= height, "verdict and reasons are not on the first screen"
    assert look["broken"] == 0
    assert look["charts"]
    for chart in look["charts"]:
        assert chart["natural"] == (320 if width <= 640 else 680)
        assert chart["scale"] * 13 >= 11, "the words of a chart are too small"
        assert chart["right"] <= width
    assert (page.requests, page.console, page.dialogs) == ([], [], [])


@chromium.needs_chromium
def test_in_print_everything_is_open(files: dict[str, pathlib.Path]) -> None:
    script = """[...document.querySelectorAll('main details:not([open])')].map(each =>
      [...each.children].filter(child => child.tagName != 'SUMMARY').every(child =>
        child.checkVisibility({contentVisibilityAuto: true}) && child.getBoundingClientRect().height > 0))"""
    printed = chromium.visit(files["one"], 794, 1123, script, media="print").value
    assert printed and all(printed)
    assert not any(chromium.visit(files["one"], 794, 1123, script).value)
    kept = "getComputedStyle(document.querySelector('tbody tr')).breakInside"
    assert chromium.visit(files["one"], 794, 1123, kept, media="print").value == "avoid"
    hidden = "getComputedStyle(document.querySelector('nav')).display"
    assert chromium.visit(files["one"], 794, 1123, hidden, media="print").value == "none"


@chromium.needs_chromium
def test_the_contents_are_beside_the_page_where_there_is_room(files: dict[str, pathlib.Path]) -> None:
    script = "document.querySelector('nav li a').checkVisibility({contentVisibilityAuto: true})"
    assert chromium.dom(files["one"], 1280, 800, script) is True
    assert chromium.dom(files["one"], 375, 667, script) is False
