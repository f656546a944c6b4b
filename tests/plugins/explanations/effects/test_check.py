"""The check of effects on healthy models, on columns that hang together, and on curves that are wrong."""

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from auditkit.data import AuditData
from auditkit.plugins.explanations.effects import self_tests
from auditkit.plugins.explanations.effects.check import Effects
from tests.plugins.explanations.models import Estimator, Function, binary_table, context, controls, values

FRAME, TRUTH = binary_table(200)
QUICK = Effects(rows=200, grid=10)


def run(function, audited, check=QUICK):
    model = Function(function, audited.task) if callable(function) else function
    return check.measure(model, audited, context(model, audited))


def table(correlation=0.0, rows=200):
    x = np.random.default_rng(0).normal(size=(rows, 3))
    x[:, 1] = correlation * x[:, 0] + np.sqrt(1 - correlation**2) * x[:, 1]
    return AuditData(x, task="regression")


def test_a_sum_has_its_terms_and_every_control_holds():
    result = run(lambda x: 3 * x[:, 0] + np.abs(x[:, 1]), table())
    assert all(control.holds for control in result.controls) and len(result.controls) == 2
    for name in ("ale_range", "partial_dependence_range"):
        ranges = values(result, name)
        assert list(ranges) == ["x0", "x1", "x2"] and ranges["x2"] == 0
    x0 = [row for row in result.figures[0].data if row["kind"] == "partial dependence"]
    slopes = np.diff([row["effect"] for row in x0]) / np.diff([row["value"] for row in x0])
    assert slopes == pytest.approx(3.0, rel=0.05)  # the figure's values are rounded to three digits
    assert all(number.validity == "valid" for number in result.measurements)


def test_columns_that_hang_together_make_partial_dependence_inconclusive():
    result = run(lambda x: (x[:, 0] - x[:, 1]) ** 2 + x[:, 2], table(0.95))
    named = {(number.name, number.conditions["feature"]): number for number in result.measurements}
    doubtful = named["partial_dependence_range", "x0"]
    assert doubtful.validity == "inconclusive" and "believe the accumulated local effects" in doubtful.reason
    assert named["ale_range", "x0"].validity == named["partial_dependence_range", "x2"].validity == "valid"
    assert named["ale_range", "x0"].value < doubtful.value / 3
    control = controls(result)["rows inside the data"]
    assert control.holds is False and control.on_failure == "note" and control.value > 0.3
    figure = next(figure for figure in result.figures if figure.name == "effect x0")
    assert {row["kind"] for row in figure.data} == {"accumulated local effects", "partial dependence (inconclusive)"}
    assert "believe the accumulated" in figure.caption and "for: x0, x1" in result.notes[-1]


def test_categories_have_bars_and_both_curves():
    audited = AuditData(FRAME, TRUTH, {"sex": FRAME["sex"].to_numpy()}, positive=1)
    score = lambda frame: np.where(frame["region"] == "south", 0.8, 0.2) + 0.1 * (frame["sex"] == "M")  # noqa: E731
    result = run(score, audited)
    figure = result.figures[0]
    assert (figure.name, figure.mark) == ("effect region", "bars") and "probability" not in figure.alt
    ranges = values(result, "ale_range")
    assert ranges["region"] == pytest.approx(0.6) and ranges["sex"] == pytest.approx(0.1)
    assert values(result, "partial_dependence_range")["region"] == pytest.approx(0.6)


def test_rare_categories_and_missing_values_have_no_place_in_a_curve():
    frame = FRAME.assign(region=np.where(np.arange(200) < 5, "secret", FRAME["region"]), gone=np.nan)
    frame.loc[::3, "income"] = np.nan
    result = run(lambda frame: frame["income"].fillna(0) / 100, AuditData(frame, TRUTH, positive=1))
    assert "secret" not in repr(result) and "gone" in result.notes[1]
    assert values(result, "ale_range")["income"] > 0.3


def test_of_three_classes_the_most_frequent_one_is_shown():
    labels = np.digitize(FRAME["income"], [30, 55])
    columns = FRAME[["income", "noise"]]
    model = Estimator(DecisionTreeClassifier(max_depth=3, random_state=0).fit(columns.to_numpy(), labels))
    result = run(model, AuditData(columns.to_numpy(), labels, task="multiclass"))
    assert "of the class 1, which most rows are given" in result.notes[0]


def test_named_columns_are_shown_and_strange_ones_refused():
    check = Effects(rows=200, grid=10, features=("x2",))
    assert [figure.name for figure in run(lambda x: x[:, 0], table(), check).figures] == ["effect x2"]
    assert "'x9' is none" in Effects(features=("x9",)).applies(None, table())


@pytest.mark.parametrize("name", ["partial_dependence", "accumulated_local_effects"])
def test_a_wrong_curve_is_caught(monkeypatch, name):
    right = getattr(self_tests, name)
    monkeypatch.setattr(
        self_tests, name, lambda *given: (curve := right(*given))._replace(effects=curve.effects * 1.001)
    )
    control = controls(run(lambda x: x[:, 0], table()))["known terms"]
    assert control.holds is False and control.on_failure == "invalid" and not control.guards


def test_few_rows_and_a_model_that_never_changes():
    result = run(lambda x: np.ones(len(x)), AuditData(pd.DataFrame({"a": np.arange(25.0)}), task="regression"))
    assert values(result, "ale_range") == {"a": 0.0}
