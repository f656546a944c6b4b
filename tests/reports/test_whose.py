"""Every format says which two groups make a disparity, and writes a bound as one."""

import contextlib
import io
import re

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.command.terminal import print_result
from auditkit.comparison.audits import Named
from auditkit.comparison.diff import compare_audits
from auditkit.data import AuditData
from auditkit.judge import judge
from auditkit.reports.diffpage import diff_markdown
from auditkit.reports.html.render import render
from auditkit.results import Limit

VALUE = "false positive rate: c 6.7% (2 of 30) against a 40.0% (200 of 500)"
HANGS = "the verdict hangs on true positive rate: b 50.0% (250 of 500) against a 72.0% (360 of 500)"


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """Two large groups that differ, and one with too few positive labels for a rate."""
    table = {"a": (360, 140, 200, 300), "b": (250, 250, 150, 350), "c": (5, 3, 2, 28)}
    frame = pd.DataFrame({
        "g": np.repeat(list(table), [sum(row) for row in table.values()]),
        "y": np.concatenate([np.repeat([1, 1, 0, 0], row) for row in table.values()]),
        "d": np.concatenate([np.repeat([1, 0, 1, 0], row) for row in table.values()]),
    })  # fmt: skip
    data = AuditData.from_table(frame, label="y", positive=1, groups=["g"], decisions="d")
    name = "fairness.groups.equalized_odds_difference"
    limit = Limit(name="odds", measurement=name, across=("g",), at_most=0.1)
    folder = tmp_path_factory.mktemp("whose") / "run"
    result = auditkit.audit(data, data, checks=["fairness.groups"], budget="quick", limits=[limit], out=folder)
    return result, folder


def plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\u00a0", " ").replace("\\", "").split())


@pytest.mark.parametrize("name", ["report.html", "model_card.md", "summary.md", "junit.xml", "measurements.csv"])
def test_every_format_names_the_two_groups(audited, name):
    text = plain((audited[1] / name).read_text())
    assert VALUE in text or VALUE[0].upper() + VALUE[1:] in text
    assert (HANGS in text) == (name != "measurements.csv")


def test_a_bound_is_written_as_one(audited):
    assert "at least 0.3333 (95% interval 0.1441 or more)" in (audited[1] / "junit.xml").read_text()
    for name in ("report.html", "model_card.md", "summary.md"):
        assert "at least 33.3% (" in plain((audited[1] / name).read_text()), name
    assert ",at least," in (audited[1] / "measurements.csv").read_text()
    assert "left out: c (38 people, 1.9% of all: fewer than 10 people with a positive label)" in plain(
        (audited[1] / "report.html").read_text()
    )


def test_the_first_screen_says_whose_rates_these_are(audited):
    text = (audited[1] / "report.html").read_text()
    head = plain(text[: text.index("What matters most?</h2>")])
    assert "False positive rate: c 6.7% (2 of 30) against a 40.0% (200 of 500); the verdict hangs on" in head


def test_the_first_screen_says_who_is_left_out_where_that_decides(audited):
    result, _ = audited
    limit = Limit(name="lax", measurement="fairness.groups.equalized_odds_difference", across=("g",), at_most=0.9)
    verdicts, outcome = judge([limit], [], result.results, result.run.started.date())
    again = result.model_copy(update={"limits": (limit,), "verdicts": verdicts, "outcome": outcome})
    text = render(again).decode()
    screen = plain(text[: text.index("What matters most?</h2>")])
    assert "inconclusive" in screen
    assert "undecided whether it is at most 90%, left out: c" in screen


def test_the_terminal_and_a_diff_name_them_too(audited):
    result, folder = audited
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        print_result(result, folder / "report.html", json=False)
    assert VALUE in plain(printed.getvalue()) and HANGS in plain(printed.getvalue())
    named = Named("one", folder, result)
    assert VALUE in plain(diff_markdown([compare_audits(named, result, named, result)]))
