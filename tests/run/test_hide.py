"""Showing and judging: every group that can be estimated is judged, and no number that may not be shown is written."""

from __future__ import annotations

import json
import pathlib
import re

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.runfolder import load_stored

FOUR_FIFTHS = {
    "name": "four fifths", "measurement": "fairness.groups.demographic_parity_ratio", "at_least": 0.8,
    "because": "test",
}  # fmt: skip


def decided(**groups: tuple[int, int]) -> AuditData:
    """People of groups, {group: (people, selected of them)}, and what was decided about them."""
    sex = np.repeat(list(groups), [people for people, _ in groups.values()])
    hired = np.concatenate([np.arange(people) < selected for people, selected in groups.values()]).astype(int)
    return pd.DataFrame({"sex": sex, "hired": hired})


def audited(frame: pd.DataFrame, limits=(FOUR_FIFTHS,), checks=("fairness.groups",), **more):
    options = {name: more.pop(name) for name in list(more) if name not in ("out", "parameters")}
    data = AuditData.from_table(frame, groups=["sex"], decisions="hired", positive=1, drop=["id"] * 0, **options)
    return auditkit.audit(None, data, checks=list(checks), limits=list(limits), budget="quick", **more)


def number(result, name, slice=None, across=()):
    return next(
        measurement for check_result in result.results for measurement in check_result.measurements
        if measurement.name == name and measurement.slice == (slice or {}) and measurement.across == across
    )  # fmt: skip


@pytest.mark.parametrize("third", [{}, {"x": (7, 0)}, {"x": (7, 7)}, {"x": (7, 2), "y": (2, 2)}, {"x": (9, 5)}])
def test_a_few_people_more_do_not_undo_a_limit_that_is_missed(third):
    result = audited(decided(m=(1000, 700), f=(1100, 220), **third))
    assert (result.verdict, result.exit_code) == ("missed", 1)
    ratio = number(result, "demographic_parity_ratio", across=("sex",))
    assert ratio.value == pytest.approx(0.2 / 0.7) and ratio.validity == "valid"
    rates = {sex: number(result, "selection_rate", {"sex": sex}) for sex in "mf"}
    assert [(rate.value, rate.n) for rate in rates.values()] == [(0.7, 1000), (0.2, 1100)]
    assert {group.value: group.rows for group in result.data.groups if not group.together}.items() >= {
        ("m", 1000), ("f", 1100),
    }  # fmt: skip


def test_smaller_groups_stand_together_where_they_are_enough():
    result = audited(decided(m=(100, 50), f=(90, 40), x=(7, 3), y=(4, 1)))
    groups = {group.value: group for group in result.data.groups}
    assert [(groups[name].rows, groups[name].hidden) for name in "xy"] == [(None, "fewer than 10 people")] * 2
    together = groups["smaller groups together"]
    assert (together.rows, together.together, together.hidden) == (11, ("x", "y"), None)
    assert result.data.deducible == ()
    alone = audited(decided(m=(100, 50), f=(90, 40), x=(7, 3)))
    assert not any(group.together for group in alone.data.groups)
    assert alone.data.deducible == ({"sex": "x"},)


SMALL = {"minimum_rate": 5, "minimum_cell": 10}


def test_a_group_that_is_judged_and_not_shown_has_a_verdict_and_no_number(tmp_path):
    limits = [
        {"name": "x", "measurement": "fairness.groups.selection_rate", "slice": {"sex": "x"}, "at_least": 0.9,
         "judge": "point", "because": "test"},
        {**FOUR_FIFTHS, "judge": "point"},
    ]  # fmt: skip
    # 3 of 7 is 0.428571…, and 0.428571… / 0.7 is 0.612244…: neither, nor any end of their intervals, may be written
    result = audited(decided(m=(1000, 700), f=(1100, 690), x=(7, 3)), limits, **SMALL, out=tmp_path / "run")
    assert [(verdict.limit.name, verdict.status) for verdict in result.verdicts] == [
        ("x", "missed"), ("four fifths", "missed"),
    ]  # fmt: skip
    measured = number(result, "selection_rate", {"sex": "x"})
    assert (measured.value, measured.n, measured.interval) == (None, None, None)
    assert measured.reason == "fewer than 10 people"
    ratio = number(result, "demographic_parity_ratio", across=("sex",))
    assert (ratio.value, ratio.interval, ratio.test, ratio.n) == (None, None, None, None)
    for verdict in result.verdicts:
        assert "not written" in verdict.reason and all(judged.measurement.value is None for judged in verdict.judged)
    for file in (tmp_path / "run").rglob("*"):
        if file.is_file() and file.suffix != ".parquet":
            # a time of day may have the same digits
            text = re.sub(r"\d\d:\d\d:\d\d\.\d+", "", file.read_bytes().decode("utf-8", "replace"))
            assert not any(secret in text for secret in ("0.428", "42.9", ">0.612", "61.2 %", "61.2%", "0.612 (")), file


def test_of_a_group_that_is_shown_a_table_loses_only_the_numbers_that_a_small_group_makes():
    """x is too small to show and is selected most, so every impact ratio is made of it; rates of others are not."""
    people = decided(m=(1000, 700), f=(1100, 690), x=(7, 6))
    result = audited(people, (), checks=["fairness.adverse_impact"], **SMALL)
    (check_result,) = result.results
    rates = next(table for table in check_result.tables if table.name == "impact_1")
    assert {row[0]: row[1:7] for row in rates.rows} == {
        "sex=m": (1000, 700, 0.7, None, None, None), "sex=f": (1100, 690, 690 / 1100, None, None, None),
        "sex=x": (None,) * 6,
    }  # fmt: skip
    drawn = {figure.name: {row["label"] for row in figure.data} for figure in check_result.figures}
    assert all("sex=x" not in labels for labels in drawn.values())


def test_with_the_defaults_all_that_is_judged_is_shown():
    result = audited(decided(m=(1000, 700), f=(1100, 690), x=(7, 3)))
    for verdict in result.verdicts:
        assert all(judged.measurement.value is not None for judged in verdict.judged)
        assert "not written" not in verdict.reason


def kept(folder: pathlib.Path):
    return json.loads((folder / "checks" / "fairness.groups.json").read_text())


def test_a_kept_check_holds_nothing_hidden_and_is_measured_again_where_a_limit_needs_it(tmp_path):
    frame = decided(m=(1000, 700), f=(1100, 690), x=(7, 3))
    everyone = {"name": "all", "measurement": "fairness.groups.selection_rate", "everyone": True, "at_least": 0.1}
    small = {"name": "x", "measurement": "fairness.groups.selection_rate", "slice": {"sex": "x"}, "at_least": 0.9,
             "judge": "point"}  # fmt: skip
    first = audited(frame, [everyone], **SMALL, out=tmp_path)
    before = kept(tmp_path)
    assert before["changed"] and all(
        measurement["value"] is None
        for measurement in before["result"]["measurements"]
        if measurement["slice"] == {"sex": "x"}
    )
    again = audited(frame, [everyone], **SMALL, out=tmp_path)
    assert again.run.resumed == ("fairness.groups",) and again.verdicts == first.verdicts
    about_small = audited(frame, [small], **SMALL, out=tmp_path)
    assert about_small.run.resumed == () and about_small.verdicts[0].status == "missed"
    assert kept(tmp_path) == before


def test_a_limit_finds_its_group_by_the_name_in_the_data_though_the_evidence_has_another(tmp_path):
    frame = decided(m=(1000, 700), **{"ann@example.org": (1100, 690)})
    limit = {"name": "l", "measurement": "fairness.groups.selection_rate", "at_least": 0.9,
             "slice": {"sex": "ann@example.org"}}  # fmt: skip
    first = audited(frame, [limit], out=tmp_path)
    assert first.verdict == "missed" and "ann@" not in (tmp_path / "results.json").read_text()
    again = audited(frame, [limit], out=tmp_path)
    assert again.verdict == "missed" and again.run.resumed == ()
    assert again.limits == first.limits and "[removed" in again.limits[0].slice["sex"]


def test_nothing_is_kept_of_what_no_rule_changed(tmp_path):
    audited(decided(m=(1000, 700), f=(1100, 690)), out=tmp_path)
    raw = kept(tmp_path)
    assert "changed" not in raw
    assert load_stored(tmp_path, "fairness.groups", raw["key"]).changed == ()


@pytest.mark.parametrize(
    ("table", "bounds", "status", "sentence"),
    [
        # the number is that of x, who are few; that the limit is missed hangs on a and b
        ((0.5, 0.8, 1 / 6), {"at_most": 0.1}, "missed", "; the verdict hangs on selection rate: a against b"),
        # a and b make the number, and that it may be larger hangs on x
        ((0.5, 0.52, 0.5), {"at_most": 0.9}, "met", "a against b; the verdict hangs on selection rate: x against b"),
        ((0.5, 0.52, 0.5), {"at_most": 0.1}, "inconclusive", "a against b; the verdict may hang on selection rate: x"),
        ((0.5, 0.52, 0.5), {"at_most": 0.1, "judge": "point"}, "met", "a against b"),
        ((0.5, 0.8, 1 / 6), {"at_least": 0, "at_most": 0.1}, "missed", "may hang on selection rate: a against b"),
        ((0.5, 0.8, 0.7), {"at_most": 0.1}, "missed", "a against b"),
    ],
)  # fmt: skip
def test_the_pair_that_a_verdict_hangs_on_is_named_without_the_number_of_a_small_group(
    tmp_path, table, bounds, status, sentence
):
    people = decided(**{
        name: (size, round(size * rate)) for name, size, rate in zip("abx", (1000, 1000, 6), table, strict=True)
    })  # fmt: skip
    limit = {"name": "gap", "measurement": "fairness.groups.demographic_parity_difference", **bounds}
    open_to_all = audited(people, [limit], minimum_rate=3, minimum_cell=1).verdicts[0]
    (verdict,) = audited(people, [limit], minimum_rate=3, out=tmp_path / "run").verdicts
    assert verdict.status == open_to_all.status == status
    assert verdict.reason.startswith(
        "judged by a number that is not written: a group at its end is too small to show: x; selection rate: "
    )
    assert sentence in verdict.reason and "%" not in verdict.reason
    # the same two groups as where nobody is too small to show
    hangs_on = re.sub(r" [\d.]+% \([^)]*\)", "", open_to_all.reason.partition("hangs on")[2])
    assert hangs_on in verdict.reason.replace("may hang on", "hangs on")
    # of a limit that is met junit.xml says no more than that
    for name in ("report.html", "model_card.md", "junit.xml")[: 2 + (status != "met")]:
        assert "hang" not in sentence or "hang" in (tmp_path / "run" / name).read_text(), name
