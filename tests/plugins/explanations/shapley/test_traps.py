"""What shap does silently or breaks on (S1 to S11), each with what is done in its place."""

import random
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from auditkit.data import AuditData
from auditkit.plugins.explanations.shapley import enumeration, methods
from auditkit.plugins.explanations.shapley.check import try_method
from auditkit.plugins.explanations.shapley.methods import attribute
from auditkit.plugins.explanations.shapley.parameters import ImportanceParameters
from auditkit.plugins.explanations.shared.attributions import Attributions, additivity_gap
from auditkit.plugins.explanations.shared.background import Background, draw_background
from auditkit.plugins.explanations.shared.case import Case
from auditkit.plugins.explanations.shared.outputs import explained_output
from auditkit.plugins.explanations.shared.trees import tree_values
from tests.plugins.explanations.brute import interventional
from tests.plugins.explanations.models import Estimator, Function, Network, context, controls, values

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 5))
SCORE = X[:, 0] + X[:, 1] * X[:, 2]
LABELS = {"binary": (SCORE > 0).astype(int), "multiclass": np.digitize(SCORE, [-0.7, 0.7])}


def explained(model, inputs=X, rows=5, seed=0, **parameters):
    """The attributions of a model, and what is noted about them."""
    audited = inputs[:rows] if isinstance(inputs, np.ndarray) else inputs.iloc[:rows]
    data = AuditData(audited, model.predict(audited) if model.classes else None, task=model.task)
    given = context(model, data, seed)
    output = explained_output(model, data, given.predictions)
    background = draw_background(AuditData(inputs, schema=data.schema, task=model.task), 50, np.random.default_rng(0))
    case = Case(data.codes(), background.codes, data.decode, output, as_fitted=model.as_fitted)
    attributions, _, notes = attribute(case, model, given, ImportanceParameters(**parameters))
    return case, attributions, notes


def tried(gap=0.0, rows=50):
    """Controls of attributions that miss the output by a share of its range, and of so many background rows."""
    outputs = np.linspace(0, 1, 20)
    attributions = Attributions(outputs[:, None] * (1 + gap), np.zeros(20), outputs, "score", "")
    return try_method(attributions, Background(np.zeros((rows, 1)), "audit data"))


def test_s1_and_s2_a_gap_over_one_percent_of_the_range_is_never_valid():
    result = tried(gap=0.02)
    assert values(result, "additivity_gap")[""] == pytest.approx(0.02)
    control = controls(result)["additivity"]
    assert control.holds is False and control.on_failure == "invalid"
    assert controls(tried(gap=0.005))["additivity"].holds is True


@pytest.mark.parametrize(
    ("model", "unit"),
    [(GradientBoostingClassifier(n_estimators=5), "log-odds"), (RandomForestClassifier(5), "probability")],
)
def test_s3_the_unit_is_said_and_is_that_of_the_numbers(model, unit):
    wrapped = Estimator(model.fit(X, LABELS["binary"]))
    _, attributions, _ = explained(wrapped)
    positive = wrapped.probabilities(X[:5])[:, 1]
    expected = np.log(positive / (1 - positive)) if unit == "log-odds" else positive
    assert attributions.unit == unit
    np.testing.assert_allclose(attributions.base + attributions.values.sum(axis=1), expected, atol=1e-7)


@pytest.mark.parametrize(
    ("model", "task", "outputs"),
    [
        (RandomForestClassifier(3), "binary", 2),
        (GradientBoostingClassifier(n_estimators=3), "binary", 1),
        (HistGradientBoostingClassifier(max_iter=3), "multiclass", 3),
    ],
    ids=lambda part: type(part).__name__,
)
def test_s4_values_have_one_shape(model, task, outputs):
    model.fit(X, LABELS[task])
    assert tree_values(model, X[:4], X[:9], lambda *given: None).shape == (4, 5, outputs)
    assert explained(Estimator(model))[1].values.shape == (5, 5)


@pytest.mark.parametrize(
    ("model", "task"),
    [
        (GradientBoostingClassifier(n_estimators=3), "multiclass"),
        (AdaBoostClassifier(n_estimators=3), "binary"),
        (HistGradientBoostingClassifier(categorical_features=[0], max_iter=3), "binary"),
    ],
    ids=["several classes", "AdaBoost", "categories"],
)
def test_s5_what_shap_cannot_read_is_asked_and_that_is_said(model, task):
    inputs = np.column_stack([np.digitize(X[:, 0], [0]), X[:, 1:]])
    case, attributions, notes = explained(Estimator(model.fit(inputs, LABELS[task])), inputs)
    assert "coalitions" in attributions.method and "Nothing is worked out from the model itself" in notes[0]
    truth = interventional(lambda z: case.ask(z, np.zeros(len(z), dtype=int)), case.x[0], case.background)
    np.testing.assert_allclose(attributions.values[0], truth, atol=1e-9)


def test_s6_a_pipeline_of_a_table_of_texts_is_explained():
    frame = pd.DataFrame({"colour": RNG.choice(["red", "blue"], 200), "size": RNG.choice(["s", "m", "l"], 200)})
    pipeline = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(frame, frame["colour"] == "red")
    names = pipeline[0].feature_names_in_.copy()
    _, attributions, _ = explained(Estimator(pipeline), frame)
    assert np.abs(attributions.values[:, 0]).min() > 1 > np.abs(attributions.values[:, 1]).max()
    assert (pipeline[0].feature_names_in_ == names).all()


def test_s7_no_feature_is_dropped(monkeypatch):
    monkeypatch.setattr(enumeration, "SECONDS", 0.0)
    inputs = RNG.normal(size=(60, 30))
    _, attributions, _ = explained(Function(lambda rows: rows.sum(axis=1)), inputs)
    assert (np.abs(attributions.values) > 1e-6).all()


def test_s8_equal_seeds_give_equal_values_and_global_generators_stay(monkeypatch):
    monkeypatch.setattr(enumeration, "SECONDS", 0.0)
    model = Function(lambda rows: np.prod(rows, axis=1))
    np.random.seed(3)
    random.seed(3)
    expected = np.random.RandomState(3).random(), random.Random(3).random()
    first, same_seed, other_seed = (explained(model, seed=seed)[1].values for seed in (1, 1, 2))
    assert (first == same_seed).all() and (first != other_seed).any()
    explained(Estimator(RandomForestClassifier(3, random_state=0).fit(X, LABELS["binary"])))
    assert (np.random.random(), random.random()) == expected


def test_s9_a_network_stays_in_its_mode_also_after_an_exception(monkeypatch):
    net = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Dropout(), torch.nn.Linear(4, 1))
    model = Network(net, "one logit")
    net.train()
    assert additivity_gap(explained(model)[1]) < 1e-5 and net.training and net[1].training

    def broken(*given):
        with model.module():
            raise RuntimeError("broken")

    monkeypatch.setattr(methods.first_layer, "is_the_model", broken)
    assert "first layer" not in explained(model)[1].method and net.training and net[1].training


def test_s10_few_background_rows_are_no_ground_and_all_are_on_record():
    control = controls(tried(rows=1))["background size"]
    assert control.holds is False and control.on_failure == "inconclusive"
    one, another = (Background(np.full((50, 1), number), "training split").note for number in (0.0, 1.0))
    assert "50 rows of the training split, SHA-256 " in one and one != another


def test_s11_the_error_of_sampling_is_measured(monkeypatch):
    model = Function(lambda rows: np.prod(rows, axis=1))
    assert explained(model)[1].errors is None
    monkeypatch.setattr(enumeration, "SECONDS", 0.0)
    with warnings.catch_warnings(action="error"):
        _, attributions, _ = explained(model)
    assert (attributions.errors > 0).all()
    result = try_method(attributions, Background(np.zeros((50, 5)), "audit data"))
    (measured,) = (one for one in result.measurements if one.name == "monte_carlo_error")
    assert measured.interval.low < measured.value < measured.interval.high and not measured.exact
