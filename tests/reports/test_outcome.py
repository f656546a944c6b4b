"""Whose harm: every format says what the owner stated, asks where nothing was, and then takes no side in any word."""

from __future__ import annotations

import pathlib
import re

import numpy as np
import pandas
import pytest

from auditkit import audit
from auditkit.comparison.audits import Named
from auditkit.comparison.diff import compare_audits
from auditkit.data import AuditData
from auditkit.reports.difftext import facts
from auditkit.reports.outcome import in_short, open_question, sentence
from auditkit.results import DataInfo

SIDES = (
    "worse off", "worst off", "better off", "worse-off", "fares worse", "fare worse", "treated worse", "disadvantage",
    "advantage", "favour", "favor", "unfavour", "privileg", "selected less", "less often selected", "selected more",
    "most selected", "least selected", "least burdened", "bears the least", "suffer", "spared", "harmed", "victim",
    "discriminated against", "worst slice",
)  # fmt: skip
"""Words that say which of two groups a difference hurts."""
ONLY_CODE = re.compile(r"<style>.*?</style>|data:image[^\"]*", re.S)


def recidivism(**more) -> AuditData:
    """Two large groups and a small one; A is flagged more often than B at either label. Made up."""
    rng = np.random.default_rng(5)
    race = np.repeat(["A", "B", "C"], [1200, 900, 200])
    y = rng.random(len(race)) < np.select([race == "A", race == "B"], [0.5, 0.4], 0.4)
    flagged = rng.random(len(race)) < np.select([race == "A", race == "B"], [0.35, 0.15], 0.3) + 0.3 * y
    frame = pandas.DataFrame({"race": race, "priors": rng.poisson(2, len(race)), "y": y * 1, "d": flagged * 1})
    return AuditData.from_table(frame, label="y", positive=1, decisions="d", groups=["race"], **more)


def texts(folder) -> dict[str, str]:
    by_name = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".html", ".md", ".json", ".xml", ".csv", ".log"):
            by_name[path.name] = path.read_text(encoding="utf-8")
    assert {"report.html", "model_card.md", "model_card.html", "summary.md", "junit.xml", "results.json"} <= {*by_name}
    return by_name


def audited(folder, **more):
    limits = [{"name": "odds", "measurement": "fairness.groups.equalized_odds_difference", "at_most": 0.1}]
    data = recidivism(**more)
    return audit(data=data, checks=["fairness", "performance"], limits=limits, budget="quick", out=folder), texts(
        folder
    )


@pytest.fixture(scope="module")
def neutral(tmp_path_factory):
    return audited(tmp_path_factory.mktemp("neutral"))


@pytest.fixture(scope="module")
def burden(tmp_path_factory):
    return audited(
        tmp_path_factory.mktemp("burden"), outcome="burden", selected_means='<b>"flagged"</b> by x@y.example'
    )


def test_until_it_is_stated_no_format_takes_a_side_in_any_word(neutral):
    _, files = neutral
    for name, text in files.items():
        plain = ONLY_CODE.sub("", text).lower()
        sides = [word for word in SIDES if word in plain]
        assert not sides, f"{name} says {sides}"


def test_until_it_is_stated_the_report_asks_for_it(neutral):
    result, files = neutral
    for name in ("report.html", "model_card.md", "model_card.html", "summary.md"):
        assert "is being selected a benefit or a burden?" in files[name], name
    assert not any(
        pair.worse_off
        for check_result in result.results
        for measurement in check_result.measurements
        for pair in measurement.pairs
    )


def test_what_was_stated_is_in_every_format_and_cannot_break_out(burden):
    _, files = burden
    for name in ("report.html", "model_card.md", "model_card.html", "summary.md", "junit.xml"):
        assert "a burden" in files[name], name
        assert "is being selected a benefit or a burden?" not in files[name], name
    for name, text in files.items():
        assert "x@y.example" not in text, f"{name} leaks an address"
        if name.endswith((".html", ".xml")):
            assert "<b>" not in text, name


def test_it_does_not_change_a_number_or_a_verdict(neutral, burden):
    (before, _), (after, _) = neutral, burden
    assert (
        [verdict.status for verdict in before.verdicts] == [verdict.status for verdict in after.verdicts] == ["missed"]
    )
    assert before.exit_code == after.exit_code
    measurements = [
        [measurement.model_copy(update={"pairs": ()})
         for check_result in result.results for measurement in check_result.measurements
         if not measurement.name.startswith("burden_ratio")]
        for result in (before, after)
    ]  # fmt: skip
    assert measurements[0] == measurements[1]


@pytest.mark.parametrize(("outcome", "whose"), [("burden", "A"), ("benefit", "B")])
def test_every_format_says_whose_harm_it_is(tmp_path, outcome, whose):
    """A is flagged more often at either label: of a burden A is worse off, of a benefit B."""
    result, files = audited(tmp_path, outcome=outcome)
    assert f"worse off: {whose}" in result.verdicts[0].reason
    other = "B" if whose == "A" else "A"
    for name in ("report.html", "model_card.md", "summary.md", "junit.xml"):
        assert f"worse off: {whose}" in files[name], name
        assert f"worse off: {other}" not in files[name], name


def test_the_glossary_turns_round(burden):
    _, files = burden
    assert "the one with the higher value is worse off, as being selected is a burden" in files["report.html"]
    assert "| Worse off |" in files["model_card.md"]


def info(**more) -> DataInfo:
    groups = ({"attribute": "g", "value": "a", "rows": 20},)
    return DataInfo(
        **{"name": "d", "rows": 20, "digest": "0", "task": "binary", "modality": "table", "groups": groups, **more}
    )


def test_the_words_of_each_task():
    assert sentence(info(outcome="burden", selected_means="flagged")) == 'Selected means "flagged", a burden.'
    assert in_short(info(outcome="burden", selected_means="flagged")) == '"flagged", a burden'
    assert sentence(info(outcome="benefit")) == "Being selected is a benefit."
    assert sentence(info(outcome="burden", task="regression")) == "A high prediction is a burden."
    assert sentence(info(outcome={"a": "benefit"}, task="multiclass")) == "Being decided for a a benefit."
    assert "is being decided for a class" in open_question(info(outcome="benefit", task="multiclass"))
    assert sentence(info(groups=())) == "" and in_short(info(groups=())) == ""


def test_a_comparison_says_that_the_meaning_has_changed(neutral, burden):
    (before, _), (after, _) = neutral, burden
    old, new = (Named(name, pathlib.Path(name), result) for name, result in (("a", before), ("b", after)))
    diff = compare_audits(old, before, new, after)
    assert diff.meaning.endswith("then: not stated; now: Being selected is a burden.")
    assert diff.meaning in facts(diff)
    assert compare_audits(new, after, new, after).meaning == ""
