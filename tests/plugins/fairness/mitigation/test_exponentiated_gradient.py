"""Exponentiated gradient decides as fairlearn's does, keeps its bound, and says what it costs."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pytest
from fairlearn.reductions import DemographicParity, EqualizedOdds, ExponentiatedGradient as Fairlearn
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from auditkit.checks import Context
from auditkit.errors import ModelError, TimeLimit
from auditkit.plugins.fairness.mitigation.exponentiated_gradient import ExponentiatedGradient, _member
from auditkit.plugins.fairness.mitigation.groups import CONSTRAINTS, from_overall, shares, split as split_rows
from auditkit.plugins.fairness.mitigation.randomized_model import Draw, MixtureModel
from auditkit.predictions import Predictions
from tests.plugins.fairness.mitigation.people import failing, people, pipeline, table, train, value


@pytest.mark.parametrize(("constraint", "moment"), [("demographic_parity", DemographicParity), ("equalized_odds", EqualizedOdds)])  # fmt: skip # noqa: E501
def test_the_chances_are_those_of_fairlearn(constraint, moment):
    data = people(table(800))
    parent = pipeline(data)
    trained = train(ExponentiatedGradient(constraint=constraint, max_iter=8), parent, data)
    # fairlearn on plain numbers, with the labels that it wants
    rows, names = data.train, parent.estimator()[0]
    peer = Fairlearn(LogisticRegression(), moment(difference_bound=0.01), eps=0.01, max_iter=8)
    outcomes = (rows.labels == "approved").astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fairlearn, about pandas
        peer.fit(names.transform(rows.inputs), outcomes, sensitive_features=rows.groups["sex"])
    for part in (rows, data):
        expected = peer._pmf_predict(names.transform(part.inputs))[:, 1]
        assert trained.model.chances(part.inputs) == pytest.approx(expected, abs=1e-6)
    assert value(trained, "best_gap") == pytest.approx(peer.best_gap_, abs=1e-6)
    assert value(trained, "fits") == peer.n_oracle_calls_
    assert value(trained, "members") == (peer.weights_ > 1e-12).sum()


def test_the_bound_is_kept_the_cost_is_said_and_the_parent_is_as_it_was():
    data = people()
    parent = pipeline(data)
    before = parent.fingerprint
    trained = train(ExponentiatedGradient(max_iter=15, difference_bound=0.02), parent, data)
    assert parent.fingerprint == before
    assert failing(trained) == []
    assert value(trained, "violation_before") > 0.2 and value(trained, "expected_violation") < 0.06
    assert value(trained, "violation_after") < 0.08
    assert {measurement.name for measurement in trained.measurements} == set(ExponentiatedGradient.definitions)
    assert set(trained.model.predict(data.inputs)) == {"approved", "denied"}
    again = train(ExponentiatedGradient(max_iter=15, difference_bound=0.02), parent, data)
    assert again.model.fingerprint == trained.model.fingerprint
    members = next(table for table in trained.tables if table.name == "members")
    assert sum(row[1] for row in members.rows) == pytest.approx(1)


def test_the_same_person_gets_the_same_decision():
    data = people()
    model = train(ExponentiatedGradient(max_iter=6), pipeline(data), data).model
    decisions, chance = model.predict(data.inputs), model.chances(data.inputs)
    assert ((chance > 0) & (chance < 1)).any()
    order = np.random.default_rng(1).permutation(len(data))
    assert (model.predict(data.inputs.iloc[order]) == decisions[order]).all()
    assert (decisions[chance == 1] == "approved").all() and (decisions[chance == 0] == "denied").all()


def test_a_search_that_ends_too_early_says_so():
    data = people(table(600))
    trained = train(ExponentiatedGradient(max_iter=1, difference_bound=0.001, nu=1e-9), pipeline(data), data)
    assert "converged" in failing(trained)
    control = next(control for control in trained.controls if control.name == "converged")
    assert control.on_failure == "note" and "ended at iteration 1 with" in control.reason


def test_members_that_decide_alike_about_everybody_count_with_their_share():
    data = people(table(400))
    parent = pipeline(data)
    at = parent.classes.index("approved")
    always = DummyClassifier(strategy="constant", constant=1)
    model = MixtureModel(parent, at, Draw.of(data, 0), (parent, _member(always), 0), (0.5, 0.3, 0.2))
    selected = parent.predict(data.inputs) == "approved"
    assert model.chances(data.inputs) == pytest.approx(0.3 + 0.5 * selected)
    turned = MixtureModel(parent, at, Draw.of(data, 0), (parent, 0, _member(always)), (0.5, 0.3, 0.2))
    assert model.fingerprint != turned.fingerprint


def test_the_time_limit_ends_it():
    data = people()
    parent = pipeline(data)
    context = Context(
        rng=np.random.default_rng(0), predictions=Predictions(parent, data.train), deadline=time.monotonic() - 1
    )
    with pytest.raises(TimeLimit):
        ExponentiatedGradient().train(parent, data.train, context)


def test_an_estimator_without_weights_is_refused():
    data = people()
    with pytest.raises(ModelError, match="sample_weight"):
        train(ExponentiatedGradient(), pipeline(data, KNeighborsClassifier()), data)


def test_a_group_left_out_is_constrained_with_others_and_named():
    frame = table(1000)
    frame["sex"] = frame.sex.astype(object)
    frame.loc[frame.index[600:605], "sex"] = "X"
    data = people(frame)
    trained = train(ExponentiatedGradient(max_iter=5), pipeline(data), data)
    assert any(note.startswith("Left as they were: sex=X (fewer than 10 people") for note in trained.notes)


def test_rates_by_hand_and_against_masks():
    data = people()
    parent = pipeline(data)
    rows = split_rows(Predictions(parent, data.train), "sex", "x")
    chance = rows.selected.astype(float)
    women = data.train.groups["sex"] == "F"
    good, chosen = data.train.labels == "approved", parent.predict(data.train.inputs) == "approved"
    rates = {
        "demographic_parity": [chosen[women].mean()],
        "equalized_odds": [chosen[women & good].mean(), chosen[women & ~good].mean()],
        "true_positive_rate_parity": [chosen[women & good].mean()],
        "false_positive_rate_parity": [chosen[women & ~good].mean()],
        "true_negative_rate_parity": [(~chosen)[women & ~good].mean()],
        "false_negative_rate_parity": [(~chosen)[women & good].mean()],
        "error_rate_parity": [(chosen == good)[women].mean()],
    }
    assert set(rates) == set(CONSTRAINTS)
    for constraint, by_hand in rates.items():
        assert [part.rates[0] for part in shares(constraint, chance, rows)] == pytest.approx(by_hand)
    moment = DemographicParity(difference_bound=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fairlearn, about pandas
        moment.load_data(np.zeros((len(good), 1)), good.astype(int), sensitive_features=rows.codes)
    expected = moment.gamma(lambda _: chance).abs().max()
    assert from_overall("demographic_parity", chance, rows.outcomes, rows.codes) == pytest.approx(expected)
