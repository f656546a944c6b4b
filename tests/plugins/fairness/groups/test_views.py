"""Several labels: gaps of each label are those of a question of its own, tested together over labels and groups."""

import numpy as np
import pytest

from auditkit.errors import DataError
from auditkit.plugins.fairness.groups import self_tests
from auditkit.plugins.fairness.groups.check import GroupFairness
from tests.plugins.labelled import drawn, labelled
from tests.plugins.recorded import control, one, recorded, run

FAST = GroupFairness(permutations=199, trials=20)
NAMES = "abc"


def people(rng, rows=900, overlooked=0.0):
    """Truth and decisions; of label b some people of group y are overlooked."""
    truth, decided = drawn(rng, rows)
    group = np.where(rng.random(rows) < 0.5, "x", "y")
    decided[(group == "y") & (rng.random(rows) < overlooked), 1] = 0
    return truth, decided, {"g": group, "h": np.where(rng.random(rows) < 0.5, "u", "v")}


def test_each_label_has_the_numbers_of_a_question_of_its_own():
    truth, decided, groups = people(np.random.default_rng(0))
    result = run(FAST, *labelled(decided, truth, groups))
    for place, name in enumerate(NAMES):
        single = run(FAST, *recorded(decided[:, place], truth[:, place], groups))
        for measurement in single.measurements:
            about = {"across": measurement.across, "conditions": {"class": name}}
            same = one(result, measurement.name, measurement.slice, **about)
            assert (same.value, same.interval, same.n) == (measurement.value, measurement.interval, measurement.n)
    assert all(entry.holds for entry in result.controls)
    assert [entry.name for entry in result.controls] == ["recount", "shuffled groups", "planted gap"]


def test_tests_are_adjusted_over_all_labels_and_groups():
    truth, decided, groups = people(np.random.default_rng(1))
    result = run(FAST, *labelled(decided, truth, groups))
    tested = [entry.test for entry in result.measurements if entry.test is not None]
    single = run(FAST, *recorded(decided[:, 0], truth[:, 0], groups))
    alone = [entry.test for entry in single.measurements if entry.test is not None]
    # a difference and its ratio share one test
    assert len(tested) == 3 * len(alone) and {test.family for test in tested} == {
        f"all {len(tested) // 2} disparities of fairness.groups"
    }
    smallest = min(tested, key=lambda test: test.p)
    assert smallest.p_adjusted == pytest.approx(min(1.0, smallest.p * len(tested) // 2), rel=0.02)


def test_the_label_of_which_a_group_is_overlooked_is_found_and_no_other():
    truth, decided, groups = people(np.random.default_rng(2), overlooked=0.6)
    result = run(GroupFairness(permutations=999, trials=20), *labelled(decided, truth, groups))
    called_unfair = {
        entry.conditions["class"]
        for entry in result.measurements
        if entry.test is not None and entry.test.p_adjusted is not None and entry.test.p_adjusted < 0.05
    }
    assert called_unfair == {"b"}
    gap = one(result, "demographic_parity_difference", across=("g",), conditions={"class": "b"})
    rates = [decided[groups["g"] == name, 1].mean() for name in "xy"]
    assert gap.value == pytest.approx(abs(rates[0] - rates[1]))
    (pair,) = gap.pairs
    assert {"x", "y"} == {pair.low.slice["g"], pair.high.slice["g"]} and pair.low.slice["g"] == "y"


def test_labels_may_be_chosen_and_a_name_that_is_none_is_refused():
    truth, decided, groups = people(np.random.default_rng(3), 300)
    table = labelled(decided, truth, groups)
    result = run(GroupFairness(permutations=199, trials=20, classes=("c",)), *table)
    assert {entry.conditions["class"] for entry in result.measurements} == {"c"}
    with pytest.raises(DataError, match="'d', which is no label"):
        run(GroupFairness(classes=("d",)), *table)


def test_without_labels_there_are_selection_rates_of_each_label():
    _, decided, groups = people(np.random.default_rng(4), 300)
    result = run(FAST, *labelled(decided, None, groups))
    rate = one(result, "selection_rate", {"g": "x"}, conditions={"class": "a"})
    assert rate.value == pytest.approx(decided[groups["g"] == "x", 0].mean())
    assert any("no labels" in note for note in result.notes)


def test_a_burden_of_one_label_has_its_ratios_and_the_others_none():
    truth, decided, groups = people(np.random.default_rng(5), 400)
    result = run(FAST, *labelled(decided, truth, groups, outcome={"b": "burden", "a": "benefit"}))
    burdens = {entry.conditions["class"] for entry in result.measurements if entry.name.startswith("burden_ratio")}
    assert burdens == {"b"}


def test_the_recount_looks_at_every_label(monkeypatch):
    truth, decided, groups = people(np.random.default_rng(6), 300)
    counted = self_tests.counted_again

    def wrong(numbers, targets, data, predictions):
        of_c = [entry.conditions == {"class": "c"} and entry.value is not None for entry in numbers]
        moved = [
            entry.model_copy(update={"value": 0.9}) if is_c else entry
            for entry, is_c in zip(numbers, of_c, strict=True)
        ]
        return counted(moved, targets, data, predictions)

    monkeypatch.setattr(self_tests, "counted_again", wrong)
    assert not control(run(FAST, *labelled(decided, truth, groups)), "recount").holds
