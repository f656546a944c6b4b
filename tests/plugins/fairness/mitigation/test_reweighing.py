"""Reweighing is its published formula, and the model is the estimator fitted on those weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as some
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

import auditkit
from auditkit.errors import ConfigError, DataError, ModelError
from auditkit.plugins.fairness.mitigation.reweighing import Reweighing, dependence, reweigh, weigh
from auditkit.predictions import Predictions
from tests.plugins.fairness.mitigation.people import failing, people, pipeline, table, train, value


def test_the_published_example():
    """Kamiran and Calders (2012), table 1: ten applicants, five of either sex."""
    weights = reweigh(np.array([[3.0, 2.0], [1.0, 4.0]]))
    assert weights == pytest.approx(np.array([[0.67, 1.5], [2.0, 0.75]]), abs=0.005)


@given(some.lists(some.lists(some.integers(1, 10**6), min_size=2, max_size=2), min_size=2, max_size=6))
def test_against_the_formula_by_hand_and_independence_holds_exactly(counts):
    cells = np.array(counts, dtype=float)
    weights, n = reweigh(cells), cells.sum()
    for group, row in enumerate(cells):
        for label, people_here in enumerate(row):
            # as written for two groups and two labels: w = n_label * n_group / (n * n_group_label)
            assert weights[group, label] == pytest.approx(cells[:, label].sum() * row.sum() / (n * people_here))
    weighted = cells * weights
    assert weighted / n == pytest.approx(np.outer(weighted.sum(1) / n, weighted.sum(0) / n))
    assert weighted.sum(0) == pytest.approx(cells.sum(0)) and weighted.sum(1) == pytest.approx(cells.sum(1))


def test_dependence_sees_what_is_there():
    group, label = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert dependence(group, label, np.ones(4)) == 0
    assert dependence(group, group, np.ones(4)) == 0.25


def test_the_new_model_is_fairer_and_the_parent_as_it_was():
    data = people()
    parent = pipeline(data, texts=("town", "sex"))
    before = parent.fingerprint
    trained = train(Reweighing(), parent, data)
    assert parent.fingerprint == before != trained.model.fingerprint
    assert failing(trained) == []
    assert value(trained, "violation_after") < value(trained, "violation_before") - 0.05
    assert value(trained, "label_gap_after") < 1e-12 < 0.2 < value(trained, "label_gap_before")
    assert trained.model.classes == ("approved", "denied") == parent.classes
    assert set(trained.model.predict(data.inputs)) == {"approved", "denied"}
    assert {measurement.name for measurement in trained.measurements} == set(Reweighing.definitions)


def test_it_is_the_estimator_fitted_on_the_weights_and_the_same_every_time():
    data = people()
    parent = pipeline(data)
    trained = train(Reweighing(), parent, data)
    assert train(Reweighing(), parent, data).model.fingerprint == trained.model.fingerprint
    split = data.train
    female, good = split.groups["sex"] == "F", split.labels == "approved"
    weights = np.empty(len(split))
    for of_group in (female, ~female):
        for of_label in (good, ~good):
            both = of_group & of_label
            weights[both] = of_group.mean() * of_label.mean() / both.mean()
    from sklearn.base import clone

    again = clone(parent.estimator())
    again.fit(split.inputs, split.labels, logisticregression__sample_weight=weights)
    expected = again.predict_proba(data.inputs)
    assert trained.model.probabilities(data.inputs) == pytest.approx(expected, abs=1e-9)


def test_cost_and_changes_are_counted_by_hand():
    data = people()
    parent = pipeline(data)
    trained = train(Reweighing(), parent, data)
    old, new, labels = parent.predict(data.train.inputs), trained.model.predict(data.train.inputs), data.train.labels
    assert value(trained, "accuracy_cost") == pytest.approx(np.mean(old == labels) - np.mean(new == labels))
    assert value(trained, "decisions_changed") == np.mean(old != new)
    gain = next(table for table in trained.tables if table.name == "gain-and-lose")
    women = data.train.groups["sex"] == "F"
    shares = (np.mean((value == "approved")[women]) for value in (old, new))
    assert gain.rows[0][:3] == ("F", *(pytest.approx(value) for value in shares))
    assert gain.rows[0][3] == np.mean(((new == "approved") & (old != "approved"))[women])


def test_row_weights_of_the_data_are_multiplied_with():
    frame = table()
    frame["w"] = np.where(frame.sex == "F", 2.0, 0.5)
    data = people(frame, weights="w")
    parent = pipeline(data)
    context = Predictions(parent, data.train)
    from auditkit.plugins.fairness.mitigation.groups import split

    rows = split(context, None, "x")
    _, _, weights = weigh(rows)
    assert dependence(rows.codes, rows.outcomes, weights) < 1e-12
    assert weights.sum() == pytest.approx(data.train.weights.sum())
    assert failing(train(Reweighing(), parent, data)) == []


def test_a_random_forest_without_a_seed_is_the_same_every_time():
    from sklearn.ensemble import RandomForestClassifier

    data = people(table(400))
    parent = pipeline(data, RandomForestClassifier(n_estimators=5, max_depth=4))
    first, second = (train(Reweighing(), parent, data).model.fingerprint for _ in range(2))
    assert first == second != train(Reweighing(), parent, data, seed=8).model.fingerprint


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_boosted_trees(library):
    pytest.importorskip(library)
    frame = table(800)
    frame["answer"] = (frame.answer == "approved").astype(int)
    frame["town"] = frame.town.astype("category").cat.codes.astype(float)
    frame["female"] = (frame.sex == "F").astype(int)
    data = people(frame.drop(columns="sex"), positive=1, groups=["female"], drop=["female"])
    if library == "xgboost":
        from xgboost import XGBClassifier

        booster = XGBClassifier(n_estimators=10, max_depth=2, n_jobs=1)
    else:
        from lightgbm import LGBMClassifier

        booster = LGBMClassifier(n_estimators=10, max_depth=2, n_jobs=1, verbosity=-1)
    parent = auditkit.wrap(booster.fit(data.train.inputs, data.train.labels))
    trained = train(Reweighing(), parent, data)
    assert failing(trained) == [] and type(trained.model) is type(parent)
    assert trained.model.kind == library


def test_a_search_over_parameters_is_searched_again():
    data = people(table(400))
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [2, 3]}, cv=2)
    parent = pipeline(data, search)
    trained = train(Reweighing(), parent, data)
    assert failing(trained) == []


class Deaf(ClassifierMixin, BaseEstimator):
    """Takes weights and does nothing with them."""

    def fit(self, X, y, sample_weight=None):
        self.inner_ = LogisticRegression().fit(X, y)
        self.classes_ = self.inner_.classes_
        return self

    def predict(self, X):
        return self.inner_.predict(X)

    def predict_proba(self, X):
        return self.inner_.predict_proba(X)


def test_an_estimator_that_does_not_listen_to_weights_is_found_out():
    data = people()
    trained = train(Reweighing(), pipeline(data, Deaf()), data)
    assert failing(trained) == ["weights-heard"]


def test_what_cannot_be_fitted_on_weights_says_why():
    data = people()
    with pytest.raises(ModelError, match=r"fit must take sample_weight.*KNeighborsClassifier does not"):
        train(Reweighing(), pipeline(data, KNeighborsClassifier()), data)
    function = auditkit.wrap(
        lambda inputs: np.where(inputs["income"] > 0, "approved", "denied"), classes=("denied", "approved")
    )
    with pytest.raises(ModelError, match=r"function model cannot be fitted anew.*threshold-optimizer"):
        train(Reweighing(), function, data)
    inner = LogisticRegression().fit(data.train.inputs[["income"]].to_numpy(), data.train.labels)
    behind = auditkit.wrap(inner, preprocess=lambda inputs: inputs[["income"]].to_numpy())
    with pytest.raises(ModelError, match="one Pipeline of both"):
        train(Reweighing(), behind, data)


def test_a_network_is_refused_with_the_reason():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(200, 3)).astype(np.float32)
    parts = {"labels": (inputs[:, 0] > 0).astype(int), "positive": 1, "groups": {"g": rng.choice(["a", "b"], 200)}}
    data = auditkit.AuditData(inputs, **parts, train=auditkit.AuditData(inputs, **parts))
    network = auditkit.wrap(torch.nn.Sequential(torch.nn.Linear(3, 2)), classes=(0, 1))
    with pytest.raises(ModelError, match="torch module is trained by a loop of its own"):
        train(Reweighing(), network, data)


def test_groups_without_enough_people_of_either_label_are_left_as_they_are():
    frame = table(1200)
    frame["sex"] = frame.sex.astype(object)
    frame.loc[frame.index[600:640], "sex"] = "X"
    frame.loc[frame.index[600:640], "answer"] = "denied"
    data = people(frame)
    parent = pipeline(data)
    trained = train(Reweighing(), parent, data)
    gap = next(measurement for measurement in trained.measurements if measurement.name == "violation_after")
    assert [(left.slice, left.reason) for left in gap.left_out] == [
        ({"sex": "X"}, "fewer than 10 people with a positive label")
    ]
    assert gap.validity == "valid"
    (pair, *_) = gap.pairs
    assert {pair.low.slice["sex"], pair.high.slice["sex"]} == {"F", "M"}
    assert pair.rate == "selection_rate" and pair.high.value - pair.low.value == pytest.approx(gap.value)
    assert pair.high.count / pair.high.n == pytest.approx(pair.high.value)
    assert any("Left as they were: sex=X" in note for note in trained.notes)
    context = Predictions(parent, data.train)
    from auditkit.plugins.fairness.mitigation.groups import split

    rows = split(context, "sex", "x")
    assert (weigh(rows)[2][rows.codes < 0] == 1).all() and (rows.codes < 0).sum() == 40
    alone = people(frame[frame.sex != "F"])
    with pytest.raises(DataError, match="1 of 2 have"):
        train(Reweighing(), parent, alone)


def test_a_hidden_group_appears_in_no_number():
    frame = table(1200)
    frame["sex"] = frame.sex.astype(object)
    for name, at in (("X", 600), ("Y", 606)):
        frame.loc[frame.index[at : at + 6], "sex"] = name
    data = people(frame)
    trained = train(Reweighing(), pipeline(data), data)
    assert all(row[0] in ("F", "M") for table in trained.tables for row in table.rows)
    gap = next(measurement for measurement in trained.measurements if measurement.name == "violation_after")
    assert gap.validity == "valid" and gap.n == 588
    assert any("fewer than 10 people" in note for note in trained.notes)


def test_no_group_is_left_out_for_the_sake_of_a_smaller_one():
    frame = table(1200)
    frame["sex"] = frame.sex.astype(object)
    frame.loc[frame.index[600:606], "sex"] = "X"
    frame.loc[frame.index[700:900], "sex"] = "Y"
    data = people(frame)
    assert [letter for letter in "FMYX" if data.train.cells.reason({"sex": letter})] == ["X"]
    trained = train(Reweighing(), pipeline(data), data)
    assert {"F", "M", "Y"} <= {row[0] for table in trained.tables for row in table.rows}
    assert all(row[0] != "X" for table in trained.tables for row in table.rows)
    gap = next(measurement for measurement in trained.measurements if measurement.name == "violation_after")
    assert gap.n == sum((data.train.groups["sex"] == letter).sum() for letter in "FMY")
    assert not any(note.startswith("Mitigated like the others") for note in trained.notes)


def test_a_group_that_has_rates_and_is_too_small_to_show_is_mitigated_and_not_shown():
    frame = table(1200)
    frame["sex"] = frame.sex.astype(object)
    frame.loc[frame.index[600:608], "sex"] = "X"
    frame.loc[frame.index[600:608], "answer"] = ["approved", "denied"] * 4
    data = people(frame, minimum_rate=3)
    trained = train(Reweighing(), pipeline(data), data)
    assert all(row[0] != "X" for table in trained.tables for row in table.rows)
    gap = next(measurement for measurement in trained.measurements if measurement.name == "violation_after")
    assert gap.n == 592 and [left.slice for left in gap.left_out] == [{"sex": "X"}]
    assert any(note.startswith("Mitigated like the others") and "X" in note for note in trained.notes)
    few = people(frame[frame.sex != "F"], minimum_rate=3)
    alone = train(Reweighing(), pipeline(few), few)
    gap = next(measurement for measurement in alone.measurements if measurement.name == "violation_after")
    assert gap.value is None and "fewer than two groups may be shown" in gap.reason
    assert failing(alone) == []


def test_a_missing_group_is_a_group():
    frame = table(1200)
    frame.loc[frame.index[600:800], "sex"] = None
    data = people(frame)
    trained = train(Reweighing(), pipeline(data), data)
    assert "(missing)" in [row[0] for table in trained.tables for row in table.rows]


def test_an_unknown_attribute_is_refused():
    data = people()
    parent = pipeline(data)
    with pytest.raises(ConfigError, match="did you mean 'sex'"):
        train(Reweighing(attribute="sexx"), parent, data)
