"""Thresholds for each group decide as fairlearn's do, and read the group from the inputs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fairlearn.postprocessing import ThresholdOptimizer as Fairlearn
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

import auditkit
from auditkit.errors import DataError, ModelError
from auditkit.plugins.fairness.mitigation.group_thresholds import Rule, Step, learn
from auditkit.plugins.fairness.mitigation.randomized_model import draws
from auditkit.plugins.fairness.mitigation.threshold_optimizer import ThresholdOptimizer
from tests.plugins.fairness.mitigation.people import failing, people, pipeline, table, train, value

CONSTRAINTS = (
    "demographic_parity", "equalized_odds", "true_positive_rate_parity", "false_positive_rate_parity",
    "true_negative_rate_parity", "false_negative_rate_parity",
)  # fmt: skip


def test_a_rule_by_hand():
    rule = Rule((Step(0.25, ">", 1.0), Step(0.75, ">", 2.0)), ignore=0.2, constant=0.5)
    assert rule.chance(np.array([0.0, 1.0, 1.5, 2.5])) == pytest.approx([0.1, 0.1, 0.1 + 0.8 * 0.25, 0.9])
    below = Rule((Step(1.0, "<", 1.0), Step(0.0, ">", -np.inf)), ignore=0.0, constant=0.0)
    assert below.chance(np.array([0.0, 1.0])).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_the_chances_are_those_of_fairlearn(constraint):
    data = people()
    parent = pipeline(data)
    trained = train(ThresholdOptimizer(constraint=constraint), parent, data)
    split = data.train
    peer = Fairlearn(estimator=parent.estimator(), constraints=constraint, prefit=True, predict_method="predict_proba")
    # fairlearn takes the second class for the positive one, which here is "denied"
    peer.estimator = Turned(parent)
    peer.fit(split.inputs, (split.labels == "approved").astype(int), sensitive_features=split.groups["sex"])
    for part in (split, data):
        expected = peer._pmf_predict(part.inputs, sensitive_features=part.groups["sex"])[:, 1]
        assert trained.model.chances(part.inputs) == pytest.approx(expected, abs=1e-12)
    assert failing(trained) == []
    assert value(trained, "expected_violation") < 1e-9


class Turned(BaseEstimator):
    """The parent with the positive class second."""

    def __init__(self, parent):
        self.parent = parent

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict_proba(self, X):
        return self.parent.probabilities(X)[:, ::-1]


def test_the_draws_have_fairlearns_law():
    """Over many seeds a person is selected as often as the chance says."""
    data = people(table(600))
    trained = train(ThresholdOptimizer(constraint="equalized_odds"), pipeline(data), data)
    chance = trained.model.chances(data.inputs)
    selected = np.mean([draws(data.inputs, seed) < chance for seed in range(400)], axis=0)
    spread = np.sqrt(chance * (1 - chance) / 400)
    z = (selected - chance)[spread > 0] / spread[spread > 0]
    assert (spread > 0).sum() > 20 and np.abs(z).max() < 5 and 0.7 < z.std() < 1.3
    certain = spread == 0
    assert ((selected == 1) == (chance == 1))[certain].all()


def test_the_gap_closes_the_cost_is_said_and_the_parent_is_as_it_was():
    data = people()
    parent = pipeline(data)
    before = parent.fingerprint
    trained = train(ThresholdOptimizer(), parent, data)
    assert parent.fingerprint == before != trained.model.fingerprint
    assert value(trained, "violation_before") > 0.2 and value(trained, "violation_after") < 0.02
    decisions = trained.model.predict(data.train.inputs)
    cost = np.mean(parent.predict(data.train.inputs) == data.train.labels) - np.mean(decisions == data.train.labels)
    assert value(trained, "accuracy_cost") == pytest.approx(cost) and cost > 0
    assert {measurement.name for measurement in trained.measurements} == set(ThresholdOptimizer.definitions)
    rates = [np.mean(decisions[data.train.groups["sex"] == letter] == "approved") for letter in "FM"]
    assert value(trained, "violation_after") == pytest.approx(abs(rates[0] - rates[1]))


def test_the_same_person_gets_the_same_decision_alone_in_company_and_in_another_order():
    data = people()
    trained = train(ThresholdOptimizer(constraint="equalized_odds"), pipeline(data), data)
    model, decisions = trained.model, trained.model.predict(data.inputs)
    assert value(trained, "decisions_drawn") > 0.05
    order = np.random.default_rng(0).permutation(len(data))
    assert (model.predict(data.inputs.iloc[order]) == decisions[order]).all()
    model.batch = 7
    assert (model.predict(data.inputs) == decisions).all()
    again = train(ThresholdOptimizer(constraint="equalized_odds"), pipeline(data), data).model
    assert again.fingerprint == model.fingerprint and (again.predict(data.inputs) == decisions).all()
    other = train(ThresholdOptimizer(constraint="equalized_odds"), pipeline(data), data, seed=8).model
    assert other.fingerprint != model.fingerprint and (other.predict(data.inputs) != decisions).any()


def test_a_draw_does_not_hang_on_the_group():
    data = people()
    model = train(ThresholdOptimizer(constraint="equalized_odds"), pipeline(data), data).model
    turned = data.inputs.assign(sex=np.where(data.inputs.sex == "F", "M", "F"))
    assert (model.draws(turned) == model.draws(data.inputs)).all()
    assert (model.draws(data.inputs.assign(debt=0.0)) != model.draws(data.inputs)).all()


def test_a_group_that_training_has_not_seen_keeps_the_parents_decision():
    """fairlearn gives everybody of such a group the chance 0, and says nothing."""
    data = people()
    parent = pipeline(data)
    model = train(ThresholdOptimizer(), parent, data).model
    strangers = data.inputs.assign(sex="X")
    assert (model.predict(strangers) == parent.predict(strangers)).all()
    assert (model.predict(strangers) == "approved").any()
    missing = data.inputs.assign(sex=None)
    assert (model.predict(missing) == parent.predict(missing)).all()


def test_a_missing_group_has_a_threshold_of_its_own():
    frame = table(1600)
    frame.loc[frame.index[::4], "sex"] = None
    data = people(frame)
    trained = train(ThresholdOptimizer(), pipeline(data), data)
    rules = next(table for table in trained.tables if table.name == "rules")
    assert [row[0] for row in rules.rows] == ["(missing)", "F", "M"]
    assert failing(trained) == []


def test_a_group_that_the_model_does_not_see_is_refused_with_the_way_out():
    data = people(drop=["sex"])
    with pytest.raises(DataError, match=r"'sex' must be among the inputs.*data. drop.*reweighing"):
        train(ThresholdOptimizer(), pipeline(data), data)


def test_bins_of_a_number_are_read_back_also_for_numbers_not_seen():
    rng = np.random.default_rng(0)
    frame = table(1200)
    frame["age"] = rng.choice([20, 30, 40, 60, 70], len(frame))
    data = people(frame, groups={"age": {"bins": [35, 65]}})
    parent = pipeline(data)
    trained = train(ThresholdOptimizer(attribute="age"), parent, data)
    reader = trained.model.reader
    ages = pd.DataFrame({"age": [19, 20, 34, 36, 60, 64, 66, 99]})
    named = [("35 to 64", "65 and over", "under 35")[code] for code in reader.read(ages)]
    assert named == ["under 35"] * 3 + ["35 to 64"] * 3 + ["65 and over"] * 2
    assert "age" in trained.model.feature_names
    with pytest.raises(ModelError, match="missing: 'age'"):
        trained.model.predict(data.inputs.drop(columns="age"))


def test_inputs_without_the_group_are_refused_where_the_scores_do_not_need_it():
    data = people()
    inputs = data.train.inputs.drop(columns="sex")
    scorer = LogisticRegression().fit(inputs[["income"]], data.train.labels)
    trained = train(ThresholdOptimizer(), auditkit.wrap(scorer), data)
    assert trained.model.feature_names == ("income", "sex")
    with pytest.raises(ModelError, match="must have the column 'sex'"):
        trained.model.predict(inputs)


def test_a_column_that_is_not_what_the_group_was_made_of_is_refused():
    data = people()
    with pytest.raises(DataError, match="one value of it lies in several groups"):
        learn(data.train, "sex", np.arange(len(data.train)) % 2, "x")


def test_any_model_with_scores_will_do():
    def ask(inputs):
        return 1 / (1 + np.exp(-inputs["income"].to_numpy()))

    data = people()
    model = auditkit.wrap(ask, classes=("denied", "approved"))
    model.answers(data.inputs)
    trained = train(ThresholdOptimizer(), model, data)
    assert failing(trained) == [] and value(trained, "violation_after") < 0.02


def test_a_network_over_an_array_will_do():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(800, 3)).astype(np.float32)
    inputs[:, 2] = rng.choice([0, 1], 800)
    labels = (inputs[:, 0] + inputs[:, 2] + rng.normal(size=800) > 0.5).astype(int)
    parts = {"labels": labels, "positive": 1, "groups": {"x2": np.where(inputs[:, 2] == 1, "1", "0")}}
    data = auditkit.AuditData(inputs, **parts, train=auditkit.AuditData(inputs, **parts))
    torch.manual_seed(0)
    linear = torch.nn.Linear(3, 2)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[0.0, 0, 0], [1, 0, 1]]))
    trained = train(ThresholdOptimizer(), auditkit.wrap(torch.nn.Sequential(linear), classes=(0, 1)), data)
    assert failing(trained) == [] and value(trained, "violation_after") < 0.02 < value(trained, "violation_before")


def test_an_objective_that_does_not_go_with_equalized_odds_is_refused():
    with pytest.raises(ValueError, match="objective must be accuracy_score"):
        ThresholdOptimizer(constraint="equalized_odds", objective="selection_rate")
