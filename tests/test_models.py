"""What a model answers is held to what answers are, whoever made the model and whether or not it was wrapped."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

import auditkit
from auditkit.errors import ModelError
from auditkit.models import Answers
from auditkit.testing import ToyModel, toy_data

NO = np.full(200, "no")
HALF = np.full((200, 2), 0.5)


def direct(answers, threshold=None):
    """A Model as a user may write one, given without being wrapped."""
    model = ToyModel()
    model.threshold = threshold
    model.answer = lambda inputs: Answers(*(None if part is None else part[: len(inputs)] for part in answers))
    return model


def audited(model):
    return auditkit.audit(model, toy_data(), checks=["performance.quality"], budget="quick")


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ((NO, None, HALF * 3), "lie in .0, 1. and sum to 1 in every row; the sums lie between 3 and 3"),
        ((NO, None, np.add(HALF, [0.01, 0])), "sum to 1 in every row"),
        ((NO, None, np.add(HALF, [-0.7, 0.7])), "the smallest value is -0.2"),
        ((NO, None, np.full((200, 3), 1 / 3)), r"one column for each class, 2; they have shape \(200, 3\)"),
        ((NO, None, np.full(200, 0.5)), r"one column for each class, 2; they have shape \(200,\)"),
        ((NO, None, HALF.astype(str)), "the model must give probabilities that are numbers; they are of type <U"),
        ((NO, NO, None), "the model must give scores that are numbers"),
        ((NO, HALF[:199, 0], None), r"one answer per row is required \(200\); the model gave scores of shape \(199,\)"),
        ((None, None, HALF), "must give a label for every row; it gave none"),
    ],
)
def test_a_model_that_is_given_directly_may_not_answer_so(answers, message):
    with pytest.raises(ModelError, match=f"toy: .*{message}"):
        audited(direct(answers))


@pytest.mark.parametrize("off", [0.0, 5e-4, -5e-4])
def test_what_rounding_does_to_probabilities_is_let_pass(off):
    assert audited(direct((NO, HALF[:, 0], np.add(HALF, [off, 0])))).results[0].status == "measured"


def test_what_is_no_record_of_answers_is_named():
    model = ToyModel()
    model.answer = lambda inputs: (NO, None, None)
    with pytest.raises(ModelError, match=r"the model must answer with auditkit\.models\.Answers; it gave a tuple"):
        audited(model)


class MaskingDecisions(ClassifierMixin, BaseEstimator):
    """An estimator of one's own that masks what it does not know, where there stands what is no answer."""

    classes_, n_features_in_ = np.array([0, 1]), 2

    def fit(self, inputs, labels):
        return self

    def predict(self, inputs):
        return np.ma.array(np.zeros(len(inputs), int), mask=np.arange(len(inputs)) < 5)


class Masking(MaskingDecisions):
    """The same with probabilities."""

    def predict_proba(self, inputs):
        return np.ma.array(HALF[: len(inputs)], mask=np.repeat(self.predict(inputs).mask[:, None], 2, axis=1))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (direct((NO, np.ma.array(HALF[:, 0], mask=np.arange(200) < 5), None)), "scores must be finite; .*: 5"),
        (auditkit.wrap(Masking()), "predict must give one of the classes, 0, 1; nan came"),
        (auditkit.wrap(MaskingDecisions()), "predict must give one of the classes, 0, 1; nan came"),
        (auditkit.wrap(lambda rows: Masking().predict_proba(rows), classes=(0, 1)), "scores must be finite; .*: 5"),
        (auditkit.wrap(lambda rows: Masking().predict(rows), classes=(0, 1)), "5 of 200 answers are NaN or infinite"),
    ],
)
def test_a_masked_answer_is_none_whatever_stands_beneath_its_mask(model, message):
    with pytest.raises(ModelError, match=message):
        model.answers(np.zeros((200, 2)))


class Unnormalised(ClassifierMixin, BaseEstimator):
    """An estimator of one's own whose probabilities are votes."""

    classes_ = np.array(["no", "yes"])

    def fit(self, inputs, labels=None):
        return self

    def predict_proba(self, inputs):
        return np.tile([3.0, 4.0], (len(inputs), 1))

    def predict(self, inputs):
        return np.full(len(inputs), "yes")


def test_an_estimator_of_ones_own_is_held_to_it_too():
    with pytest.raises(ModelError, match="the sums lie between 7 and 7"):
        audited(Unnormalised())


def chance(inputs):
    return np.full(len(inputs), 0.75)


@pytest.mark.parametrize("threshold", [1.5, -0.1, 50])
def test_a_threshold_beyond_all_probabilities_is_refused(threshold):
    message = f"threshold must lie in .0, 1., for the model gives probabilities; {threshold:g} was given"
    for model in (
        auditkit.wrap(chance, classes=("no", "yes"), threshold=threshold),
        direct((NO, None, HALF), threshold),
    ):
        with pytest.raises(ModelError, match=message):
            audited(model)


@pytest.mark.parametrize("threshold", [0, 1, 0.3])
def test_a_threshold_among_probabilities_or_of_scores_is_used(threshold):
    assert audited(auditkit.wrap(chance, classes=("no", "yes"), threshold=threshold)).model.threshold == threshold
    assert audited(direct((NO, HALF[:, 0] * 90, None), 50.0)).model.threshold == 50.0
