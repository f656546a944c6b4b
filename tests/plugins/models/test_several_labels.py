"""Models that answer about several labels: every form of their answers is the same, and what is none is refused."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neural_network import MLPClassifier

import auditkit
from auditkit.data import AuditData
from auditkit.errors import CapabilityError, ConfigError, ModelError
from auditkit.models import Capability
from auditkit.predictions import Predictions
from tests.plugins.labelled import labelled
from tests.plugins.models.tables import numbers

X = numbers()
Y = (X[:, :3] + 0.5 * np.random.default_rng(1).normal(size=(len(X), 3)) > 0).astype(int)
TABLE = pd.DataFrame(X, columns=list("pqrs"))
DATA = AuditData(TABLE, Y, task="multilabel", outputs=["flu", "cold", "cough"])
LOGITS = X[:, :3] * 2


def asked(model, data=DATA, **options):
    return Predictions(auditkit.wrap(model, task="multilabel", **options), data)


def sets(predictions):
    return np.array([[int(one) for one in text] for text in predictions.labels])


ESTIMATORS = {
    "MultiOutputClassifier": MultiOutputClassifier(LogisticRegression()),
    "OneVsRestClassifier": OneVsRestClassifier(LogisticRegression()),
    "chain": ClassifierChain(LogisticRegression()),
    "forest": RandomForestClassifier(10, random_state=0),
    "network": MLPClassifier((4,), max_iter=50, random_state=0),
    "without probabilities": MultiOutputClassifier(RidgeClassifier()),
}


@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.filterwarnings("ignore")
def test_decisions_of_an_estimator_are_those_of_its_predict(kind):
    estimator = ESTIMATORS[kind].fit(TABLE, Y)
    predictions = asked(estimator)
    assert (sets(predictions) == estimator.predict(TABLE)).all()
    assert predictions.model.capabilities == {Capability.QUERIES}
    one = predictions.of_label(1)
    assert one.codes.tolist() == sets(predictions)[:, 1].tolist() and one.truth.tolist() == Y[:, 1].tolist()
    if kind == "without probabilities":
        with pytest.raises(CapabilityError, match="no scores"):
            _ = one.scores
    else:
        shares = estimator.predict_proba(TABLE)
        expected = shares[1][:, 1] if isinstance(shares, list) else shares[:, 1]
        assert one.scores == pytest.approx(expected)


def test_a_label_that_everybody_had_has_the_chance_of_its_one_class():
    always = np.column_stack([Y[:, :2], np.ones(len(Y), dtype=int)])
    predictions = asked(RandomForestClassifier(3, random_state=0).fit(TABLE, always))
    assert (predictions.of_label(2).scores == 1).all() and predictions.of_label(2).selected.all()


def test_a_threshold_replaces_the_rule_of_predict():
    estimator = ESTIMATORS["MultiOutputClassifier"].fit(TABLE, Y)
    shares = np.column_stack([part[:, 1] for part in estimator.predict_proba(TABLE)])
    assert (sets(asked(estimator, threshold=0.8)) == (shares >= 0.8)).all()


FORMS = {
    "array": lambda shares: shares,
    "tensor": torch.from_numpy,
    "list of columns": lambda shares: list(shares.T),
    "list of pairs": lambda shares: [np.column_stack([1 - part, part]) for part in shares.T],
    "table in another order": lambda shares: pd.DataFrame(shares[:, ::-1], columns=["cough", "cold", "flu"]),
    "mapping": lambda shares: {"cold": shares[:, 1], "cough": shares[:, 2], "flu": shares[:, 0], "more": shares[:, 0]},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_function_may_answer_in_any_of_these_forms(form):
    predictions = asked(lambda table: FORMS[form](1 / (1 + np.exp(-2 * table[["p", "q", "r"]].to_numpy()))))
    assert (sets(predictions) == (LOGITS >= 0)).all()
    assert predictions.of_label(2).scores == pytest.approx(1 / (1 + np.exp(-LOGITS[:, 2])))


def test_a_network_gives_logits_or_probabilities_of_each_label():
    network = torch.nn.Linear(4, 3, bias=False)
    network.weight.data = 2 * torch.eye(3, 4)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    for module, kind in ((network, "logits"), (torch.nn.Sequential(network, torch.nn.Sigmoid()), "probabilities")):
        predictions = asked(module)
        assert predictions.of_label(0).scores == pytest.approx(1 / (1 + np.exp(-LOGITS[:, 0])), abs=1e-6)
        assert predictions.model.output == kind and any(kind in note for note in predictions.model.notes)
    assert all((network.state_dict()[name] == value).all() for name, value in before.items())


def test_recorded_answers_stand_beside_the_data():
    model, data = labelled(None, [[1, 0], [0, 1]], chances=[[0.9, 0.2], [0.5, 0.4]])
    assert Predictions(model, data).labels.tolist() == ["10", "10"] and model.capabilities == frozenset()
    assert Predictions(auditkit.wrap(data, threshold=0.3), data).labels.tolist() == ["10", "11"]
    decided, data = labelled([[1, 1], [0, 1]], [[1, 0], [0, 1]])
    assert Predictions(decided, data).of_label(0).codes.tolist() == [1, 0]
    with pytest.raises(CapabilityError, match="cannot be asked"):
        decided.answers(data.inputs)


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (lambda table: np.zeros((len(table), 2)), {}, "it gives 2"),
        (lambda table: np.zeros((len(table), 3)), {"classes": ["a", "b", "c"]}, "knows no 'flu'"),
        (lambda table: np.zeros(len(table)), {}, r"\(n, L\)"),
        (lambda table: np.full((len(table), 3), 1.5), {}, r"lie in \[0, 1\]"),
        (lambda table: [np.full((len(table), 3), 1 / 3)] * 3, {}, "3 classes"),
        (lambda table: np.zeros((len(table), 3)), {"target": 0}, "target is for one answer"),
        (lambda table: np.zeros((len(table), 3)), {"threshold": 2}, r"lie in \[0, 1\]"),
    ],
)
def test_what_is_no_answer_about_the_labels_is_refused(model, options, message):
    with pytest.raises(ModelError, match=message):
        _ = asked(model, **options).labels


def test_what_cannot_be_asked_is_refused_with_the_way_out():
    with pytest.raises(ModelError, match="a function of its answers"):
        auditkit.wrap(3, task="multilabel")


def test_a_model_and_data_of_two_tasks_are_refused_with_both_ways_out():
    with pytest.raises(ConfigError, match="name its column alone, and the output with target"):
        auditkit.audit(auditkit.wrap(lambda table: np.zeros(len(table)), classes=(0, 1)), DATA, checks=["data"])


def test_the_fingerprint_tells_models_of_labels_apart():
    first, second = (RandomForestClassifier(3, random_state=seed).fit(TABLE, Y) for seed in (0, 1))
    one = auditkit.wrap(first, task="multilabel").fingerprint
    assert one != auditkit.wrap(second, task="multilabel").fingerprint
    assert one == auditkit.wrap(first, task="multilabel").fingerprint
    assert one != auditkit.wrap(first, task="multilabel", threshold=0.3).fingerprint
