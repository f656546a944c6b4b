"""Models of several outputs: one is audited, by its place or its name, as if it were alone."""

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import auditkit
from auditkit.errors import ModelError
from tests.plugins.models.tables import numbers, truth, wrapped

X = pd.DataFrame(numbers(), columns=list("abcd"))
CLASSES = np.column_stack([truth(X.to_numpy()), np.random.default_rng(0).integers(0, 3, len(X)), X["c"] > 0]).astype(
    int
)
NUMBERS = X[["a", "b"]].to_numpy() @ [[1.0, 3.0], [2.0, -1.0]]
CLASSIFIERS = {
    "MultiOutputClassifier": lambda: MultiOutputClassifier(LogisticRegression()),
    "in a Pipeline": lambda: make_pipeline(StandardScaler(), MultiOutputClassifier(LogisticRegression())),
    "a forest": lambda: RandomForestClassifier(5, random_state=0),
    "a forest in a Pipeline": lambda: make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=0)),
    "neighbours": lambda: KNeighborsClassifier(5),
}
REGRESSORS = {
    "MultiOutputRegressor": lambda: MultiOutputRegressor(LinearRegression()),
    "linear": LinearRegression,
    "a forest": lambda: RandomForestRegressor(5, random_state=0),
}


@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_output_of_a_classifier(kind, place):
    estimator = CLASSIFIERS[kind]().fit(X, CLASSES)
    model = wrapped(estimator, target=place)
    assert np.array_equal(model.predict(X), estimator.predict(X)[:, place])
    assert np.array_equal(model.probabilities(X), estimator.predict_proba(X)[place])
    assert model.task == ("multiclass" if place == 1 else "binary") and model.feature_names == ("a", "b", "c", "d")
    assert model.fingerprint != wrapped(estimator, target=(place + 1) % 3).fingerprint


@pytest.mark.parametrize("kind", REGRESSORS)
def test_one_output_of_a_regressor(kind):
    estimator = REGRESSORS[kind]().fit(X, NUMBERS)
    assert np.array_equal(wrapped(estimator, target="1").predict(X), estimator.predict(X)[:, 1])


def test_a_chain_is_asked_as_a_whole():
    chain = ClassifierChain(LogisticRegression()).fit(X, CLASSES[:, [0, 2]])
    model = wrapped(chain, target=1)
    assert np.allclose(model.scores(X), np.asarray(chain.predict_proba(X))[:, 1])
    assert np.array_equal(model.predict(X), chain.predict(X)[:, 1])


TOGETHER = {
    "a network": lambda: MLPClassifier((4,), max_iter=5, random_state=0),
    "one against the rest": lambda: OneVsRestClassifier(LogisticRegression()),
    "one against the rest in a Pipeline": lambda: make_pipeline(
        StandardScaler(), OneVsRestClassifier(LogisticRegression())
    ),
    "ridges": RidgeClassifier,
}


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("kind", TOGETHER)
def test_one_of_several_labels_that_were_fitted_together(kind):
    labels = np.column_stack([CLASSES[:, 0], CLASSES[:, 2], 1 - CLASSES[:, 0]])
    estimator = TOGETHER[kind]().fit(X, labels)
    with pytest.raises(ModelError, match=r"it has 3\. Name the one to audit"):
        wrapped(estimator)
    for place in range(3):
        model = wrapped(estimator, target=place)
        assert model.task == "binary" and np.array_equal(model.predict(X), estimator.predict(X)[:, place])
        if hasattr(estimator, "predict_proba"):
            assert np.allclose(model.scores(X), np.asarray(estimator.predict_proba(X))[:, place])


def test_what_one_output_is_made_of_keeps_what_it_can():
    forests = MultiOutputClassifier(RandomForestClassifier(5, random_state=0)).fit(X, CLASSES)
    assert "trees" in wrapped(forests, target=0).capabilities
    assert wrapped(RandomForestClassifier(5).fit(X, CLASSES), target=0).name == "RandomForestClassifier"


@pytest.mark.parametrize("make", [*CLASSIFIERS.values()], ids=[*CLASSIFIERS])
def test_without_a_name_nothing_is_guessed(make):
    estimator = make().fit(X, CLASSES)
    with pytest.raises(ModelError, match=r"it has 3\. Name the one to audit.*target = 0 under \[model\]") as refused:
        wrapped(estimator)
    assert refused.value.mend[0].setting == "model.target"
    with pytest.raises(ModelError, match="target must name one of the 3 outputs, 0, 1, 2; 3 was given"):
        wrapped(estimator, target=3)


@pytest.mark.parametrize("make", [*REGRESSORS.values()], ids=[*REGRESSORS])
def test_regressors_of_several_outputs_need_a_name(make):
    with pytest.raises(ModelError, match=r"it has 2\. Name the one to audit"):
        wrapped(make().fit(X, NUMBERS))


def several(rows):
    return np.column_stack([rows["a"], rows["b"] * 2])


FUNCTIONS = {
    "an array": (several, 1),
    "a table": (lambda rows: pd.DataFrame(several(rows), columns=["price", "time"]), "time"),
    "a dictionary": (lambda rows: {"price": rows["a"].to_numpy(), "time": rows["b"].to_numpy() * 2}, "time"),
    "a list": (lambda rows: [rows["a"].to_numpy(), rows["b"].to_numpy() * 2], 1),
}


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_one_output_of_a_function(kind):
    function, target = FUNCTIONS[kind]
    model = wrapped(function, task="regression", target=target)
    assert np.array_equal(model.predict(X), X["b"] * 2)
    assert model.fingerprint != wrapped(function, task="regression", target=0).fingerprint
    with pytest.raises(ModelError, match="target must name one of the 2 outputs"):
        wrapped(function, task="regression", target="size").predict(X)


def test_a_function_of_several_numbers_needs_a_name():
    with pytest.raises(ModelError, match=r"it has 2\. Name the one to audit"):
        wrapped(several, task="regression").predict(X)


def test_kinds_that_know_no_target_refuse_it():
    booster = lightgbm.LGBMClassifier(n_estimators=2, n_jobs=1, verbose=-1).fit(X, X["a"] > 0).booster_
    server = auditkit.Endpoint(url="http://host", response={"labels": "labels"})
    recorded = auditkit.AuditData.from_table(X.assign(y=X["a"] > 0, said=X["b"] > 0), label="y", decisions="said")
    for model in (booster, server, recorded):
        wrapped(model)
        with pytest.raises(ModelError, match=r"target is for models of several outputs, and this kind has one; 1 was"):
            wrapped(model, target=1)
