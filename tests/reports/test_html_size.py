"""A report of ten checks over fifty groups is small, opens at once, and the keyboard reaches every part of it."""

from __future__ import annotations

import pathlib

import pytest

from auditkit.reports.html.render import render
from auditkit.results import AuditResult, CheckResult, Measurement
from tests import chromium, fakes

pytestmark = pytest.mark.charts

GROUPS = [f"region={place}" for place in range(50)]


def fifty(result: CheckResult, at: int) -> CheckResult:
    """A check with each of its numbers for fifty groups."""
    whole = [
        measurement for measurement in result.measurements if measurement.value is not None and not measurement.slice
    ][:3]
    measurements: list[Measurement] = list(whole)
    for group in GROUPS:
        name, _, value = group.partition("=")
        measurements += [measurement.model_copy(update={"slice": {name: value}}) for measurement in whole]
    return result.model_copy(update={"check": f"{result.check}_{at}", "measurements": tuple(measurements)})


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    audit: AuditResult = fakes.audit()
    full = [result for result in audit.results if any(m.value is not None and not m.slice for m in result.measurements)]
    results = tuple(fifty(full[at % len(full)], at) for at in range(10))
    page = tmp_path_factory.mktemp("large") / "report.html"
    page.write_bytes(render(audit.model_copy(update={"results": results})))
    return page


def test_ten_checks_over_fifty_groups_are_less_than_three_megabytes(large: pathlib.Path) -> None:
    text = large.read_text()
    assert text.count("region=49") >= 10
    assert len(text.encode()) < 3_000_000


@chromium.needs_chromium
def test_it_opens_within_a_second(large: pathlib.Path) -> None:
    took = [
        chromium.visit(large, script="performance.getEntriesByType('navigation')[0].domComplete").value
        for _ in range(3)
    ]
    assert min(took) < 1000, took


@chromium.needs_chromium
def test_the_keyboard_reaches_every_link_fold_and_table(large: pathlib.Path) -> None:
    script = """(() => {
      document.querySelectorAll('details').forEach(each => { each.open = true; });
      const wanted = [...document.querySelectorAll('a, summary, .scroll')].filter(each => each.checkVisibility());
      const lost = wanted.filter(each => { each.focus(); return document.activeElement !== each; });
      return [wanted.length, lost.length];
    })()"""
    expected, lost = chromium.visit(large, script=script).value
    assert expected > 500 and lost == 0


@chromium.needs_chromium
def test_no_row_is_higher_than_a_page_of_paper(large: pathlib.Path) -> None:
    """A row that fits on a page is not split, for rows may not break inside."""
    script = "Math.max(...[...document.querySelectorAll('tr')].map(each => each.getBoundingClientRect().height))"
    assert 0 < chromium.visit(large, 794, 1123, script, media="print").value < 1000
