"""The surrogate tree on models that a few rules describe, and on models that they do not."""

import numpy as np
import pytest
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeClassifier

from auditkit.data import AuditData
from auditkit.plugins.explanations.surrogate_tree import findings
from auditkit.plugins.explanations.surrogate_tree.check import SurrogateTree
from auditkit.plugins.explanations.surrogate_tree.tree import Rule
from tests.plugins.explanations.models import Estimator, Function, binary_table, context, controls, values

FRAME, TRUTH = binary_table(600)
CHECK = SurrogateTree(rows=300, learnt=300)


def audited(frame=FRAME, labels=TRUTH, split=True, **more):
    given = {"positive": 1, **more}
    train = AuditData(frame.iloc[300:].reset_index(drop=True), labels[300:], **given) if split else None
    return AuditData(frame.iloc[:300].reset_index(drop=True), labels[:300], train=train, **given)


def run(model, data, check=CHECK):
    return check.measure(model, data, context(model, data))


def few_rules(frame):
    return np.where((frame["income"] > 50) & (frame["region"] == "north"), 0.9, np.where(frame["sex"] == "M", 0.4, 0.1))


def test_a_model_of_few_rules_is_told_by_them():
    result = run(Function(few_rules, "binary"), audited())
    assert values(result, "surrogate_r2")[""] > 0.97 and values(result, "fidelity")[""] > 0.97
    assert controls(result)["follows the model"].holds
    (table,) = result.tables
    best = table.rows[0]
    assert "region is north" in best[0] and "income" in best[0] and best[3] == pytest.approx(0.9, abs=0.03)
    assert sum(row[1] for row in table.rows) <= 300 and all(row[1] >= 10 for row in table.rows)


def test_rules_of_a_tree_that_does_not_follow_are_not_shown():
    waves = Function(lambda frame: 0.5 + 0.5 * np.sin(5 * frame["income"] + 7 * frame["noise"]), "binary")
    result = run(waves, audited())
    control = controls(result)["follows the model"]
    assert control.holds is False and control.on_failure == "inconclusive" and not result.tables
    assert "not shown" in result.notes[-1] and values(result, "surrogate_r2")[""] < 0.3


def test_without_a_training_split_half_of_the_rows_are_held_out():
    result = run(Function(few_rules, "binary"), audited(split=False))
    assert "half of the rows drawn, and was tried on 150 others" in result.notes[0]
    assert values(result, "surrogate_r2")[""] > 0.9


def test_leaves_of_few_people_are_hidden():
    leaf, rules = np.repeat([1, 2, 3], [50, 9, 41]), [Rule("a", 1), Rule("b", 2), Rule("c", 3)]
    table = findings.rule_table(rules, leaf, np.arange(100.0), 10, "score")
    assert [row[:2] for row in table.rows] == [("c", 41), ("a", 50)]
    assert "fewer than 10 rows each: 1 rule" in table.caption


def test_r2_is_that_of_scikit_learn_and_has_an_interval():
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=200)
    answers = outputs + 0.3 * rng.normal(size=200)
    measured = findings.r2(outputs, answers)
    assert measured.value == pytest.approx(r2_score(outputs, answers))
    assert measured.interval.low < measured.value < measured.interval.high <= 1
    assert findings.r2(np.ones(5), np.ones(5)).value is None


def test_missing_values_have_rules_of_their_own():
    frame = FRAME.assign(income=FRAME["income"].where(np.arange(600) % 3 > 0))
    model = Function(lambda frame: np.where(frame["income"].isna(), 0.9, 0.1), "binary")
    (table,) = run(model, audited(frame)).tables
    assert [row[0] for row in table.rows] == ["income is missing", "income is known"]


def test_several_bounds_of_one_number_are_one_and_predicted_numbers_have_no_fidelity():
    model = Function(lambda frame: np.floor(frame["income"] / 20))
    result = run(model, audited(labels=FRAME["income"].to_numpy(), task="regression", positive=None))
    assert values(result, "fidelity") == {} and values(result, "surrogate_r2")[""] > 0.9
    assert any(row[0].count("income") == 1 and row[0].count("<") == 2 for row in result.tables[0].rows)


def test_of_three_classes_the_most_frequent_one_is_learnt():
    labels = np.digitize(FRAME["income"], [30, 55])
    columns = FRAME[["income", "noise"]]
    model = Estimator(DecisionTreeClassifier(max_depth=3, random_state=0).fit(columns, labels))
    result = run(model, audited(columns, labels, task="multiclass", positive=None))
    assert "class 1, which most rows are given" in result.notes[0] and values(result, "fidelity")[""] > 0.95
