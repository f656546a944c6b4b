"""Values of tree ensembles of each library are those of shap, and of the definition, to rounding."""

import warnings

import numpy as np
import pytest
from lightgbm import LGBMRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeRegressor
from xgboost import XGBRegressor

from auditkit.plugins.explanations.shared import trees
from auditkit.plugins.explanations.shared.trees import tree_values
from tests.plugins.explanations.brute import interventional

RNG = np.random.default_rng(5)
X = RNG.normal(size=(300, 6)).astype(np.float32).astype(np.float64)  # shap compares in float32
Y = X[:, 0] + X[:, 1] * X[:, 2] - np.abs(X[:, 3])
ENSEMBLES = [
    DecisionTreeRegressor(random_state=0),
    RandomForestRegressor(10, random_state=0),
    GradientBoostingRegressor(n_estimators=20, random_state=0),
    HistGradientBoostingRegressor(max_iter=20, min_samples_leaf=5),
    LGBMRegressor(n_estimators=20, verbose=-1, n_jobs=1, min_child_samples=5),
    XGBRegressor(n_estimators=20, n_jobs=1),
    RandomForestClassifier(10, random_state=0),
    ExtraTreesClassifier(10, random_state=0),
]


def quiet(done, total, what):
    """Progress that nobody reads."""


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("model", ENSEMBLES, ids=lambda model: type(model).__name__)
def test_values_are_those_of_shap_and_of_the_definition(model, monkeypatch):
    monkeypatch.setattr(trees, "PAIRS_OF_A_LEAF", 0)
    with warnings.catch_warnings(action="ignore"):
        import shap

    model.fit(X, Y if not hasattr(model, "predict_proba") else np.digitize(Y, [-1, 0.5]))
    x, background = X[:10], X[100:140]
    values = tree_values(model, x, background, quiet)
    explainer = shap.TreeExplainer(model, background, feature_perturbation="interventional")
    expected = np.asarray(explainer.shap_values(x, check_additivity=False)).reshape(values.shape)
    # values of data stand at thresholds of histogram boosting; shap puts some on the wrong side
    if not isinstance(model, HistGradientBoostingRegressor | LGBMRegressor):
        np.testing.assert_allclose(values, expected, atol=1e-7)
    last = values.shape[2] - 1
    asked = (lambda z: model.predict_proba(z)[:, last]) if last else model.predict
    # the arithmetic of XGBoost is in float32
    exact = 1e-6 if isinstance(model, XGBRegressor) else 1e-9
    for row in range(2):
        truth = interventional(asked, x[row], background)
        np.testing.assert_allclose(values[row, :, last], truth, atol=exact)


def test_boosting_that_stopped_early_answers_by_its_first_trees():
    model = XGBRegressor(n_estimators=60, learning_rate=1.0, early_stopping_rounds=3, n_jobs=1)
    model.fit(X[:150], Y[:150], eval_set=[(X[150:], Y[150:])], verbose=False)
    assert model.best_iteration < 50
    values = tree_values(model, X[:2], X[100:120], quiet)
    np.testing.assert_allclose(values[0, :, 0], interventional(model.predict, X[0], X[100:120]), atol=1e-5)


def test_each_tree_is_told_of(monkeypatch):
    monkeypatch.setattr(trees, "PAIRS_OF_A_LEAF", 0)
    model, words = RandomForestRegressor(7, random_state=0).fit(X, Y), []
    tree_values(model, X[:2], X[:9], lambda done, total, what: words.append((done, total, what)))
    assert words == [(number, 7, "trees explained") for number in range(1, 8)]


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("model", ENSEMBLES, ids=lambda model: type(model).__name__)
def test_where_leaves_are_many_shap_walks_them_to_the_same_values(model, monkeypatch):
    """Also where data stands at thresholds, and is missing."""
    inputs = np.where(RNG.random(X.shape) < 0.1, np.nan, X) if "Hist" in type(model).__name__ else X
    model.fit(inputs, Y if not hasattr(model, "predict_proba") else np.digitize(Y, [-1, 0.5]))
    owners, words = np.array([3, 0, 5, 1, 4, 2]), []
    given = model, inputs[:5], inputs[100:120]
    monkeypatch.setattr(trees, "PAIRS_OF_A_LEAF", 0)
    by_leaves = tree_values(*given, quiet, owners, 7)
    monkeypatch.setattr(trees, "PAIRS_OF_A_LEAF", 10**9)
    by_shap = tree_values(*given, lambda *word: words.append(word[2]), owners, 7)
    assert words == ["rows explained"] and by_shap.shape == by_leaves.shape
    np.testing.assert_allclose(by_shap, by_leaves, atol=1e-7)


def test_columns_that_are_made_of_one_are_never_left_to_shap(monkeypatch):
    monkeypatch.setattr(trees, "PAIRS_OF_A_LEAF", 10**9)
    model, words = RandomForestRegressor(2, random_state=0).fit(X, Y), []
    tree_values(model, X[:2], X[:9], lambda *word: words.append(word[2]), np.array([0, 0, 1, 2, 3, 4]), 5)
    assert words == ["trees explained"] * 2
