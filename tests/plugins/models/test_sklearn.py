"""Estimators of scikit-learn answer as they do without auditkit, whatever their inputs and options."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as some
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.cluster import KMeans
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from auditkit.data import AuditData
from auditkit.errors import CapabilityError, ModelError
from auditkit.models import Capability
from auditkit.predictions import Predictions
from tests.plugins.models.tables import numbers, people, people_pipeline, truth, wrapped

X = numbers()
Y = truth(X)
THREE = np.digitize(X[:, 0] + 0.3 * X[:, 1], [-0.5, 0.5])


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        RandomForestClassifier(12, random_state=0),
        HistGradientBoostingClassifier(max_iter=8),
        GaussianNB(),
        KNeighborsClassifier(4),
        DecisionTreeClassifier(max_depth=3),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("labels", [Y, THREE], ids=["binary", "three"])
def test_answers_are_the_estimators_own(estimator, labels):
    estimator.fit(X, labels)
    model = wrapped(estimator)
    answers = model.answers(X)
    np.testing.assert_array_equal(answers.labels, estimator.predict(X))
    np.testing.assert_allclose(answers.probabilities, estimator.predict_proba(X))
    assert model.classes == tuple(np.unique(labels))
    assert {Capability.QUERIES, Capability.PROBABILITIES} <= model.capabilities
    if model.task == "binary":
        np.testing.assert_array_equal(answers.scores, estimator.predict_proba(X)[:, 1])
    else:
        assert answers.scores is None and Capability.SCORES not in model.capabilities


def test_batches_change_nothing():
    estimator = RandomForestClassifier(12, random_state=0).fit(X, Y)
    whole, parts = wrapped(estimator).answers(X), wrapped(estimator, batch=7).answers(X)
    for at_once, in_batches in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(at_once, in_batches)


def test_pipeline_on_text_categories_in_any_column_order():
    frame, labels = people()
    pipeline = people_pipeline(frame, labels)
    model = wrapped(pipeline)
    shuffled = frame.assign(extra=1)[["hours", "extra", "job", "age"]]
    np.testing.assert_array_equal(model.predict(shuffled), pipeline.predict(frame))
    assert model.classes == ("no", "yes") and model.positive == "yes"


def test_missing_column_is_named():
    frame, labels = people()
    model = wrapped(people_pipeline(frame, labels))
    with pytest.raises(ModelError, match=r"missing: 'job'; .*Given: 'age', 'hours'"):
        model.answers(frame.drop(columns="job"))


def test_estimator_fitted_on_names_takes_arrays_and_the_reverse():
    frame = pd.DataFrame(X, columns=list("abcd"))
    named, bare = LogisticRegression().fit(frame, Y), LogisticRegression().fit(X, Y)
    np.testing.assert_array_equal(wrapped(named).predict(X), named.predict(frame))
    np.testing.assert_array_equal(wrapped(bare).predict(frame), bare.predict(X))
    with pytest.raises(ModelError, match="must have the 4 columns that the model was fitted on; they have 3"):
        wrapped(named).answers(X[:, :3])


@pytest.mark.parametrize(
    "estimator",
    [
        FixedThresholdClassifier(LogisticRegression(), threshold=0.8),
        TunedThresholdClassifierCV(LogisticRegression(), scoring="recall", random_state=0),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("batch", [1, 16, 4096])
def test_decisions_are_those_of_predict(estimator, batch):
    estimator.fit(X, Y)
    model = wrapped(estimator, batch=batch)
    np.testing.assert_array_equal(model.predict(X), estimator.predict(X))
    assert (estimator.predict(X) != np.argmax(estimator.predict_proba(X), axis=1)).any()
    assert any("decisions come from predict" in note for note in model.notes)


class Cut(ClassifierMixin, BaseEstimator):
    """Decides at a cut that is not one half; counts what it is asked."""

    def __init__(self, cut):
        self.cut = cut

    def fit(self, inputs, labels):
        self.classes_ = np.array([0, 1])
        self.asked = 0
        return self

    def predict_proba(self, inputs):
        return np.column_stack([1 - inputs[:, 0], inputs[:, 0]])

    def predict(self, inputs):
        self.asked += len(inputs)
        return (inputs[:, 0] >= self.cut).astype(int)


@given(cut=some.floats(0, 1), values=some.lists(some.floats(0, 1), min_size=1, max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_cut_of_the_estimators_own_is_found(cut, values):
    inputs = np.array(values)[:, None]
    estimator = Cut(cut).fit(inputs, None)
    np.testing.assert_array_equal(wrapped(estimator).predict(inputs), estimator.predict(inputs))


def test_one_pass_where_the_largest_probability_decides():
    inputs = np.linspace(0, 1, 2000)[:, None]
    estimator = Cut(0.5).fit(inputs, None)
    wrapped(estimator).answers(inputs[inputs[:, 0] != 0.5])
    assert estimator.asked <= 64


def test_threshold():
    estimator = LogisticRegression().fit(X, Y)
    model = wrapped(estimator, threshold=0.3)
    np.testing.assert_array_equal(model.predict(X), (estimator.predict_proba(X)[:, 1] >= 0.3).astype(int))
    turned = wrapped(estimator, threshold=0.3, positive=0)
    np.testing.assert_array_equal(turned.predict(X), np.where(estimator.predict_proba(X)[:, 0] >= 0.3, 0, 1))
    np.testing.assert_array_equal(turned.scores(X), estimator.predict_proba(X)[:, 0])


def test_decisions_only_with_scores_of_the_decision_function():
    estimator = SVC().fit(X, Y)
    model = wrapped(estimator)
    answers = model.answers(X)
    np.testing.assert_array_equal(answers.labels, estimator.predict(X))
    np.testing.assert_allclose(answers.scores, estimator.decision_function(X))
    assert answers.probabilities is None and Capability.PROBABILITIES not in model.capabilities
    assert any("uncalibrated" in note for note in model.notes)
    np.testing.assert_allclose(wrapped(estimator, positive=0).scores(X), -estimator.decision_function(X))
    above = wrapped(estimator, threshold=0.4).predict(X)
    np.testing.assert_array_equal(above, (estimator.decision_function(X) >= 0.4).astype(int))
    with pytest.raises(CapabilityError, match="gives no probabilities"):
        model.probabilities(X)


@pytest.mark.parametrize("positive", [0, 1])
def test_scores_are_of_the_class_that_is_positive_in_the_data(positive):
    estimator = SVC().fit(X, Y)
    answers = Predictions(wrapped(estimator), AuditData(X, Y, positive=positive))
    sign = 1 if positive == 1 else -1
    np.testing.assert_allclose(answers.scores, sign * estimator.decision_function(X))
    np.testing.assert_array_equal(answers.scores > 0, answers.selected)


def test_decisions_only_of_three_classes():
    model = wrapped(LinearSVC().fit(X, THREE))
    assert model.capabilities == {Capability.QUERIES}
    assert set(model.predict(X)) == {0, 1, 2}


def test_threshold_without_scores_is_refused():
    class Bare(ClassifierMixin, BaseEstimator):
        def fit(self, inputs, labels):
            self.classes_ = np.array([0, 1])
            return self

        def predict(self, inputs):
            return np.zeros(len(inputs), int)

    with pytest.raises(ModelError, match="threshold needs scores; a Bare gives decisions only"):
        wrapped(Bare().fit(X, Y), threshold=0.2)
    assert wrapped(Bare().fit(X, Y)).answers(X).scores is None


def test_regressor():
    estimator = LinearRegression().fit(X, X[:, 0] * 2)
    model = wrapped(estimator)
    answers = model.answers(X)
    np.testing.assert_allclose(answers.labels, X[:, 0] * 2, atol=1e-12)
    assert model.task == "regression" and answers.probabilities is None
    assert Capability.SCORES in model.capabilities


def test_texts():
    texts = ["good film", "bad film", "good plot", "bad plot"] * 5
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0] * 5)
    model = wrapped(estimator, batch=3)
    np.testing.assert_array_equal(model.predict(texts), [1, 0, 1, 0] * 5)


def test_names_for_numbered_classes():
    estimator = LogisticRegression().fit(X, Y)
    model = wrapped(estimator, classes=("refused", "granted"), positive="granted")
    np.testing.assert_array_equal(model.predict(X), np.array(["refused", "granted"])[estimator.predict(X)])
    assert wrapped(estimator, classes=("0", "1")).classes == (0, 1)
    cut = FixedThresholdClassifier(LogisticRegression(), threshold=0.8).fit(X, Y)
    np.testing.assert_array_equal(
        wrapped(cut, classes=("refused", "granted")).predict(X), np.array(["refused", "granted"])[cut.predict(X)]
    )


@pytest.mark.parametrize("classes", [(1, 0), ("a", "b", "c"), ("0", "b")])
def test_classes_that_are_not_the_estimators(classes):
    with pytest.raises(ModelError, match="classes must be the estimator's own, in its order"):
        wrapped(LogisticRegression().fit(X, Y), classes=classes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"positive": 7}, r"positive must be one of the classes \[0, 1\]; 7 was given"),
        ({"threshold": float("nan")}, "threshold must be a finite number; nan was given"),
        ({"batch": 0}, "batch must be at least 1; 0 was given"),
        ({"task": "regression"}, "task must agree with the model, a classifier of 2 classes"),
        ({"preprocess": 3}, "preprocess must be a callable or a fitted transformer; int was given"),
    ],
)
def test_options_that_do_not_fit(options, message):
    with pytest.raises(ModelError, match=message):
        wrapped(LogisticRegression().fit(X, Y), **options).answers(X)


def test_options_that_do_not_fit_the_task():
    with pytest.raises(ModelError, match="threshold is for two classes; this model has 3"):
        wrapped(LogisticRegression().fit(X, THREE), threshold=0.5)
    with pytest.raises(ModelError, match="threshold is for binary classifiers; this model predicts numbers"):
        wrapped(LinearRegression().fit(X, Y), threshold=0.5)
    with pytest.raises(ModelError, match="a regressor needs the task regression; 'binary' was given"):
        wrapped(LinearRegression().fit(X, Y), task="binary")
    with pytest.raises(ModelError, match="classifier of 3 classes; 'binary' was given"):
        wrapped(LogisticRegression().fit(X, THREE), task="binary")


def test_what_is_no_model():
    with pytest.raises(ModelError, match="must be fitted; call its fit first"):
        wrapped(LogisticRegression())
    with pytest.raises(ModelError, match="not a class; the class 'LogisticRegression' was given"):
        wrapped(LogisticRegression)
    with pytest.raises(ModelError, match="classifier or a regressor; KMeans is neither"):
        wrapped(KMeans(2, n_init=1).fit(X))
    two = MultiOutputClassifier(LogisticRegression()).fit(X, np.column_stack([Y, 1 - Y]))
    with pytest.raises(ModelError, match="must have one output; it has 2"):
        wrapped(two)
    with pytest.raises(ModelError, match="must have one output; it has 2"):
        wrapped(LinearRegression().fit(X, X[:, :2])).answers(X)

    class Empty(ClassifierMixin, BaseEstimator):
        def fit(self, inputs, labels):
            return self

        def predict(self, inputs):
            return np.zeros(len(inputs))

    with pytest.raises(ModelError, match="must have classes_; this one has none"):
        wrapped(Empty())


def test_a_failure_inside_is_a_model_error():
    broken = np.full((5, 4), np.nan)
    with pytest.raises(ModelError, match="LogisticRegression failed: ValueError: Input X contains NaN"):
        wrapped(LogisticRegression().fit(X, Y)).answers(broken)


def test_out_of_memory_halves_the_batch():
    class Hungry(RegressorMixin, BaseEstimator):
        def fit(self, inputs, labels):
            self.fitted_ = True
            return self

        def predict(self, inputs):
            if len(inputs) > 40:
                raise MemoryError
            return inputs[:, 0]

    model = wrapped(Hungry().fit(X, Y), batch=128)
    np.testing.assert_array_equal(model.predict(X), X[:, 0])
    assert model.batch == 32 and any("halved to 32" in note for note in model.notes)


def test_warnings_become_notes_once():
    class Loud(RegressorMixin, BaseEstimator):
        def fit(self, inputs, labels):
            self.fitted_ = True
            return self

        def predict(self, inputs):
            import warnings

            warnings.warn("values out of range", UserWarning, stacklevel=1)
            return inputs[:, 0]

    model = wrapped(Loud().fit(X, Y), batch=50)
    model.answers(X)
    assert [note for note in model.notes if "range" in note] == ["UserWarning: values out of range"]


def test_preprocess_stands_before_the_estimator():
    frame, labels = people()
    estimator = RandomForestClassifier(5, random_state=0).fit(frame[["age", "hours"]].to_numpy(), labels)
    scaler = FunctionTransformer(lambda table: table[["age", "hours"]].to_numpy())
    model = wrapped(estimator, preprocess=scaler)
    np.testing.assert_array_equal(model.predict(frame), estimator.predict(frame[["age", "hours"]].to_numpy()))
    assert Capability.TREES not in model.capabilities and model.estimator() is None
    with pytest.raises(ModelError, match="preprocess failed: ZeroDivisionError"):
        wrapped(estimator, preprocess=lambda table: 1 / 0).answers(frame)


TREES = [
    (RandomForestClassifier(4, random_state=0), Y),
    (RandomForestClassifier(4, random_state=0), THREE),
    (ExtraTreesClassifier(4, random_state=0), Y),
    (DecisionTreeClassifier(max_depth=3), Y),
    (GradientBoostingClassifier(n_estimators=4), Y),
    (GradientBoostingRegressor(n_estimators=4), X[:, 1]),
    (HistGradientBoostingClassifier(max_iter=4), THREE),
    (HistGradientBoostingRegressor(max_iter=4), X[:, 1]),
    (RandomForestRegressor(4, random_state=0), X[:, 1]),
]


@pytest.mark.parametrize(("estimator", "labels"), TREES, ids=lambda value: type(value).__name__)
def test_tree_ensembles_are_those_that_shap_explains(estimator, labels):
    shap = pytest.importorskip("shap")
    model = wrapped(estimator.fit(X, labels))
    assert Capability.TREES in model.capabilities
    explainer = shap.TreeExplainer(model.estimator())
    assert np.isfinite(explainer.shap_values(X[:5])).all()
    piped = wrapped(make_pipeline(StandardScaler(), estimator).fit(X, labels))
    assert Capability.TREES in piped.capabilities and hasattr(piped.estimator(), "steps")


def test_what_shap_would_misread_is_no_tree_ensemble():
    frame = pd.DataFrame({"a": X[:, 0], "b": pd.Categorical(np.where(X[:, 1] > 0, "u", "v"))})
    categorical = HistGradientBoostingClassifier(max_iter=3, categorical_features="from_dtype").fit(frame, Y)
    for estimator in (
        categorical,
        GradientBoostingClassifier(n_estimators=3).fit(X, THREE),
        LogisticRegression().fit(X, Y),
        FixedThresholdClassifier(RandomForestClassifier(3)).fit(X, Y),
    ):
        assert Capability.TREES not in wrapped(estimator).capabilities


def test_search_gives_its_best_estimator():
    search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 3]}, cv=2).fit(X, Y)
    model = wrapped(search)
    assert model.estimator() is search.best_estimator_ and Capability.TREES in model.capabilities
    assert model.name == "DecisionTreeClassifier"


def test_fresh_is_unfitted_and_can_be_fitted():
    estimator = LogisticRegression(C=0.3).fit(X, Y)
    fresh = wrapped(estimator, threshold=0.4).fresh()
    assert not hasattr(fresh.estimator(), "coef_") and fresh.estimator().C == 0.3
    fresh.estimator().fit(X, Y)
    again = fresh.fitted()
    np.testing.assert_array_equal(again.probabilities(X), estimator.predict_proba(X))
    assert again.threshold == 0.4 and again.fingerprint == wrapped(estimator, threshold=0.4).fingerprint
    assert isinstance(wrapped(estimator, fresh=lambda: RidgeClassifier()).fresh().estimator(), RidgeClassifier)


def test_fresh_of_what_cannot_be_cloned():
    class Own:
        classes_ = np.array([0, 1])

        def fit(self, inputs, labels):
            return self

        def get_params(self, deep=True):
            return {"wrong": object()}

        def predict(self, inputs):
            return np.zeros(len(inputs), int)

    model = wrapped(Own())
    assert set(model.predict(X)) == {0}
    with pytest.raises(CapabilityError, match="no unfitted copy can be made"):
        model.fresh()


class Raw(ClassifierMixin, BaseEstimator):
    """Names its classes, and predicts raw numbers in place of them, as the base class of CatBoost does."""

    def __init__(self, classes=(0, 1)):
        self.classes_ = classes

    def fit(self, inputs, labels=None):
        return self

    def predict(self, inputs):
        return np.full(len(inputs), -2.5)


def test_predictions_that_are_no_classes_and_classes_that_are_not_there_are_sentences():
    with pytest.raises(ModelError, match=r"predict must give one of the classes, 0, 1; -2\.5 came\. Give a classifier"):
        wrapped(Raw()).predict(np.zeros((3, 2)))
    with pytest.raises(ModelError, match=r"Raw: a classifier must have classes_; this one has none\. Is it fitted"):
        wrapped(Raw(None))
