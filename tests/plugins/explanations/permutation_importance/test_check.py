"""The check of permutation importance on healthy models, near twins, and models that its controls must catch."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from auditkit.data import AuditData
from auditkit.errors import TimeLimit
from auditkit.plugins.explanations.permutation_importance.check import PermutationImportance
from tests.plugins.explanations.models import Estimator, Function, binary_table, context, controls, values

FRAME, TRUTH = binary_table(300)
NUMBERS = FRAME[["income", "tenure", "noise"]].astype(float)
QUICK = PermutationImportance(rows=300, repeats=3)


def run(model, audited, check=QUICK):
    return check.measure(model, audited, context(model, audited))


def classes(columns=NUMBERS, **more):
    return AuditData(columns, TRUTH, positive=1, **more)


def test_the_columns_that_the_answers_hang_on_come_first():
    model = Estimator(LogisticRegression(max_iter=1000).fit(NUMBERS, TRUTH))
    result = run(model, classes())
    importance = values(result, "permutation_importance")
    assert list(importance)[-1] == "noise" and importance["income"] > 0.1 and abs(importance["noise"]) < 0.02
    assert all(control.holds for control in result.controls) and not result.tables
    assert {number.unit for number in result.measurements} == {"nats"} and "log loss" in result.notes[0]


def test_near_twins_are_listed_and_shuffled_together():
    twins = NUMBERS.assign(copy=NUMBERS["income"] + 0.1 * NUMBERS["noise"])
    half = Function(lambda frame: 1 / (1 + np.exp(-(frame["income"] + frame["copy"] - 100) / 10)), "binary")
    result = run(half, classes(twins))
    alone, together = values(result, "permutation_importance"), values(result, "joint_importance")
    assert set(together) == {"income with copy"}
    assert together["income with copy"] > alone["income"] + alone["copy"]
    assert result.tables[0].rows[0][:2] == ("income", "copy")
    control = controls(result)["no near twins"]
    assert control.holds is False and control.on_failure == "note" and "income and copy" in control.reason
    assert {row["feature"] for row in result.figures[0].data} >= {"income (has a near twin)", "tenure"}


def test_predicted_numbers_lose_shares_of_their_variance_and_decisions_are_counted():
    x = np.random.default_rng(0).normal(size=(300, 2))
    audited = AuditData(x, x @ [3.0, 0], task="regression")
    result = run(Estimator(LinearRegression().fit(x, x @ [3.0, 0])), audited)
    assert abs(values(result, "permutation_importance")["x0"] - 2) < 0.1 and values(result, "loss")[""] < 1e-20
    model = Function(lambda frame: (frame["income"] > 50).astype(float), "binary")
    assert "wrong decisions" in run(model, classes()).notes[0]


def test_a_model_that_answers_at_random_is_caught():
    rng = np.random.default_rng(0)
    control = controls(run(Function(lambda frame: rng.random(len(frame)), "binary"), classes()))["unshuffled"]
    assert control.holds is False and control.on_failure == "invalid"


def test_a_model_that_looks_at_nothing_has_nothing_to_lose():
    model = Estimator(DummyClassifier().fit(NUMBERS, TRUTH))
    control = controls(run(model, classes()))["better than blind"]
    assert control.holds is False and control.on_failure == "inconclusive"
    assert set(control.guards) == {"permutation_importance", "joint_importance"}


def test_a_time_limit_leaves_the_columns_that_were_shuffled():
    model = Estimator(LogisticRegression(max_iter=1000).fit(NUMBERS, TRUTH))
    given, whole = context(model, classes()), values(run(model, classes()), "permutation_importance")

    def late(done, total, what):
        if done == 2:
            raise TimeLimit("late")

    given.on_progress = late
    with pytest.raises(TimeLimit):
        QUICK.measure(model, classes(), given)
    kept = values(given.partial, "permutation_importance")
    assert set(kept) == {"income", "tenure"} and all(kept[name] == whole[name] for name in kept)
