"""summary.md: short enough for a job page, true to the verdict, inert whatever anybody wrote."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from auditkit.reports import summary
from auditkit.results import Measurement, Outcome
from tests import fakes
from tests.reports.test_markdown import HOSTILE

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def text(result) -> str:
    return summary.render(result).decode()


def test_it_opens_with_the_verdict_and_names_every_limit():
    written = text(fakes.audit())
    assert (
        written.split("\n")[2]
        == "**❌ missed.** 3 met · 2 missed · 1 waived (would be missed) · 2 undecided · 1 not tested · 1 error"
    )
    for limit in fakes.audit().limits:
        assert f"| {limit.name} |" in written.replace("\\", "")


def test_what_was_not_tested_and_what_is_invalid_is_there():
    written = text(fakes.audit())
    assert "### Not tested" in written and "explanations.concepts" in written
    assert "### Controls that did not hold" in written


def test_each_measured_check_has_its_first_number():
    audit = fakes.audit()
    part = text(audit).partition("### The first number of each check")[2].partition("###")[0]
    for result in audit.results:
        measured = result.status == "measured" and any(number.value is not None for number in result.measurements)
        assert (f"| {result.check} |" in part) is measured


def test_of_several_models_each_has_its_verdict():
    written = text(fakes.comparison())
    for result in fakes.comparison().results:
        assert f"{result.model.name}: missed." in written


def test_no_limit_is_said_and_looks_like_no_pass():
    unjudged = Outcome(verdict="not tested", exit_code=5, sentence="nothing was judged: no limit was set")
    written = text(fakes.audit().model_copy(update={"verdicts": (), "limits": (), "outcome": unjudged}))
    assert written.count("nothing was judged") == 1 and "✅" not in written


def test_it_stays_under_900_kilobytes_and_ends_with_a_whole_line():
    audit = fakes.audit()
    long = Measurement(name="rate", value=0.5, exact=True, slice={"group": "g" * 5000})
    many = [
        result.model_copy(update={"check": f"{result.check}{number}", "measurements": (long,)})
        for result in audit.results
        for number in range(300)
    ]
    coverage = [
        covered.model_copy(update={"check": f"{covered.check}{number}", "reason": "why " * 3000})
        for covered in audit.coverage
        for number in range(100)
    ]
    raw = summary.render(audit.model_copy(update={"results": tuple(many), "coverage": tuple(coverage)}))
    assert 100_000 < len(raw) <= summary.MOST
    assert raw.decode().endswith("it is in report.html.\n")


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_text_is_text(payload):
    html = READER.render(text(fakes.hostile(payload)))
    assert "<img" not in html and "<script" not in html and "<a " not in html and "<?php" not in html
