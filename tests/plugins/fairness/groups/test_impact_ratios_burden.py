"""The impact ratio of a burden, under a name of its own, and what does not move with what being selected is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from auditkit import stats
from auditkit.judge import judge_measurement
from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.results import Limit
from tests.plugins.recorded import one, recorded, run

FAST = GroupFairness(permutations=99, trials=20)


def flagged(table, **more):
    """{group: (people, selected)} with a row for each person; the label is the decision."""
    names = np.repeat(list(table), [total for total, _ in table.values()])
    decisions = np.concatenate([np.arange(total) < chosen for total, chosen in table.values()]).astype(int)
    return recorded(decisions, np.roll(decisions, 1), {"g": names}, **more)


HAND = {"a": (200, 100), "b": (100, 20), "c": (100, 40)}


def ratios(result):
    return {
        measurement.slice["g"]: measurement for measurement in result.measurements if measurement.name == "burden_ratio"
    }


def test_a_table_worked_by_hand():
    by_group = ratios(run(FAST, *flagged(HAND, outcome="burden")))
    assert {name: ratio.value for name, ratio in by_group.items()} == {
        "a": 0.4,
        "b": 1.0,
        "c": 0.5,
    }  # 20 % over 50, 20, 40 %
    assert by_group["b"].exact and by_group["b"].interval is None
    level = stats.sidak_level(0.95, 3)
    alone = stats.ratio_interval(20, 100, 100, 200, level)
    assert (by_group["a"].interval.low, by_group["a"].interval.high) == (alone.low, alone.high)
    assert by_group["a"].n == 200 and by_group["a"].direction == "higher"


def test_beside_it_stand_the_ratios_to_the_least_of_the_large_groups_and_to_a_reference():
    table = {**HAND, "d": (12, 1)}
    table |= {name: (50 * total, 50 * chosen) for name, (total, chosen) in HAND.items()}
    result = run(FAST, *flagged(table, outcome="burden", reference={"g": "c"}))
    measurements = {
        (measurement.name, measurement.slice["g"]): measurement
        for measurement in result.measurements
        if measurement.name.startswith("burden_ratio")
    }
    assert measurements["burden_ratio", "d"].exact and measurements["burden_ratio", "a"].value == pytest.approx(
        1 / 12 / 0.5
    )
    assert measurements["burden_ratio_large_groups", "a"].value == pytest.approx(0.4)
    assert measurements["burden_ratio_large_groups", "d"].reason == "a group of under 2% of the people"
    assert measurements["burden_ratio_to_reference", "b"].value == pytest.approx(2.0)
    (pair,) = measurements["burden_ratio_to_reference", "a"].pairs
    assert (pair.low.slice, pair.low.count, pair.high.slice, pair.high.count) == ({"g": "c"}, 2000, {"g": "a"}, 5000)


def test_a_group_without_a_rate_could_only_lower_the_ratios_and_bars_that_they_are_enough():
    table = {"a": (200, 100), "b": (200, 100), "c": (40, 20)}
    by_group = ratios(run(FAST, *flagged(table, outcome="burden", minimum_rate=50)))
    for name in "ab":
        (left,) = by_group[name].left_out
        assert (by_group[name].bound, left.slice, left.people, left.bars) == ("at most", {"g": "c"}, 40, True)
    limit = Limit(measurement="fairness.groups.burden_ratio", at_least=0.7)
    assert judge_measurement(limit, by_group["b"])[0] == "inconclusive"
    everyone = ratios(run(FAST, *flagged(table, outcome="burden")))
    assert everyone["b"].bound is None and everyone["b"].left_out == ()
    result = run(FAST, *flagged(table, outcome="burden", minimum_rate=50, reference={"g": "a"}))
    beside = one(result, "burden_ratio_to_reference", {"g": "b"})
    assert beside.bound is None and beside.left_out == (), "two groups, whatever the others are"


def test_the_table_has_the_ratio_that_goes_with_the_meaning():
    for outcome, column, numbers in (
        (None, "Impact ratio", [1.0, 0.4, 0.8]), ("benefit", "Impact ratio", [1.0, 0.4, 0.8]),
        ("burden", "Burden ratio", [0.4, 1.0, 0.5]),
    ):  # fmt: skip
        (table,) = run(FAST, *flagged(HAND, outcome=outcome, selected_means="flagged as <b>risky</b>")).tables
        titles = [column.title for column in table.columns]
        assert [row[titles.index(column)] for row in table.rows] == pytest.approx(numbers)
        assert len({"Impact ratio", "Burden ratio"} & {*titles}) == 1
        assert 'Selected means "flagged as <b>risky</b>"' in table.caption and (outcome or "") in table.caption


@pytest.mark.parametrize("outcome", [None, "benefit"])
def test_without_a_burden_there_is_none(outcome):
    result = run(FAST, *flagged(HAND, outcome=outcome))
    assert not ratios(result)
    assert "burden_ratio" in result.definitions


def test_of_several_classes_it_is_measured_of_those_that_are_burdens():
    decisions, names = np.tile([0, 1, 2, 2], 60), np.repeat(["a", "b"], 120)
    stated = {"0": "burden", "1": "benefit"}
    model, data = recorded(
        decisions, np.roll(decisions, 1), {"g": names}, task="multiclass", positive=None, outcome=stated
    )
    result = run(FAST, model, data)
    classes = {
        measurement.conditions["class"] for measurement in result.measurements if measurement.name == "burden_ratio"
    }
    assert classes == {"0"}
    (table,) = result.tables
    assert {"Impact ratio", "Burden ratio"} <= {column.title for column in table.columns}
    plain = recorded(decisions, np.roll(decisions, 1), {"g": names}, task="multiclass", positive=None, outcome="burden")
    assert not ratios(run(FAST, *plain))


def test_where_nobody_or_only_one_group_is_selected_it_is_undefined():
    nobody = ratios(run(FAST, *flagged({"a": (50, 0), "b": (50, 0)}, outcome="burden")))
    assert {measurement.value for measurement in nobody.values()} == {None}
    some = ratios(run(FAST, *flagged({"a": (50, 0), "b": (50, 10), "c": (50, 0)}, outcome="burden")))
    assert (some["a"].value, some["b"].value, some["c"].value) == (1.0, 0.0, None)
    alone = ratios(run(FAST, *flagged({"a": (50, 10), "b": (4, 1)}, outcome="burden")))
    assert {measurement.value for measurement in alone.values()} == {None}


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(10, 60), st.floats(0, 1)), min_size=2, max_size=4), st.data())
def test_no_number_that_was_there_before_moves_with_the_meaning(groups, data):
    table = {name: (n, round(n * share)) for name, (n, share) in zip("abcd", groups, strict=False)}
    results = [run(FAST, *flagged(table, outcome=outcome)) for outcome in (None, "benefit", "burden")]
    others = [
        [
            measurement.model_copy(update={"pairs": ()})
            for measurement in result.measurements
            if not measurement.name.startswith("burden_ratio")
        ]
        for result in results
    ]
    assert others[0] == others[1] == others[2]
    values = sorted(ratio.value for ratio in ratios(results[2]).values() if ratio.value is not None)
    smallest = one(results[2], "demographic_parity_ratio").value
    if values and smallest is not None and len(values) == len(table):
        assert values[0] == pytest.approx(smallest)
