"""Estimators around a torch network or behind a vectorizer: tables, numbers and texts as they take them."""

from __future__ import annotations

import warnings

import numpy as np
import pandas
import pytest
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

import auditkit
from auditkit.data import AuditData
from auditkit.errors import Mend, ModelError

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


TEXTS = [f"{'good' if number % 3 else 'bad'} w{number % 7}" for number in range(60)]
LABELS = [int(number % 3 > 0) for number in range(60)]
FRAME = pandas.DataFrame({"text": TEXTS, "sex": ["f", "m"] * 30, "y": LABELS})
WAYS = {
    "counts": make_pipeline(CountVectorizer(), LogisticRegression()),
    "tf-idf": make_pipeline(TfidfVectorizer(), LogisticRegression()),
    "hashes": make_pipeline(HashingVectorizer(n_features=64), LogisticRegression()),
    "union": make_pipeline(make_union(CountVectorizer(), TfidfVectorizer()), LogisticRegression()),
    "calibrated": CalibratedClassifierCV(make_pipeline(CountVectorizer(), LogisticRegression()), cv=2),
    "search": GridSearchCV(make_pipeline(CountVectorizer(), LogisticRegression()), {}, cv=2),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_column_of_texts_is_asked_as_the_texts_themselves(name, tmp_path):
    model = WAYS[name].fit(TEXTS, LABELS)
    FRAME.to_csv(tmp_path / "texts.csv", index=False)
    for source in (FRAME, tmp_path / "texts.csv"):
        data = AuditData.from_table(source, label="y", groups=["sex"], drop=["sex"])
        decided = auditkit.wrap(model).predict(data.inputs)
        assert np.array_equal(decided, model.predict(TEXTS))
    assert auditkit.audit(model, data, checks=["performance"], budget="quick").outcome != "error"


def test_columns_beside_the_texts_are_refused_with_their_names():
    model = auditkit.wrap(WAYS["counts"].fit(TEXTS, LABELS))
    with pytest.raises(ModelError, match="takes one column of texts; the inputs have 2: 'text', 'sex'") as caught:
        model.predict(FRAME[["text", "sex"]])
    assert caught.value.mend == (Mend("data.drop", ["sex"]),)
    with pytest.raises(ModelError, match=r"column 'text' has rows without a text \(1 in all\)"):
        model.predict(FRAME[["text"]].where(np.arange(60)[:, None] > 0))
    with pytest.raises(ModelError, match="column 'y' holds 0"):
        model.predict(FRAME[["y"]])


class Affine(torch.nn.Module):
    def __init__(self, outputs: int = 1) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.inner = torch.nn.Linear(4, outputs)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.inner(rows)


def test_networks_of_skorch_with_two_logits_with_one_and_with_a_number():
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        import skorch  # asks torch for what torch gives up

    rows, options = np.float32(ROWS), {"max_epochs": 3, "lr": 0.5, "verbose": 0}
    labels = (ROWS[:, 0] > 0).astype(int)
    one = skorch.NeuralNetBinaryClassifier(Affine, **options).fit(rows, np.float32(labels))
    two = skorch.NeuralNetClassifier(Affine, module__outputs=2, criterion=torch.nn.CrossEntropyLoss, **options)
    for net in (one, two.fit(rows, labels)):
        model = auditkit.wrap(net)
        assert model.task == "binary" and np.array_equal(model.predict(rows), net.predict(rows).astype(int))
    assert auditkit.wrap(two).probabilities(rows) == pytest.approx(
        torch.softmax(two.forward(rows), 1).numpy(), abs=1e-6
    )
    number = skorch.NeuralNetRegressor(Affine, **options).fit(rows, rows[:, :1])
    assert auditkit.wrap(number).predict(rows) == pytest.approx(number.predict(rows).ravel(), abs=1e-6)
