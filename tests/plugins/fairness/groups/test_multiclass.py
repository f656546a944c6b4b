"""More than two classes: each against the rest, what is about all of them, and what is drawn."""

import numpy as np
import pytest
from fairlearn import metrics as fairlearn
from hypothesis import given, settings, strategies as st
from sklearn.metrics import accuracy_score

from auditkit.counts import count
from auditkit.errors import DataError
from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.plugins.fairness.groups.group_table import right_or_not
from tests.plugins.recorded import control, one, recorded, run

FAST = GroupFairness(permutations=199, trials=20)


def random_people(rng, classes=3, rows=900, right=(0.8, 0.8), **more):
    """Decisions that are right more or less often in two groups."""
    names = np.array([f"c{number:02d}" for number in range(classes)])
    y, g = rng.integers(0, classes, rows), rng.integers(0, 2, rows)
    d = np.where(rng.random(rows) < np.asarray(right)[g], y, rng.integers(0, classes, rows))
    groups = {"g": np.array(["a", "b"])[g], "h": np.array(["x", "y"])[rng.integers(0, 2, rows)]}
    return names[y], names[d], groups, recorded(names[d], names[y], groups, task="multiclass", positive=None, **more)


@settings(max_examples=3)
@given(st.integers(0, 10**6), st.integers(3, 5))
def test_each_class_is_what_fairlearn_says_of_it_against_the_rest(seed, classes):
    y, d, groups, table = random_people(np.random.default_rng(seed), classes, 400)
    result = run(FAST, *table)
    for name in np.unique(y):
        about = {"conditions": {"class": str(name)}}
        mine, sensitive = {"y_true": (y == name).astype(int), "y_pred": (d == name).astype(int)}, groups["g"]
        frame = fairlearn.MetricFrame(metrics=fairlearn.true_positive_rate, sensitive_features=sensitive, **mine)
        for group in "ab":
            measurement = one(result, "true_positive_rate", {"g": group}, **about)
            if measurement.value is not None:
                assert measurement.value == pytest.approx(frame.by_group[group], abs=1e-12)
        gap = fairlearn.demographic_parity_difference(sensitive_features=sensitive, **mine)
        measurement = one(result, "demographic_parity_difference", across=("g",), **about)
        assert measurement.value == pytest.approx(gap, abs=1e-12)
    mine = groups["g"] == "a"
    assert one(result, "accuracy", conditions={}).value == pytest.approx(accuracy_score(y, d))
    assert one(result, "accuracy", {"g": "a"}, conditions={}).value == pytest.approx(accuracy_score(y[mine], d[mine]))
    assert control(result, "recount").holds and control(result, "recount").value < 1e-12


def test_two_classes_called_multiclass_or_binary_have_the_same_rates():
    rng = np.random.default_rng(0)
    y, d, groups, table = random_people(rng, 2)
    many = run(FAST, *table)
    two = run(FAST, *recorded(d, y, groups, positive="c01"))
    for measurement in two.measurements:
        assert measurement.conditions == {}
        other = one(many, measurement.name, measurement.slice, across=measurement.across, conditions={"class": "c01"})
        assert other.value == measurement.value
    assert not any(measurement.name == "accuracy" for measurement in two.measurements)


def test_the_family_is_everything_over_all_classes():
    result = run(FAST, *random_people(np.random.default_rng(1))[3])
    gaps = [measurement for measurement in result.measurements if measurement.name.endswith("_difference")]
    # three criteria for three classes, and accuracy; over g, h and both
    assert len(gaps) == 30 and {gap.test.family for gap in gaps} == {"all 30 disparities of fairness.groups"}
    assert all(gap.detectable for gap in gaps)


def test_a_class_that_is_missed_in_one_group_is_found_and_healthy_classes_are_not():
    rng = np.random.default_rng(2)
    y, d, groups, _ = random_people(rng, 4, 4000)
    missed = (groups["g"] == "a") & (y == "c02") & (rng.random(4000) < 0.5)
    d = np.where(missed, "c03", d)
    result = run(GroupFairness(permutations=1999, trials=20), *recorded(d, y, groups, task="multiclass", positive=None))
    detected = {
        measurement.conditions["class"]: measurement.test.p_adjusted <= 0.05
        for measurement in result.measurements
        if measurement.name == "equal_opportunity_difference" and measurement.across == ("g",)
    }
    assert detected == {"c00": False, "c01": False, "c02": True, "c03": False}
    assert one(result, "accuracy_equality_difference", across=("g",)).test.p_adjusted <= 0.05


def test_classes_may_be_named():
    result = run(
        GroupFairness(permutations=199, trials=20, classes=("c01",)), *random_people(np.random.default_rng(3))[3]
    )
    assert {measurement.conditions.get("class") for measurement in result.measurements} == {None, "c01"}
    with pytest.raises(DataError, match="did you mean 'c01'"):
        run(GroupFairness(classes=("c1",)), *random_people(np.random.default_rng(3))[3])
    two = run(
        GroupFairness(permutations=199, trials=20, classes=("c01",)), *recorded([0, 1] * 50, None, {"g": ["a"] * 100})
    )
    assert any("more than two classes" in note for note in two.notes)


def test_of_many_classes_all_are_measured_and_the_widest_gaps_drawn():
    rng = np.random.default_rng(4)
    y, d, groups, _ = random_people(rng, 12, 6000)
    d = np.where((groups["g"] == "a") & (y == "c07"), "c08", d)
    check = GroupFairness(permutations=199, trials=20, measures=("selection_rate", "equal_opportunity", "accuracy"))
    result = run(check, *recorded(d, y, groups, task="multiclass", positive=None))
    assert len({measurement.conditions.get("class") for measurement in result.measurements}) == 13
    figure = next(figure for figure in result.figures if figure.name == "selection_rate")
    shown = {row["label"].rpartition("class=")[2] for row in figure.data}
    assert len(shown) == 5 and "c07" in shown
    assert any(figure.name == "accuracy" for figure in result.figures)
    (table,) = result.tables
    at = [column.name for column in table.columns].index("class")
    assert {row[at] for row in table.rows} == shown
    assert any("the 5 with the widest gaps are drawn" in note for note in result.notes)


def test_abstentions_and_unknown_labels_with_several_classes():
    rng = np.random.default_rng(5)
    withheld, known = rng.random(900) < 0.1, rng.random(900) < 0.8
    y, d, groups, table = random_people(rng, withheld=withheld, known=known)
    result = run(FAST, *table)
    decided = known & ~withheld
    assert one(result, "accuracy", conditions={}).value == pytest.approx((y == d)[decided].mean())
    assert one(result, "abstention_rate", {"g": "b"}).value == pytest.approx(withheld[groups["g"] == "b"].mean())
    measurement = one(result, "selection_rate", conditions={"class": "c01"})
    assert measurement.value == pytest.approx((d[~withheld] == "c01").mean()) and measurement.n == (~withheld).sum()
    assert control(result, "recount").holds


def test_right_or_not_keeps_everybody():
    rng = np.random.default_rng(6)
    decisions, labels = rng.integers(-1, 4, 500), rng.integers(-1, 4, 500)
    groups = {"g": np.array(["a", "b"])[rng.integers(0, 2, 500)]}
    tally = count(groups, decisions, labels, classes="wxyz").over(("g",)).tally
    two_by_two = right_or_not(tally)
    assert (two_by_two.rows.sum(axis=(1, 2)) == tally.rows.sum(axis=(1, 2))).all()
    decided = (decisions >= 0) & (labels >= 0)
    assert two_by_two.rows[:, 1, 1].sum() == (decisions == labels)[decided].sum()
    assert two_by_two.rows[:, 1, 0].sum() == (decisions != labels)[decided].sum()
    assert two_by_two.rows[:, 1, 2].sum() == ((decisions < 0) & (labels >= 0)).sum()
    assert two_by_two.rows[:, 2].sum() == (labels < 0).sum()
