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
def test_values_are_those_of_shap_and_of_the_definition(model):
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


def test_each_tree_is_told_of():
    model, words = RandomForestRegressor(7, random_state=0).fit(X, Y), []
    tree_values(model, X[:2], X[:9], lambda done, total, what: words.append((done, total, what)))
    assert words == [(number, 7, "trees explained") for number in range(1, 8)]
