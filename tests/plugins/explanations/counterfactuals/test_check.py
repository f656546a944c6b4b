"""The check of counterfactuals on healthy models, and on models and searches that its controls must catch."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from auditkit.data import AuditData
from auditkit.plugins.explanations.counterfactuals import people, self_tests
from auditkit.plugins.explanations.counterfactuals.check import Counterfactuals
from tests.plugins.explanations.models import Estimator, Function, binary_table, context, controls

FRAME, TRUTH = binary_table(400)
QUICK = Counterfactuals(rows=100, real_rows=100, budget=250)
ROWS = 100


def pipeline(final, frame=FRAME, truth=TRUTH):
    texts = ["region", "sex"]
    numbers = [name for name in frame if name not in texts]
    before = ColumnTransformer([("texts", OneHotEncoder(), texts), ("numbers", StandardScaler(), numbers)])
    return Estimator(make_pipeline(before, final).fit(frame, truth))


def data(frame=FRAME, labels=TRUTH, **more):
    given = {"positive": 1, "task": "binary", **more}
    groups = {"sex": frame["sex"].to_numpy()[:ROWS]} if "sex" in frame else {}
    split = AuditData(
        frame.iloc[ROWS:].reset_index(drop=True), labels[ROWS:], positive=given["positive"], task=given["task"]
    )
    return AuditData(frame.iloc[:ROWS].reset_index(drop=True), labels[:ROWS], groups, train=split, **given)


def run(model, audited, check=QUICK, include_rows=False):
    return check.measure(model, audited, dataclasses.replace(context(model, audited), include_rows=include_rows))


def one(result, name, **where):
    return next(number for number in result.measurements if number.name == name and number.slice == where)


def gap(result, name):
    return next(number for number in result.measurements if number.name == name and number.across)


LINEAR = pipeline(LogisticRegression())


@pytest.fixture(scope="module")
def linear():
    return run(LINEAR, data())


def test_a_linear_pipeline_is_solved_exactly_and_every_control_holds(linear):
    assert linear.level == "model" and "exact for these rules" in " ".join(linear.notes)
    assert one(linear, "none_found").value == 0 and one(linear, "recourse_cost").interval.low > 0
    assert {name for name, control in controls(linear).items() if control.holds} == {
        "asked again",
        "rules",
        "near real rows",
    }
    assert "sex" not in {row[0] for row in linear.tables[0].rows}
    assert {row[:2] for row in linear.tables[0].rows} >= {("income", "up")}


def test_a_model_that_asks_more_of_one_group_has_a_recourse_gap(linear):
    costs = {sex: one(linear, "recourse_cost", sex=sex).value for sex in ("F", "M")}
    difference = gap(linear, "recourse_cost_difference")
    assert costs["F"] > costs["M"] and difference.value == pytest.approx(costs["F"] - costs["M"])
    assert difference.interval.low > 0 and difference.pairs[0].high.slice == {"sex": "F"}
    fair = FRAME.assign(sex=np.random.default_rng(0).permutation(FRAME["sex"]))
    blind = Function(lambda table: 1 / (1 + np.exp(-(table["income"] - 50) / 5)), "binary")
    assert gap(run(blind, data(fair)), "recourse_cost_difference").interval.low == 0


def test_a_forest_is_searched_and_the_search_is_tried_on_a_planted_model():
    result = run(pipeline(RandomForestClassifier(5, max_depth=4, random_state=0)), data())
    assert result.level == "queries" and "The model was searched" in " ".join(result.notes)
    assert all(control.holds for control in result.controls) and controls(result)["known nearest"].value >= 0.9


def test_search_and_solver_agree_on_a_tree(monkeypatch):
    model = pipeline(DecisionTreeClassifier(max_depth=3, random_state=0))
    exact = run(model, data())
    assert exact.level == "model"
    monkeypatch.setattr(model, "shown", None)
    searched = run(model, data())
    assert searched.level == "queries"
    assert one(searched, "recourse_cost").value == pytest.approx(one(exact, "recourse_cost").value, rel=0.02)


def test_a_column_that_all_hangs_on_and_nobody_can_change_leaves_everyone_without_one():
    frame = FRAME[["sex", "region", "income"]]
    model = pipeline(
        DecisionTreeClassifier(max_depth=1, random_state=0), frame, (frame["sex"] == "M").to_numpy().astype(int)
    )
    result = run(model, data(frame))
    assert one(result, "none_found").value == 1.0 and "none exists" in " ".join(result.notes)
    assert one(result, "recourse_cost").value is None and not result.tables
    free = run(model, data(frame), Counterfactuals(rows=100, real_rows=100, budget=250, immutable=()))
    assert one(free, "none_found").value == 0.0 and one(free, "recourse_cost").value == 1.0


def test_who_has_none_counts_at_the_largest_cost():
    frame = FRAME[["sex", "region", "income"]]
    hard = Function(lambda table: np.where(table["sex"] == "M", table["income"] > 55, 0.0), "binary")
    result = run(hard, data(frame))
    assert one(result, "none_found", sex="F").value == 1.0 and one(result, "none_found", sex="M").value == 0.0
    assert gap(result, "none_found_difference").value == 1.0
    women = one(result, "recourse_cost", sex="F")
    assert women.value > one(result, "recourse_cost", sex="M").value


@pytest.mark.parametrize(
    ("outcome", "positive"), [(None, 1), ("benefit", 1), ("burden", 0), ("benefit", 0), ("burden", 1)]
)
def test_the_wanted_outcome_is_the_one_that_is_said_to_be_good(outcome, positive):
    result = run(LINEAR, data(outcome=outcome, positive=positive))
    wanted = positive if outcome != "burden" else 1 - positive
    assert f"the decision {wanted} (" in result.notes[0]
    assert ("nobody stated" in result.notes[0]) == (outcome is None)
    up = {row[1] for row in result.tables[0].rows if row[0] == "income"}
    assert up == ({"up"} if wanted == 1 else {"down"})


def test_rules_are_kept_and_said():
    frame = FRAME.assign(spent=100 - FRAME["income"])
    model = pipeline(LogisticRegression(C=0.01), frame)
    rules = Counterfactuals(
        rows=100, real_rows=100, budget=250, immutable=("sex", "region", "noise", "owner"), directions={"tenure": "up"},
        sums=(("income", "spent"),), ranges={"tenure": (0, 12)},
    )  # fmt: skip
    result = run(model, data(frame), rules, include_rows=True)
    assert controls(result)["rules"].holds and "the sum of income and spent is kept" in result.notes[1]
    changed = {row[:2] for row in result.tables[0].rows}
    assert {name for name, _ in changed} <= {"tenure", "income", "spent"} and ("tenure", "down") not in changed


def test_single_people_are_shown_only_where_rows_may_be(linear):
    assert [table.name for table in linear.tables] == ["changes"]
    shown = run(LINEAR, data(), include_rows=True).tables[1]
    assert shown.name == "examples" and {row[0] for row in shown.rows} == {1, 2, 3, 4, 5}


def test_changes_of_few_people_have_no_number():
    result = run(LINEAR, data(minimum_cell=47))
    assert all(row[2] >= 47 for row in result.tables[0].rows)
    assert "for fewer than 47 people, not shown: " in result.tables[0].caption


# other tasks


def test_predicted_numbers_need_a_target():
    frame = FRAME[["income", "tenure", "sex"]]
    audited = data(frame, frame["income"].to_numpy() * 2.0, task="regression", positive=None)
    inside = LinearRegression().fit(FRAME[["income", "tenure"]], FRAME["income"] * 2.0)
    model = Function(lambda table: inside.predict(table[["income", "tenure"]]))
    assert "target_low or target_high" in QUICK.applies(model, audited)
    check = QUICK.model_copy(update={"target_low": 110.0, "target_high": 130.0})
    assert check.applies(model, audited) is None
    result = run(model, audited, check)
    assert one(result, "none_found").value == 0 and "at least 110 and at most 130" in result.notes[0]
    assert {row[:2] for row in result.tables[0].rows} == {("income", "up"), ("income", "down")}


def test_linear_regression_is_solved_between_two_ends():
    numbers = np.random.default_rng(0).normal(size=(300, 3))
    audited = AuditData(
        numbers[:100],
        numbers[:100] @ [1.0, 2, 0],
        train=AuditData(numbers[100:], numbers[100:, 0], task="regression"),
        task="regression",
    )
    model = Estimator(LinearRegression().fit(numbers, numbers @ [1.0, 2, 0]))
    result = run(model, audited, QUICK.model_copy(update={"target_low": 1.0, "target_high": 1.5}))
    assert result.level == "model" and all(control.holds for control in result.controls)


def test_of_three_classes_it_must_be_said_which_are_wanted():
    labels = np.digitize(FRAME["income"], [45, 55])
    model = pipeline(DecisionTreeClassifier(max_depth=3, random_state=0), truth=labels)
    audited = data(labels=labels, task="multiclass", positive=None)
    assert "which of them people want" in QUICK.applies(model, audited)
    stated = data(
        labels=labels, task="multiclass", positive=None, outcome={"0": "burden", "1": "benefit", "2": "benefit"}
    )
    assert QUICK.applies(model, stated) is None
    result = run(model, stated)
    assert "the decision 1 or 2" in result.notes[0] and {row[:2] for row in result.tables[0].rows} == {("income", "up")}


def test_columns_that_are_none_are_named():
    for parameters, words in (
        ({"immutable": ("sexx",)}, "did you mean 'sex'"), ({"directions": {"region": "up"}}, "a column of numbers"),
        ({"sums": (("income", "rent"),)}, "'rent' is none"), ({"ranges": {"incom": (0, 1)}}, "did you mean 'income'"),
    ):  # fmt: skip
        assert words in Counterfactuals(**parameters).applies(LINEAR, data())
    with pytest.raises(ValueError, match="low first"):
        Counterfactuals(ranges={"income": (2, 1)})
    with pytest.raises(ValueError, match="two columns or more"):
        Counterfactuals(sums=(("income",),))


def test_missing_values_stay_missing():
    frame = FRAME.assign(income=FRAME["income"].where(np.arange(len(FRAME)) % 3 > 0))
    model = Function(lambda table: 1 / (1 + np.exp(-(table["income"].fillna(50) - 60) / 5 - table["noise"])), "binary")
    result = run(model, data(frame), include_rows=True)
    assert one(result, "none_found").value < 1 and controls(result)["rules"].holds
    assert not any("nan" in row[2:] for row in result.tables[1].rows)


# sick models and searches


def test_a_model_that_answers_at_random_is_caught():
    rng = np.random.default_rng(0)
    result = run(Function(lambda table: rng.random(len(table)), "binary"), data())
    assert controls(result)["asked again"].holds is False and controls(result)["asked again"].on_failure == "invalid"


def test_a_search_that_breaks_the_rules_is_caught(monkeypatch):
    right = people.find_nearest

    def broken(space, x, *rest):
        outcome = right(space, x, *rest)
        outcome.nearest[:, 3] = 1 - outcome.nearest[:, 3]  # another sex
        return outcome

    monkeypatch.setattr("auditkit.plugins.explanations.counterfactuals.check.find_nearest", broken)
    assert controls(run(LINEAR, data()))["rules"].holds is False


def test_a_search_that_stops_short_is_caught(monkeypatch):
    def first_donor(space, x, score, cut, donors, budget):
        row = np.where(np.arange(len(x)) < space.most, donors[-1], x)
        verdicts = yield row[None]
        return row if verdicts.wanted[0] and space.allowed(x, row[None])[0] else None

    monkeypatch.setattr(people, "search", first_donor)
    model = pipeline(RandomForestClassifier(5, max_depth=4, random_state=0))
    control = controls(run(model, data()))["known nearest"]
    assert control.holds is False and control.on_failure == "inconclusive" and "recourse_cost" in control.guards


def test_counterfactuals_far_from_every_real_row_are_noted():
    near, far = np.full(50, 0.5), np.full(50, 5.0)
    assert self_tests.near_real(near, np.linspace(0, 1, 50)).holds
    control = self_tests.near_real(far, np.linspace(0, 1, 50))
    assert control.holds is False and control.on_failure == "note"


def test_nobody_with_the_other_outcome_is_said():
    result = run(Function(lambda table: np.ones(len(table)), "binary"), data())
    assert one(result, "none_found").value is None and "no people" in one(result, "none_found").reason


def test_the_same_seed_gives_the_same_numbers_and_the_data_stays_as_it_was():
    audited = data().take(np.arange(30))
    before = pd.DataFrame(audited.inputs).copy()
    model = pipeline(RandomForestClassifier(3, max_depth=3, random_state=0))
    small = QUICK.model_copy(update={"budget": 200, "changes": 2})
    first, second = run(model, audited, small), run(model, audited, small)
    assert [number.value for number in first.measurements] == [number.value for number in second.measurements]
    pd.testing.assert_frame_equal(before, audited.inputs)
