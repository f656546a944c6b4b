"""Which method is taken for which model, and that what is wanted is what is given."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from auditkit.data import AuditData
from auditkit.errors import TimeLimit
from auditkit.plugins.explanations.shapley import enumeration, methods
from auditkit.plugins.explanations.shapley.enumeration import enumerated
from auditkit.plugins.explanations.shapley.methods import attribute, factored
from auditkit.plugins.explanations.shapley.parameters import ImportanceParameters
from auditkit.plugins.explanations.shared.attributions import additivity_gap, sampling_error
from auditkit.plugins.explanations.shared.case import Case
from auditkit.plugins.explanations.shared.outputs import explained_output
from tests.plugins.explanations.models import Estimator, Function, Network, context

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 6))
LABELS = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)


def case_of(model, rows=6):
    labels = {"labels": LABELS[:rows], "positive": 1} if model.task == "binary" else {}
    data = AuditData(X[:rows], task=model.task, **labels)
    given = context(model, data)
    output = explained_output(model, data, given.predictions)
    return Case(data.codes(), X[100:150], data.decode, output, as_fitted=model.as_fitted), given


def solved(model, **parameters):
    case, given = case_of(model)
    return case, *attribute(case, model, given, ImportanceParameters(**parameters))


@pytest.fixture(scope="module")
def perceptron():
    steps = make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=30, random_state=0))
    with warnings.catch_warnings(action="ignore"):
        return Estimator(steps.fit(X, LABELS))


def network():
    torch.manual_seed(0)
    return Network(torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)), "one logit")


def test_a_perceptron_is_worked_out_in_its_first_layer(perceptron):
    case, attributions, level, why = solved(perceptron)
    assert "all 64 coalitions" in attributions.method and "first layer" in attributions.method and level == "model"
    assert attributions.unit == "probability" and attributions.errors is None and "no closed form" in why[0]
    expected = enumerated(case.ask, case.x, case.background)
    np.testing.assert_allclose(attributions.values, expected.values, atol=1e-9)


def test_a_network_is_worked_out_in_its_first_layer_and_left_as_found():
    model = network()
    model.net.train()
    case, attributions, _, _ = solved(model)
    assert "first layer" in attributions.method and model.net.training and not model.net[0]._forward_hooks
    expected = enumerated(case.ask, case.x, case.background)
    np.testing.assert_allclose(attributions.values, expected.values, atol=1e-6)


def test_an_estimator_that_does_not_give_the_models_answers_is_not_factored(perceptron):
    other = Estimator(perceptron.inside, shown=LogisticRegression().fit(X, LABELS))
    case, given = case_of(other)
    assert factored(case, other, given.rng) is None
    _, attributions, level, _ = solved(other)
    assert "first layer" not in attributions.method and level == "queries"


def test_columns_that_are_mixed_before_it_are_not_factored():
    mixed = Estimator(make_pipeline(PolynomialFeatures(), LogisticRegression(max_iter=500)).fit(X, LABELS))
    case, given = case_of(mixed)
    assert factored(case, mixed, given.rng) is None


def test_a_time_limit_is_no_reason_to_ask_the_model_instead(perceptron, monkeypatch):
    def late(*given):
        raise TimeLimit("late")

    monkeypatch.setattr(methods, "affine_model", late)
    case, given = case_of(perceptron)
    with pytest.raises(TimeLimit):
        factored(case, perceptron, given.rng)
    monkeypatch.setattr(methods, "affine_model", lambda model: 1 / 0)
    assert factored(case, perceptron, given.rng) is None


def test_answers_are_explained_where_they_are_wanted():
    line, forest = (Estimator(model.fit(X, LABELS)) for model in (LogisticRegression(), RandomForestClassifier(5)))
    margins, answers = solved(line)[1], solved(line, explain="answers")
    assert margins.unit == "log-odds" and answers[1].unit == "probability" and "log-odds" in answers[3][0]
    expected = enumerated(answers[0].ask, answers[0].x, answers[0].background)
    np.testing.assert_allclose(answers[1].values, expected.values, atol=1e-9)
    # a forest adds up probabilities
    assert "leaves of the trees" in solved(forest, explain="answers")[1].method


def parity(rows):
    return np.prod(np.sign(rows[:, :4]), axis=1) + rows[:, 0]


def test_pairs_are_added_until_the_error_is_as_wanted(monkeypatch):
    monkeypatch.setattr(enumeration, "SECONDS", 0.0)
    model = Function(parity)
    errors, pairs = [], []
    for wanted in (None, 0.02, 0.01, 1e-3):
        attributions = solved(model, error=wanted, most_permutations=40)[1]
        errors.append(sampling_error(attributions).value)
        pairs.append(int(attributions.method.split(", ")[1].split()[0]))
        assert additivity_gap(attributions) < 1e-9
    assert pairs[0] == 2 < pairs[1] < pairs[2] <= pairs[3] == 40
    assert errors[0] > 0.02 >= errors[1] > 0.01 >= errors[2] > errors[3] > 1e-3, "the ceiling is kept, and shows"
