"""What two models differ by on the same rows: by hand, against resampled rows, by simulation, and what stays hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.predictions import Predictions
from auditkit.run.paired_changes import changes, differences


def models_and_data(old, new, truth=None, groups=None, task=None, **more):
    """Two models that answer so, and the data."""
    data = AuditData(
        inputs=pd.DataFrame({"row": np.arange(len(old))}), labels=None if truth is None else np.asarray(truth),
        groups={name: np.asarray(values, dtype=str) for name, values in (groups or {}).items()},
        **({"positive": 1} if task is None else {"task": task}), **more,
    )  # fmt: skip

    def model(answers, name):
        answers = np.asarray(answers)
        options = {} if task == "regression" else {"classes": [0, 1]}
        return auditkit.wrap(lambda table: answers[np.asarray(table["row"])], name=name, task=data.task, **options)

    return Predictions(model(old, "old"), data), Predictions(model(new, "new"), data), data


def one(measurements, name, slice=None, across=()):
    (measurement,) = [m for m in measurements if m.name == name and m.slice == (slice or {}) and m.across == across]
    return measurement


def test_the_shares_by_hand():
    truth = [1] * 10 + [0] * 10
    old = [1] * 6 + [0] * 4 + [1] * 3 + [0] * 7
    new = [1] * 8 + [0] * 2 + [1] * 2 + [0] * 8
    first, second, data = models_and_data(old, new, truth)
    changes = differences(second, first, data)
    assert one(changes, "accuracy").value == pytest.approx(16 / 20 - 13 / 20)
    assert one(changes, "selection_rate").value == pytest.approx(10 / 20 - 9 / 20)
    assert one(changes, "true_positive_rate").value == pytest.approx(0.2) and one(changes, "true_positive_rate").n == 10
    assert one(changes, "false_positive_rate").value == pytest.approx(-0.1)
    assert "paired" in one(changes, "accuracy").interval.method


def drawn(n=1200, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], n)
    truth = rng.integers(0, 2, n)
    old = np.where(rng.random(n) < 0.8, truth, 1 - truth)
    new = np.where(rng.random(n) < 0.9, old, truth)
    new = np.where((sex == "F") & (rng.random(n) < 0.15), 0, new)
    return old, new, truth, {"sex": sex}


def test_the_interval_of_accuracy_agrees_with_rows_drawn_anew():
    old, new, truth, groups = drawn()
    first, second, data = models_and_data(old, new, truth, groups)
    rng, draws = np.random.default_rng(1), []
    for _ in range(2000):
        at = rng.integers(len(old), size=len(old))
        draws.append(np.mean(new[at] == truth[at]) - np.mean(old[at] == truth[at]))
    ends = one(differences(second, first, data), "accuracy").interval
    assert (ends.low, ends.high) == pytest.approx(tuple(np.quantile(draws, [0.025, 0.975])), abs=0.006)


def test_the_change_of_the_predictive_value_is_that_of_the_rows():
    old, new, truth, groups = drawn()
    first, second, data = models_and_data(old, new, truth, groups)
    changes = differences(second, first, data)
    for where, inside in (({}, np.ones(len(old), bool)), ({"sex": "F"}, groups["sex"] == "F")):
        measurement = one(changes, "positive_predictive_value", where)
        right = [truth[inside & (made_by == 1)].mean() for made_by in (new, old)]
        assert measurement.value == pytest.approx(right[0] - right[1])
        assert measurement.interval.low <= measurement.value <= measurement.interval.high
        assert measurement.n == np.sum(inside & ((new == 1) | (old == 1)))


def test_models_that_decide_alike_have_an_interval_all_the_same():
    old, _, truth, groups = drawn()
    first, second, data = models_and_data(old, old, truth, groups)
    changes = differences(second, first, data)
    assert {measurement.value for measurement in changes} == {0.0}
    assert all(measurement.interval.low <= 0 <= measurement.interval.high for measurement in changes)


def test_pairing_is_far_narrower_than_two_models_apart():
    old, new, truth, groups = drawn()
    first, second, data = models_and_data(old, new, truth, groups)
    ends = one(differences(second, first, data), "accuracy").interval
    from auditkit.stats import difference_interval

    apart = difference_interval(int((new == truth).sum()), len(new), int((old == truth).sum()), len(old))
    assert ends.high - ends.low < 0.7 * (apart.high - apart.low)


def test_the_parity_interval_covers_where_nothing_changed():
    hits = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        sex, answers = rng.choice(["F", "M"], 400), rng.integers(0, 2, (2, 400))
        first, second, data = models_and_data(answers[0], answers[1], answers[0], {"sex": sex})
        ends = one(differences(second, first, data), "demographic_parity_ratio", across=("sex",)).interval
        hits += ends.low <= 0 <= ends.high
    assert hits >= 52


def test_a_small_group_stays_hidden_and_the_disparity_says_so():
    n = 120
    groups = {"site": ["a"] * 60 + ["b"] * 55 + ["c"] * 5}
    first, second, data = models_and_data([0, 1] * 60, [1, 1] * 60, [0, 1] * 60, groups)
    changes = differences(second, first, data)
    assert one(changes, "accuracy", {"site": "c"}).value is None
    assert one(changes, "accuracy", {"site": "c"}).reason == "fewer than 10 people"
    assert one(changes, "accuracy", {"site": "b"}).n == 55, "no group is hidden for another's sake"
    parity = one(changes, "demographic_parity_difference", across=("site",))
    assert one(changes, "positive_predictive_value", {"site": "c"}).reason == "fewer than 10 people"
    assert one(changes, "positive_predictive_value", {"site": "c"}).n is None
    assert parity.value is not None and parity.validity == "inconclusive" and n == len(data)


def test_rows_without_a_label_are_left_out_and_without_labels_only_decisions_are_compared():
    first, second, data = models_and_data([0, 1, 1, 0], [1, 1, 1, 0])
    changes = differences(second, first, data)
    assert {change.name for change in changes} == {"selection_rate"} and one(changes, "selection_rate").value == 0.25


def test_regression_compares_absolute_errors():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=300)
    old, new = truth + rng.normal(size=300), truth + 0.5 * rng.normal(size=300)
    first, second, data = models_and_data(old, new, truth, task="regression")
    measurement = one(differences(second, first, data), "mean_absolute_error")
    assert measurement.value == pytest.approx(np.abs(new - truth).mean() - np.abs(old - truth).mean())
    assert measurement.interval.high < 0 and "paired" in measurement.interval.method


def test_weighted_rows_are_not_compared():
    first, second, data = models_and_data([0, 1] * 20, [1, 1] * 20, [0, 1] * 20, weights=np.linspace(0.5, 2, 40))
    assert changes([(first, None), (second, None)], data) == ()


def test_each_model_stands_beside_its_parent_or_the_first():
    first, second, data = models_and_data([0, 1] * 20, [1, 1] * 20, [0, 1] * 20)
    third = Predictions(
        auditkit.wrap(lambda table: np.zeros(len(table), dtype=int), classes=[0, 1], name="child"), data
    )
    compared = changes([(first, None), (second, None), (third, "new")], data)
    assert {(change.model, change.beside) for change in compared} == {("new", "old"), ("child", "new")}


def test_a_comparison_carries_them_and_the_models_are_asked_no_more_often():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=200), "sex": rng.choice(["F", "M"], 200)})
    frame["y"] = (frame["a"] > 0).astype(int)
    data = AuditData.from_table(frame, label="y", groups=["sex"], positive=1)
    rows_asked = {"one": 0, "two": 0}

    def model(name, cut):
        def answer(table):
            rows_asked[name] += len(table)
            return (np.asarray(table["a"]) > cut).astype(int)

        return auditkit.wrap(answer, classes=[0, 1], name=name)

    result = auditkit.compare([model("one", 0.0), model("two", 0.3)], data, checks=["fairness.groups"], budget="quick")
    alone = dict(rows_asked)
    auditkit.audit(model("one", 0.0), data, checks=["fairness.groups"], budget="quick")
    assert rows_asked["one"] - alone["one"] == alone["one"] == alone["two"]
    named = {(change.model, change.beside, change.measurement.name) for change in result.changes}
    assert ("two", "one", "accuracy") in named and ("two", "one", "demographic_parity_ratio") in named


@pytest.mark.parametrize("changed", [4, 40])
def test_rows_of_one_unit_are_one_of_many(changed):
    # fifty units of ten rows each, alike in all of them; the new model decides `changed` units otherwise
    truth, unit = np.zeros(500, dtype=int), np.repeat(np.arange(50), 10)
    new = np.where(unit < changed, np.tile([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], 50), 0)
    numbers = []
    for options in ({}, {"unit": unit}):
        old_answers, new_answers, data = models_and_data(np.zeros(500, dtype=int), new, truth, **options)
        (every,) = [changes([(old_answers, None), (new_answers, None)], data)]
        numbers.append(
            {change.measurement.name: change.measurement for change in every if not change.measurement.slice}
        )
    by_row, by_unit = numbers
    for name in ("accuracy", "selection_rate"):
        plain, wide = by_row[name], by_unit[name]
        assert wide.value == plain.value and (wide.n, wide.units, wide.validity) == (500, 50, "valid")
        if changed == 4:
            assert wide.interval.high - wide.interval.low > 1.5 * (plain.interval.high - plain.interval.low)
        assert "by units" in wide.interval.method
    assert (
        by_unit["positive_predictive_value"].value is None or by_unit["positive_predictive_value"].validity != "valid"
    )
