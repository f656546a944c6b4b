"""Groups too small to show stand as one where together they are enough people, and nothing is judged by them."""

from __future__ import annotations

import csv
import json
import pathlib
from typing import Any

import numpy as np
import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ConfigError
from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.plugins.fairness.impact.adverse_check import AdverseImpact
from auditkit.results import TOGETHER, CheckResult, Measurement
from auditkit.smaller import set_apart
from tests.plugins.recorded import one, recorded, run

FAST = GroupFairness(permutations=299, trials=20)
SIZES = {"a": (100, 60), "b": (80, 40), "c": (6, 3), "d": (5, 2), "e": (4, 0)}
"""{group: (people, of whom selected)}; c, d and e are 15 people, of whom 5 are selected."""


def table(sizes: dict[str, tuple[int, int]] = SIZES, **more: Any) -> tuple[Any, AuditData]:
    race = np.repeat(list(sizes), [people for people, _ in sizes.values()])
    decisions = np.concatenate([np.arange(people) < selected for people, selected in sizes.values()]).astype(int)
    labels = np.tile([0, 1, 1], len(race))[: len(race)]
    return recorded(decisions, labels, {"race": race}, **more)


def joined(result: CheckResult, name: str, *attributes: str) -> Measurement | None:
    where = dict.fromkeys(attributes, TOGETHER)
    return next(
        (measurement for measurement in result.together if measurement.name == name and measurement.slice == where),
        None,
    )


def test_smaller_groups_stand_as_one_with_the_rates_of_their_people() -> None:
    model, data = table()
    result = run(FAST, model, data)
    small = np.isin(data.groups["race"], ["c", "d", "e"])
    decisions, labels = data.recorded.decisions[small], data.labels[small]
    rate = joined(result, "selection_rate", "race")
    assert rate is not None and (rate.value, rate.n) == (5 / 15, 15)
    assert (
        rate.interval is not None
        and rate.interval
        == one(run(FAST, *table({"c": (15, 5), "a": (100, 60)})), "selection_rate", {"race": "c"}).interval
    )
    assert rate.reason is not None and "race=c; race=d; race=e" in rate.reason and "not judged" in rate.reason
    hits = joined(result, "true_positive_rate", "race")
    assert hits is not None and (hits.value, hits.n) == (decisions[labels == 1].mean(), int((labels == 1).sum()))
    false = joined(result, "false_positive_rate", "race")
    assert false is not None and false.value is None and "fewer than 10 people" in (false.reason or "")
    impact = next(table for table in result.tables if table.name == "impact")
    assert ("race=smaller groups together", 15, 5 / 15, None, "") in impact.rows


def test_with_weights_their_rate_is_weighted_and_their_people_are_counted() -> None:
    _, data = table()
    weights = np.where(data.recorded.decisions == 1, 3.0, 1.0)
    rate = joined(run(FAST, *table(weights=weights)), "selection_rate", "race")
    assert rate is not None and (rate.value, rate.n) == (pytest.approx(15 / 25), 15)


def test_smaller_intersections_stand_as_one() -> None:
    rng = np.random.default_rng(0)
    groups = {"sex": rng.choice(["f", "m"], 400), "race": rng.choice(["a", "b", "c"], 400, p=[0.6, 0.37, 0.03])}
    decisions = rng.integers(0, 2, 400)
    result = run(FAST, *recorded(decisions, decisions, groups))
    small = groups["race"] == "c"
    assert small.sum() >= 10 > max((small & (groups["sex"] == sex)).sum() for sex in "fm")
    rate = joined(result, "selection_rate", "sex", "race")
    assert rate is not None and (rate.value, rate.n) == (decisions[small].mean(), small.sum())
    assert joined(result, "selection_rate", "race") is None  # c alone is shown


@pytest.mark.parametrize(
    "sizes",
    [
        {"a": (100, 60), "b": (80, 40), "c": (9, 3)},  # one: it would be shown after all
        {"a": (100, 60), "b": (80, 40), "c": (5, 3), "d": (4, 2)},  # nine people
        {"a": (100, 60), "b": (80, 40), "c": (10, 3), "d": (9, 2)},  # ten people are shown by themselves
    ],
)
def test_they_stay_hidden_where_they_are_one_group_or_too_few_people(sizes: dict[str, tuple[int, int]]) -> None:
    result = run(FAST, *table(sizes))
    assert result.together == ()
    assert not any(TOGETHER in str(row) for table in result.tables for row in table.rows)


def test_no_disparity_knows_of_them() -> None:
    """Of the three groups nobody is selected: what is compared is the same as without them."""
    none_selected = {**SIZES, "c": (6, 0), "d": (5, 0)}
    with_them, without = run(FAST, *table(none_selected)), run(FAST, *table({"a": (100, 60), "b": (80, 40)}))
    rate = joined(with_them, "selection_rate", "race")
    assert rate is not None and rate.value == 0
    for name in ("demographic_parity_difference", "demographic_parity_ratio"):
        assert one(with_them, name).value == one(without, name).value
        assert all(TOGETHER not in end.slice.values() for pair in one(with_them, name).pairs
                   for end in (pair.low, pair.high))  # fmt: skip


def test_no_limit_is_held_against_them_and_none_can_name_them(tmp_path: pathlib.Path) -> None:
    few = {"a": (1000, 600), "b": (800, 400), "c": (6, 0), "d": (5, 0), "e": (4, 0)}
    many = {"a": (100, 60), "b": (80, 40), "c": (6, 0), "d": (5, 0), "e": (4, 0)}
    limit = {"name": "each", "measurement": "fairness.groups.selection_rate", "at_least": 0.3, "judge": "point"}
    more: dict[str, Any] = {"checks": ["fairness.groups"], "budget": "quick"}
    result = auditkit.audit(*table(few), limits=[{**limit, "groups": "each"}], out=tmp_path, **more)
    (verdict,) = result.verdicts
    assert all(TOGETHER not in judged.measurement.slice.values() for judged in verdict.judged)
    assert verdict.status == "met" and "left out: race=c (fewer than 10 people)" in verdict.reason
    (verdict,) = auditkit.audit(*table(many), limits=[{**limit, "groups": "each"}], **more).verdicts
    assert verdict.status == "inconclusive"  # 15 of 195 people are more than 5 %
    only = [{**limit, "slice": {"race": "c"}}]
    assert auditkit.audit(*table(few), limits=only, **more).verdicts[0].status == "inconclusive"
    model, data = table(few, disclosure="publish")
    (verdict,) = auditkit.audit(model, data, limits=[{**limit, "groups": "each"}], **more).verdicts
    assert verdict.status == "met" and not any(judged.measurement.left_out for judged in verdict.judged)
    with pytest.raises(ConfigError, match=TOGETHER):
        auditkit.audit(*table(few), limits=[{**limit, "slice": {"race": TOGETHER}}], **more)


def test_report_card_and_tables_show_them_and_published_evidence_does_not(tmp_path: pathlib.Path) -> None:
    for disclosure in ("internal", "publish"):
        model, data = table(disclosure=disclosure)
        auditkit.audit(model, data, checks=["fairness.groups"], budget="quick", out=tmp_path / disclosure)
    inside, outside = tmp_path / "internal", tmp_path / "publish"
    with (inside / "measurements.csv").open(newline="") as file:
        (row,) = [
            record
            for record in csv.DictReader(file)
            if record["name"] == "selection_rate" and TOGETHER in record["slice"]
        ]
    assert (row["n"], float(row["value"])) == ("15", 5 / 15) and "race=c; race=d; race=e" in row["reason"]
    for name in ("report.html", "model_card.md"):
        text = (inside / name).read_text()
        assert "race=smaller groups together" in text and "33.3" in text, name
    for file in outside.iterdir():
        if file.suffix in (".json", ".csv", ".md", ".html"):
            text = file.read_text()
            assert "race=smaller groups together" not in text and "33.3" not in text, file.name
    assert not any("together" in record for record in json.loads((outside / "results.json").read_text())["results"])


def test_the_runner_takes_out_what_a_check_says_of_too_few() -> None:
    result = run(FAST, *table())
    _, few = table({"a": (100, 60), "b": (80, 40), "c": (5, 3), "d": (4, 2)})
    assert result.together and set_apart(result, few).together == ()
    alone = result.together[0].model_copy(update={"slice": {"race": "c"}})
    _, data = table()
    assert set_apart(result.model_copy(update={"together": (alone,)}), data).together == ()


def test_no_ratio_is_over_the_rate_of_a_group_that_is_not_shown() -> None:
    """Six of seven are selected: 0.6 over 6/7 would give that away, as would the ratio of every other group."""
    sizes = {"a": (100, 60), "b": (80, 40), "x": (7, 6), "y": (7, 3)}
    impact = next(
        table_shown for table_shown in run(FAST, *table(sizes, minimum_rate=5)).tables if table_shown.name == "impact"
    )
    assert {row[0]: row[2:4] for row in impact.rows} == {
        "race=a": (0.6, None), "race=b": (0.5, None), "race=x": (None, None), "race=y": (None, None),
        "race=smaller groups together": (9 / 14, None),
    }  # fmt: skip
    healthy = next(table_shown for table_shown in run(FAST, *table()).tables if table_shown.name == "impact")
    assert {row[0]: row[3] for row in healthy.rows}["race=b"] == pytest.approx(5 / 6)


def test_adverse_impact_shows_them_and_compares_them_with_nobody() -> None:
    result = run(AdverseImpact(trials=20), *table())
    rate = joined(result, "selection_rate", "race")
    assert rate is not None and (rate.value, rate.n) == (5 / 15, 15)
    rates = next(table for table in result.tables if table.name == "impact_1")
    assert rates.rows[-1] == ("race=smaller groups together", 15, 5, 5 / 15, None, None, None, None, "")
    assert one(result, "lowest_impact_ratio").value == pytest.approx(5 / 6)
    unknown = {"a": (100, 60), "b": (80, 40), "c": (8, 3), "Unknown": (7, 2)}  # without the unknown, c is alone
    assert run(AdverseImpact(trials=20), *table(unknown)).together == ()


def test_that_none_of_them_is_selected_is_said_of_each() -> None:
    rate = joined(run(FAST, *table({**SIZES, "c": (6, 0), "d": (5, 0)})), "selection_rate", "race")
    assert rate is not None and rate.value == 0 and (rate.reason or "").endswith("so it is in each of them")
    some = joined(run(FAST, *table()), "selection_rate", "race")
    assert some is not None and "each of them" not in (some.reason or "")
