"""XGBoost and LightGBM models answer from memory and from files as the library does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import ModelError, ModelFileRejected
from auditkit.models import Capability, ModelOptions
from auditkit.plugins.models import load_model
from tests.plugins.models.tables import numbers, truth, wrapped

xgboost = pytest.importorskip("xgboost")
lightgbm = pytest.importorskip("lightgbm")

X = numbers()
Y = truth(X)
THREE = np.digitize(X[:, 0] + 0.3 * X[:, 1], [-0.5, 0.5])
FRAME = pd.DataFrame({"a": X[:, 0], "b": pd.Categorical(np.where(X[:, 1] > 0, "u", "v"))})


def lgbm(**options):
    return lightgbm.LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1, **options)


def xgb(**options):
    return xgboost.XGBClassifier(n_estimators=5, n_jobs=1, **options)


def opened(path, **options):
    model = load_model(path=path, options=ModelOptions(**options))
    assert model is not None
    return model


@pytest.mark.parametrize("make", [xgb, lgbm])
@pytest.mark.parametrize("labels", [Y, THREE], ids=["binary", "three"])
def test_wrappers(make, labels):
    estimator = make().fit(X, labels)
    model = wrapped(estimator)
    np.testing.assert_array_equal(model.predict(X), estimator.predict(X))
    np.testing.assert_allclose(model.probabilities(X), estimator.predict_proba(X))
    assert Capability.TREES in model.capabilities
    assert model.kind == type(estimator).__module__.partition(".")[0]


@pytest.mark.parametrize("make", [xgboost.XGBRegressor, lightgbm.LGBMRegressor])
def test_regressors(make):
    estimator = make(n_estimators=3, n_jobs=1).fit(X, X[:, 0])
    np.testing.assert_allclose(wrapped(estimator).scores(X), estimator.predict(X))


@pytest.mark.parametrize("ending", ["ubj", "json"])
@pytest.mark.parametrize("labels", [Y, THREE], ids=["binary", "three"])
def test_xgboost_files(tmp_path, ending, labels):
    estimator = xgb().fit(X, labels)
    estimator.save_model(tmp_path / f"m.{ending}")
    model = opened(tmp_path / f"m.{ending}")
    np.testing.assert_array_equal(model.predict(X), estimator.predict(X))
    np.testing.assert_allclose(model.probabilities(X), estimator.predict_proba(X))
    assert model.kind == "xgboost" and model.loaded == "XGBoost model file, no foreign code"
    assert opened(tmp_path / f"m.{ending}").fingerprint == model.fingerprint
    assert Capability.TREES in model.capabilities


@pytest.mark.parametrize("labels", [Y, THREE], ids=["binary", "three"])
def test_lightgbm_files(tmp_path, labels):
    estimator = lgbm().fit(X, labels)
    estimator.booster_.save_model(tmp_path / "m.txt")
    model = opened(tmp_path / "m.txt", classes=tuple(f"c{label}" for label in np.unique(labels)))
    np.testing.assert_array_equal(model.predict(X), [f"c{label}" for label in estimator.predict(X)])
    np.testing.assert_allclose(model.probabilities(X), estimator.predict_proba(X))
    live = wrapped(estimator.booster_, classes=model.classes)
    assert live.fingerprint == model.fingerprint and Capability.TREES in model.capabilities
    assert (Capability.SCORES in model.capabilities) == (model.task == "binary")


def test_lightgbm_regression_and_categories(tmp_path):
    estimator = lightgbm.LGBMRegressor(n_estimators=4, verbose=-1, n_jobs=1).fit(FRAME, X[:, 0])
    estimator.booster_.save_model(tmp_path / "m.txt")
    model = opened(tmp_path / "m.txt")
    np.testing.assert_allclose(model.scores(FRAME[["b", "a"]]), estimator.predict(FRAME))
    assert model.feature_names == ("a", "b")
    with pytest.raises(ModelError, match="fitted on; missing: 'b'"):
        model.answers(FRAME[["a"]])
    np.testing.assert_allclose(model.scores(FRAME.astype({"b": str})), estimator.predict(FRAME))
    with pytest.raises(ModelError, match="'a' was fitted as numbers, and holds 'much'"):
        model.answers(FRAME.assign(a="much"))


def test_xgboost_categories_are_no_trees_for_shap():
    estimator = xgb(enable_categorical=True).fit(FRAME, Y)
    model = wrapped(estimator.get_booster())
    np.testing.assert_allclose(model.probabilities(FRAME), estimator.predict_proba(FRAME))
    assert Capability.TREES not in model.capabilities and model.feature_names == ("a", "b")
    assert Capability.TREES not in wrapped(estimator).capabilities


def test_linear_boosters_are_no_trees():
    assert Capability.TREES not in wrapped(xgb(booster="gblinear").fit(X, Y)).capabilities
    linear = lgbm(linear_tree=True).fit(X, Y)
    assert Capability.TREES not in wrapped(linear).capabilities


@pytest.mark.parametrize("objective", ["binary:logistic", "multi:softmax", "multi:softprob", "reg:squarederror"])
def test_native_xgboost_objectives(objective):
    settings = {"objective": objective, "nthread": 1}
    if objective.startswith("multi"):
        settings["num_class"] = 3
    matrix = xgboost.DMatrix(X, THREE if objective.startswith("multi") else Y)
    booster = xgboost.train(settings, matrix, 4)
    model = wrapped(booster)
    native = booster.predict(matrix)
    if objective == "multi:softmax":
        np.testing.assert_array_equal(model.predict(X), native)
    elif objective == "multi:softprob":
        np.testing.assert_allclose(model.probabilities(X), native, rtol=1e-6)
    else:
        np.testing.assert_allclose(model.scores(X), native, rtol=1e-6)


def test_early_stopping_is_noted():
    estimator = xgboost.XGBClassifier(n_estimators=60, early_stopping_rounds=2, n_jobs=1, learning_rate=1.0)
    estimator.fit(X[:150], Y[:150], eval_set=[(X[150:], Y[150:])], verbose=False)
    model = wrapped(estimator.get_booster())
    np.testing.assert_allclose(model.probabilities(X), estimator.predict_proba(X))
    assert any("best_iteration" in note for note in model.notes)


def test_objectives_that_are_neither():
    hinge = xgboost.train({"objective": "binary:hinge"}, xgboost.DMatrix(X, Y), 2)
    with pytest.raises(ModelError, match=r"objective must be one of binary:logistic.*it is 'binary:hinge'"):
        wrapped(hinge)
    ranks = lightgbm.train(
        {"objective": "lambdarank", "verbosity": -1}, lightgbm.Dataset(X, Y, group=[100, 100, 100]), 2
    )
    with pytest.raises(ModelError, match="must be a classification or a regression; it is 'lambdarank"):
        wrapped(ranks)
    with pytest.raises(ModelError, match="classes must name the 2 classes; 3 were given"):
        wrapped(lgbm().fit(X, Y).booster_, classes="abc")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"learner": {"broken": ', "the xgboost file could not be opened"),
        (b"{L\x00\x00\x00\x00\x00\x00\x00\x07learner{L\xff", "the xgboost file could not be opened"),
        (b"tree\nversion=v4\nnothing=more\n", "the lightgbm file is damaged: its end mark is lacking"),
    ],
)
def test_broken_files(tmp_path, content, message, capfd):
    (tmp_path / "m.txt").write_bytes(content)
    with pytest.raises(ModelFileRejected, match=message):
        opened(tmp_path / "m.txt")
    assert capfd.readouterr().out == ""


def test_json_of_something_else(tmp_path):
    (tmp_path / "m.json").write_text('{"version": 3}')
    with pytest.raises(ModelFileRejected, match="a JSON file, but no XGBoost model"):
        opened(tmp_path / "m.json")
