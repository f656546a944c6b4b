"""Estimators around a torch network, as skorch makes them: tables and numbers as the network takes them."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ModelError

ROWS = np.random.default_rng(0).normal(size=(60, 4))
LABELS = (ROWS[:, 0] > 0).astype(int)


class NeuralNetClassifier(ClassifierMixin, BaseEstimator):
    """What skorch's does with its inputs: each column of a table is an argument, and no number is converted."""

    __module__ = "skorch.classifier"

    def __init__(self, module: torch.nn.Module | None = None) -> None:
        self.module = module

    def fit(self, rows: object, labels: np.ndarray) -> NeuralNetClassifier:
        self.classes_, self.module_ = np.unique(labels), self.module
        return self

    def predict_proba(self, rows: object) -> np.ndarray:
        columns = {} if isinstance(rows, np.ndarray) else {name: torch.tensor(rows[name].to_numpy()) for name in rows}
        output = self.module_(**columns) if columns else self.module_(torch.tensor(rows))
        return output.softmax(dim=1).detach().numpy()

    def predict(self, rows: object) -> np.ndarray:
        return self.predict_proba(rows).argmax(axis=1)


class ByName(torch.nn.Module):
    def forward(self, a: torch.Tensor, b: torch.Tensor, c: torch.Tensor, d: torch.Tensor) -> torch.Tensor:
        return torch.stack([b - a, a + c * d], dim=1).float()


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
def test_a_network_is_given_numbers_in_the_precision_of_its_parameters(precision):
    torch.manual_seed(0)
    net = NeuralNetClassifier(torch.nn.Linear(4, 2).to(precision)).fit(ROWS, LABELS)
    own = ROWS.astype(str(precision).partition(".")[2])
    frame = pandas.DataFrame(ROWS, columns=list("abcd"))
    for inputs in (ROWS, own, frame):
        assert np.array_equal(auditkit.wrap(net).predict(inputs), net.predict(own))
    steps = make_pipeline(StandardScaler(), net).fit(own, LABELS)
    for inputs in (ROWS, own, frame):
        assert np.array_equal(auditkit.wrap(steps).predict(inputs), steps.predict(own))
    data = AuditData.from_table(frame.assign(y=LABELS), label="y")
    assert auditkit.audit(net, data, checks=["performance"], budget="quick").outcome != "error"


def test_a_network_that_takes_columns_by_name_is_given_them():
    frame = pandas.DataFrame(ROWS, columns=list("abcd"))
    net = NeuralNetClassifier(ByName()).fit(frame, LABELS)
    assert np.array_equal(auditkit.wrap(net).predict(frame), net.predict(frame))


class Survival(BaseEstimator):
    """What scikit-survival's models say of themselves: a score of risk, or a time."""

    def __init__(self, risk: bool = True) -> None:
        self._predict_risk_score = self.risk = risk

    def fit(self, rows: object, labels: object) -> Survival:
        return self

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, 0]


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_score_of_risk_is_no_class_and_no_time(task):
    labels = LABELS if task == "binary" else ROWS[:, 1]
    for model in (Survival(), make_pipeline(StandardScaler(), Survival()).fit(ROWS, labels)):
        with pytest.raises(ModelError, match="a score of risk, which is neither a class nor a time"):
            auditkit.audit(model, AuditData(ROWS, labels, task=task), checks=[])
    times = auditkit.audit(Survival(risk=False), AuditData(ROWS, ROWS[:, 1], task="regression"), checks=[])
    assert times.model.task == "regression"
