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


@pytest.fixture(scope="module")
def of_three(tmp_path_factory):
    """Audits over sex, race and both under one limit, where each leaves other people out."""
    rng = np.random.default_rng(0)
    sex = np.repeat(["f", "m", "q"], [1000, 1000, 7])
    race = np.resize(["a", "b"], 2007).astype(object)
    race[:6], race[6:11] = "x", "y"
    race[11:51] = "d"
    decided = (rng.random(2007) < 0.5).astype(int)
    labels = decided ^ (rng.random(2007) < 0.1)
    labels[11:51] = 0  # nobody of d has a positive label
    frame = pd.DataFrame({"sex": sex, "race": race, "y": labels, "d": decided})
    data = AuditData.from_table(frame, label="y", positive=1, groups=["sex", "race"], decisions="d")
    name = "fairness.groups.equal_opportunity_difference"
    limits = [
        {"name": "lax", "measurement": name, "at_most": 0.9},
        {"name": "strict", "measurement": name, "at_least": 0.9},
        {"name": "near", "measurement": name, "at_most": 0.05},
        {"name": "sex", "measurement": name, "across": ["sex"], "at_most": 0.9},
    ]
    folder = tmp_path_factory.mktemp("three") / "run"
    deep = {"fairness.groups": {"intersections": 2, "permutations": 199, "trials": 20}}
    result = auditkit.audit(
        data, data, checks=["fairness.groups"], parameters=deep, budget="quick", limits=limits, out=folder
    )
    return result, folder


def counts_of(text: str) -> dict[str, int]:
    """How often each is named with the share, or as too small to show."""
    whom = {
        "q": "sex=q (fewer than 10 people)",
        "d": " race=d (40 people, 2.0% of all: no people with a positive label)",
        "x, y": "smaller groups together over race (11 people, 0.5% of all: fewer than 10 people each: x, y)",
        "both": "sex=f,race=d (40 people, 2.0% of all: no people with a positive label)",
        "of both": "smaller groups together over sex, race (",
    }
    # an intersection holds the name of its group
    return {name: text.replace("sex=f, race", "sex=f,race").count(words) for name, words in whom.items()}


def test_whoever_any_of_the_numbers_leaves_out_is_named_once(of_three):
    lax, strict, near, sex = of_three[0].verdicts
    assert [verdict.status for verdict in (lax, strict, near, sex)] == ["inconclusive", "missed", "inconclusive", "met"]
    for verdict in (strict, near):
        assert set(counts_of(verdict.reason).values()) == {1}, verdict.reason
        # first who bars
        assert verdict.reason.index("=d (40 people") < verdict.reason.index("sex=q")
    # beside the number that is furthest off its own left-out groups are named without their attribute
    assert lax.reason.count("d (40 people, 2.0% of all") == 2 and lax.reason.count("x, y)") == 1
    assert sex.reason.count("left out: q (fewer than 10 people)") == 1 and "=d" not in sex.reason


@pytest.mark.parametrize("name", ["report.html", "model_card.md", "junit.xml", "terminal"])
def test_every_format_says_whom_any_of_the_numbers_leaves_out(of_three, name):
    result, folder = of_three
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        print_result(result, folder / "report.html", json=False)
    text = plain(printed.getvalue() if name == "terminal" else (folder / name).read_text())
    for verdict in result.verdicts[:3]:
        for whom in verdict.reason.partition("; left out: ")[2].split("; "):
            assert whom in text, (verdict.limit.name, whom)
    if name == "model_card.md":  # what is met has its reason there too
        assert "left out: sex=q (fewer than 10 people)" in text
