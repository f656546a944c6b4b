"""How numbers go over audits: in order of time, with limits, and only what was asked for."""

from __future__ import annotations

import datetime
import json

import pytest

from auditkit import runfolder
from auditkit.command import comparison
from auditkit.comparison import history, open_audits
from auditkit.errors import ConfigError
from auditkit.reports.diffpage import history_html, series_figure
from tests import fakes
from tests.chromium import needs_chromium, visit


def audits(tmp_path, shifts=(0.0, -0.02, -0.05)):
    """One a month, written in another order than that of time."""
    folders = []
    for number, shift in reversed(list(enumerate(shifts))):
        audit = fakes.audit(shift=shift)
        when = audit.run.finished + datetime.timedelta(days=30 * number)
        audit = audit.model_copy(update={"run": audit.run.model_copy(update={"finished": when})})
        audit.save(tmp_path / f"audit-{number}")
        runfolder.seal(tmp_path / f"audit-{number}")
        folders.append(str(tmp_path / f"audit-{number}"))
    return folders


def test_a_number_stands_in_the_order_of_time_with_its_limit(tmp_path):
    lined_up = history(open_audits(audits(tmp_path)), "performance.quality.accuracy", {})
    (series,) = lined_up.series
    assert [point.audit for point in series.points] == ["audit-0", "audit-1", "audit-2"]
    values = [point.measurement.value for point in series.points]
    assert values == sorted(values, reverse=True) and len(set(values)) == 3
    assert series.at_least == 0.8 and series.about == "everyone"


def test_without_a_measure_it_is_every_number_under_a_limit(tmp_path):
    series = history(open_audits(audits(tmp_path)))
    judged = {
        (judgement.check, judgement.measurement.name)
        for verdict in fakes.audit().verdicts
        for judgement in verdict.judged
    }
    assert {(point.check, point.points[0].measurement.name) for point in series.series} == judged


def test_a_group_alone(tmp_path):
    opened = open_audits(audits(tmp_path))
    measured = [
        (result.check, m)
        for result in fakes.audit().results
        for m in result.measurements
        if m.slice and m.value is not None
    ]
    check, expected = measured[0]
    series = history(opened, f"{check}.{expected.name}", expected.slice)
    assert series.series and all(point.measurement.slice == expected.slice for s in series.series for point in s.points)


def test_the_figure_has_a_point_for_each_audit_and_the_limit_as_a_rule(tmp_path):
    (series,) = history(open_audits(audits(tmp_path)), "performance.quality.accuracy", {}).series
    figure = series_figure(series)
    assert [point["audit"] for point in figure.data] == ["audit-0", "audit-1", "audit-2"]
    assert (figure.rules[0].value, figure.rules[0].label) == (0.8, "at least 80%")
    single = series.model_copy(update={"points": series.points[:1]})
    assert series_figure(single) is None


@needs_chromium
def test_the_page_asks_for_nothing(tmp_path):
    path = tmp_path / "history.html"
    path.write_text(history_html(history(open_audits(audits(tmp_path)))))
    page = visit(path, 320, script="document.documentElement.scrollWidth")
    assert (page.requests, page.console) == ([], []) and page.value <= 320


@pytest.mark.parametrize(
    ("measure", "slices", "message"),
    [
        ("performance.quality.acuracy", [], "did you mean 'performance.quality.accuracy'"),
        ("performance.quality.accuracy", ["sex=nobody"], "no audit has performance.quality.accuracy about sex=nobody"),
        (None, ["sex"], "--slice must be attribute=value"),
    ],
)
def test_what_is_not_there_is_said(tmp_path, measure, slices, message):
    with pytest.raises(ConfigError, match=message):
        comparison.over_time(audits(tmp_path), measure=measure, slices=slices, unverified=False, json=False, html=None)


def test_the_same_audit_twice_is_refused_and_json_is_written(tmp_path, capsys):
    folders = audits(tmp_path)
    options = {"measure": None, "slices": [], "unverified": False, "html": None}
    with pytest.raises(ConfigError, match="once"):
        comparison.over_time([folders[0], folders[0]], json=False, **options)
    assert comparison.over_time(folders, json=True, **options) == 0
    assert json.loads(capsys.readouterr().out)["series"]


def test_a_number_that_changed_its_meaning_is_said_to(tmp_path, capsys):
    folders = audits(tmp_path, (0.0, 0.0))
    assert not any(point.breaks for point in history(open_audits(folders)).series)
    later = fakes.audit()
    (quality,) = [result for result in later.results if result.check == "performance.quality"]
    changed = quality.model_copy(update={"parameters": {**quality.parameters, "strength": 3}})
    results = tuple(changed if result is quality else result for result in later.results)
    when = later.run.model_copy(update={"finished": later.run.finished + datetime.timedelta(days=900)})
    later.model_copy(update={"results": results, "run": when}).save(tmp_path / "later")
    runfolder.seal(tmp_path / "later")
    options = {"measure": "performance.quality.accuracy", "slices": [], "unverified": False, "html": None}
    assert comparison.over_time([*folders, str(tmp_path / "later")], json=False, **options) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "From audit-1 to later strength was not there and is 3" in text and text.count("From ") == text.count(
        "later s"
    )
