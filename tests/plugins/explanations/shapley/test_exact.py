"""Exact Shapley values of trees and linear models are those of the definition, or a reason says why there are none."""

import dataclasses
import random
import warnings

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor
from xgboost import XGBClassifier, XGBRegressor

from auditkit.data import AuditData
from auditkit.plugins.explanations.shapley import exact
from auditkit.plugins.explanations.shapley.enumeration import enumerated
from auditkit.plugins.explanations.shapley.exact import exact_attributions, linear_values, margin
from auditkit.plugins.explanations.shared.attributions import additivity_gap
from auditkit.plugins.explanations.shared.case import Case
from auditkit.plugins.explanations.shared.outputs import Output
from auditkit.plugins.explanations.shared.trees import tree_values
from tests.plugins.explanations.brute import interventional
from tests.plugins.explanations.models import binary_table, published

RNG = np.random.default_rng(5)
X = RNG.normal(size=(300, 5))
SCORE = X[:, 0] + X[:, 1] * X[:, 2] - np.abs(X[:, 3])
LABELS = {
    "binary": (SCORE > -0.5).astype(int),
    "multiclass": np.digitize(SCORE, [-1, 0.3]),
    "numbers": np.exp(SCORE / 2),
}


def case(model, x=X[:12], background=X[100:130]):
    if hasattr(model, "predict_proba"):
        answers = model.predict_proba(x)
        target = np.ones(len(x), int) if answers.shape[1] == 2 else answers.argmax(axis=1)
        return Case(x, background, lambda codes: codes, Output(model.predict_proba, answers, target, "probability", ""))
    answers = model.predict(x).astype(float)[:, None]
    zeros = np.zeros(len(x), int)
    output = Output(lambda z: model.predict(z)[:, None], answers, zeros, "prediction", "")
    return Case(x, background, lambda codes: codes, output)


MODELS = [
    (LogisticRegression(), "binary", "log-odds"),
    (LogisticRegression(), "multiclass", "centred log-probability"),
    (Ridge(), "numbers", "prediction"),
    (PoissonRegressor(), "numbers", "log prediction"),
    (RandomForestClassifier(8, max_depth=4, random_state=0), "binary", "probability"),
    (RandomForestClassifier(8, max_depth=4, random_state=0), "multiclass", "probability"),
    (ExtraTreesRegressor(8, max_depth=5, random_state=0), "numbers", "prediction"),
    (GradientBoostingClassifier(n_estimators=8, random_state=0), "binary", "log-odds"),
    (HistGradientBoostingClassifier(max_iter=15), "binary", "log-odds"),
    (HistGradientBoostingClassifier(max_iter=15), "multiclass", "centred log-probability"),
    (HistGradientBoostingRegressor(max_iter=15, loss="poisson"), "numbers", "log prediction"),
    (XGBClassifier(n_estimators=8, n_jobs=1), "binary", "log-odds"),
    (XGBClassifier(n_estimators=8, n_jobs=1), "multiclass", "centred log-probability"),
    (XGBRegressor(n_estimators=8, n_jobs=1), "numbers", "prediction"),
    (LGBMClassifier(n_estimators=8, verbose=-1, n_jobs=1), "binary", "log-odds"),
    (LGBMClassifier(n_estimators=8, verbose=-1, n_jobs=1), "multiclass", "centred log-probability"),
    (LGBMRegressor(n_estimators=8, verbose=-1, n_jobs=1), "numbers", "prediction"),
    (SVR(), "numbers", "prediction"),
]


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")  # LightGBM names the columns of arrays itself
@pytest.mark.parametrize(
    ("model", "task", "unit"),
    MODELS,
    ids=lambda case_field: case_field if isinstance(case_field, str) else type(case_field).__name__,
)
def test_exact_values_equal_the_definition(model, task, unit):
    model.fit(X, LABELS[task])
    explained = case(model)
    attributions = exact_attributions(explained, model, np.random.default_rng(0))
    assert not isinstance(attributions, str), attributions
    assert attributions.unit == unit
    assert attributions.errors is None
    assert additivity_gap(attributions) < 1e-5

    def explained_output(z, row):
        margins = margin(model, z)
        if unit == "centred log-probability":
            margins = margins - margins.mean(axis=1, keepdims=True)
        return margins[:, explained.output.target[row] if margins.shape[1] > 1 else 0]

    for row in range(4):
        truth = interventional(lambda z, row=row: explained_output(z, row), explained.x[row], explained.background)
        assert attributions.values[row] == pytest.approx(truth, abs=1e-5)


@pytest.mark.parametrize("model", [LogisticRegression(), HistGradientBoostingClassifier(max_iter=15)])
def test_of_three_classes_a_model_is_asked_in_the_unit_of_its_attributions(model):
    model.fit(X, LABELS["multiclass"])
    explained = case(model)
    attributions = exact_attributions(explained, model, np.random.default_rng(0))
    asked = explained.ask_in(attributions.unit, explained.x, np.arange(len(explained.x)))
    assert asked == pytest.approx(attributions.outputs, abs=1e-6)
    assert not np.allclose(asked, explained.ask(explained.x, np.arange(len(explained.x))), atol=0.1)


def test_the_explained_output_is_the_models_own_in_the_stated_unit():
    model = GradientBoostingClassifier(n_estimators=20, random_state=0).fit(X, LABELS["binary"])
    attributions = exact_attributions(case(model), model, np.random.default_rng(0))
    p = model.predict_proba(X[:12])[:, 1]
    assert attributions.outputs == pytest.approx(np.log(p / (1 - p)))
    assert attributions.base + attributions.values.sum(axis=1) == pytest.approx(np.log(p / (1 - p)), abs=1e-6)


def test_the_other_class_gets_the_opposite_values():
    model = GradientBoostingClassifier(n_estimators=20, random_state=0).fit(X, LABELS["binary"])
    target = case(model)
    turned = dataclasses.replace(target.output, target=1 - target.output.target)
    other = Case(target.x, target.background, target.decode, turned)
    of_target, of_other = (exact_attributions(either, model, np.random.default_rng(0)) for either in (target, other))
    assert of_target.values == pytest.approx(-of_other.values) and of_target.base == pytest.approx(-of_other.base)


def test_the_published_tree():
    record = published("and_tree_80")
    x = np.array(record["X"], float)
    tree = DecisionTreeRegressor(max_depth=2, random_state=0).fit(x, record["y"])
    values = tree_values(tree, x, x, Case.progress)[:, :, 0]
    assert values == pytest.approx(np.array(record["shapley"]), abs=record["tol"])


def test_linear_values_by_hand():
    line = Ridge(alpha=0)
    line.coef_, line.intercept_ = np.array([2.0, -1.0]), 7.0
    values = linear_values(line, np.array([[3.0, 4.0]]), np.array([[0.0, 0.0], [2.0, 2.0]]))
    assert values[0, :, 0].tolist() == [4.0, -3.0]


def test_a_value_on_a_threshold_goes_the_way_the_model_sends_it():
    """shap alone misses the output by most of its range here, for it compares in float32."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

    x = np.random.default_rng(0).normal(size=(400, 6))
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    model = HistGradientBoostingClassifier(max_iter=20).fit(x, y)
    explained = case(model, x[100:150], x[:60])
    attributions = exact_attributions(explained, model, np.random.default_rng(0))
    assert additivity_gap(attributions) < 1e-6
    alone = shap.TreeExplainer(model, x[:60], feature_perturbation="interventional")
    values = alone.shap_values(x[100:150], check_additivity=False)
    missed = np.abs(values.sum(axis=1) + attributions.base - model.decision_function(x[100:150])).max()
    assert missed > 1e-3, "where shap has mended this, the ranks may go"


def test_missing_values_in_trees():
    x = X.copy()
    x[RNG.random(x.shape) < 0.15] = np.nan
    model = HistGradientBoostingClassifier(max_iter=15).fit(x, LABELS["binary"])
    explained = case(model, x[:6], x[100:120])
    attributions = exact_attributions(explained, model, np.random.default_rng(0))
    for row in range(3):
        truth = interventional(model.decision_function, explained.x[row], explained.background)
        assert attributions.values[row] == pytest.approx(truth, abs=1e-6)


def frame_case(model, data, rows=20):
    codes = data.codes()
    answers = model.predict_proba(data.inputs)[:rows]
    target = np.ones(rows, int)
    output = Output(model.predict_proba, answers, target, "probability", "")
    return Case(codes[:rows], codes[50:110], data.decode, output)


FRAME, TRUTH = binary_table()
TEXTS, NUMBERS = ["region", "sex"], ["income", "tenure", "noise", "owner"]


def pipeline(encoder, final):
    before = ColumnTransformer([("texts", encoder, TEXTS), ("numbers", StandardScaler(), NUMBERS)])
    return make_pipeline(before, final).fit(FRAME, TRUTH)


def test_one_hot_and_linear_is_exact_on_the_original_columns():
    model = pipeline(OneHotEncoder(), LogisticRegression())
    explained = frame_case(model, AuditData(FRAME))
    attributions = exact_attributions(explained, model, np.random.default_rng(0))
    assert attributions.values.shape == (20, 6) and attributions.unit == "log-odds"
    truth = enumerated(
        lambda z, rows: model.decision_function(explained.decode(z)), explained.x[:2], explained.background
    )
    assert attributions.values[:2] == pytest.approx(truth.values, abs=1e-9)


def test_ordinal_and_trees_is_exact_on_the_original_columns():
    model = pipeline(OrdinalEncoder(), HistGradientBoostingClassifier(max_iter=10))
    explained = frame_case(model, AuditData(FRAME))
    attributions = exact_attributions(explained, model, np.random.default_rng(0))
    assert "leaves of the trees" in attributions.method
    truth = enumerated(
        lambda z, rows: model.decision_function(explained.decode(z)), explained.x[:1], explained.background
    )
    assert attributions.values[0] == pytest.approx(truth.values[0], abs=1e-9)


@pytest.mark.parametrize(
    "final",
    [
        RandomForestClassifier(10, random_state=0),
        GradientBoostingClassifier(n_estimators=15, random_state=0),
        HistGradientBoostingClassifier(max_iter=15, min_samples_leaf=5),
        LGBMClassifier(n_estimators=15, verbose=-1, n_jobs=1, min_child_samples=5),
    ],
    ids=lambda final: type(final).__name__,
)
def test_one_hot_and_trees_is_exact_on_the_original_columns(final):
    """The group's own game: the columns that an encoder makes of one are in a coalition together."""
    model = pipeline(OneHotEncoder(sparse_output=False), final)
    explained = frame_case(model, AuditData(FRAME))
    with warnings.catch_warnings(action="ignore"):  # LightGBM misses the names of columns
        attributions = exact_attributions(explained, model, np.random.default_rng(0))
        assert attributions.values.shape == (20, 6) and attributions.errors is None
        truth = enumerated(
            lambda z, rows: margin(model[-1], model[:-1].transform(explained.decode(z)))[:, -1],
            explained.x[:2], explained.background,
        )  # fmt: skip
    assert attributions.values[:2] == pytest.approx(truth.values, abs=1e-9)


MIXING = (StandardScaler(), PolynomialFeatures())


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (lambda: pipeline(OneHotEncoder(), AdaBoostClassifier(n_estimators=3)), "InvalidModelError"),
        (lambda: make_pipeline(*MIXING, LogisticRegression()).fit(FRAME[["income", "tenure"]], TRUTH), "mixes columns"),
    ],
)
def test_why_not_exact(model, says):
    fitted = model()
    data = AuditData(FRAME[list(fitted.feature_names_in_)])
    assert says in exact_attributions(frame_case(fitted, data), fitted, np.random.default_rng(0))


def test_an_estimator_that_is_not_the_model_is_not_explained():
    shown, real = (LogisticRegression().fit(X[:, :5], y) for y in (LABELS["binary"], 1 - LABELS["binary"]))
    assert "no known function" in exact_attributions(case(real), shown, np.random.default_rng(0))


def test_unsupported_ensembles_and_strangers_are_said():
    model = AdaBoostClassifier(n_estimators=3).fit(X, LABELS["binary"])
    assert "InvalidModelError" in exact_attributions(case(model), model, np.random.default_rng(0))
    assert "neither linear" in exact_attributions(case(model), object(), np.random.default_rng(0))
    assert "does not show" in exact_attributions(case(model), None, np.random.default_rng(0))


def test_categories_in_trees_are_not_explained_as_numbers():
    frame = FRAME.assign(**{name: FRAME[name].astype("category") for name in TEXTS})
    model = LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1, min_child_samples=5).fit(frame, TRUTH)
    assert isinstance(exact_attributions(frame_case(model, AuditData(frame)), model, np.random.default_rng(0)), str)
    codes = np.column_stack([pd.Categorical(FRAME[name]).codes for name in TEXTS] + [FRAME.income])
    native = HistGradientBoostingClassifier(categorical_features=[0, 1], max_iter=5).fit(codes, TRUTH)
    assert "categories" in exact_attributions(case(native, codes[:9], codes[20:80]), native, np.random.default_rng(0))


def test_a_broken_tree_explainer_is_not_believed(monkeypatch):
    model = RandomForestClassifier(5, random_state=0).fit(X, LABELS["binary"])
    right = exact.tree_values
    monkeypatch.setattr(exact, "tree_values", lambda *given: right(*given) * 1.2)
    assert "missed the model's output by" in exact_attributions(case(model), model, np.random.default_rng(0))


def test_global_random_states_stay():
    np.random.seed(3)
    random.seed(3)
    expected = np.random.RandomState(3).random(), random.Random(3).random()
    model = RandomForestClassifier(5, random_state=0).fit(X, LABELS["binary"])
    exact_attributions(case(model), model, np.random.default_rng(0))
    assert (np.random.random(), random.random()) == expected


def test_a_time_limit_is_no_reason_to_sample_instead():
    from auditkit.errors import TimeLimit

    def late(done, total, what):
        raise TimeLimit("late")

    model = RandomForestClassifier(5, random_state=0).fit(X, LABELS["binary"])
    with pytest.raises(TimeLimit):
        exact_attributions(dataclasses.replace(case(model), progress=late), model, np.random.default_rng(0))


def test_without_shap_the_reason_says_how_to_install_it(monkeypatch):
    from auditkit.errors import MissingExtra

    def absent(module, extra):
        raise MissingExtra(f"install it with: pip install 'auditkit-rai[{extra}]'")

    monkeypatch.setattr("auditkit.plugins.explanations.shared.trees.require", absent)
    model = RandomForestClassifier(5, random_state=0).fit(X, LABELS["binary"])
    assert "auditkit-rai[shap]" in exact_attributions(case(model), model, np.random.default_rng(0))
