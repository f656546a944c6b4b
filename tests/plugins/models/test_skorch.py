"""Networks that skorch trains, asked as estimators."""

import warnings

import numpy as np
import pytest
import torch

import auditkit

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    import skorch  # asks torch for what torch gives up

X = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)


class Affine(torch.nn.Module):
    def __init__(self, outputs: int = 1) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.inner = torch.nn.Linear(4, outputs)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.inner(rows)


def trained(kind, labels, **options):
    return getattr(skorch, kind)(Affine, max_epochs=3, lr=0.5, verbose=0, **options).fit(X, labels)


def test_two_classes_by_one_logit_or_by_two():
    two = trained("NeuralNetClassifier", Y, module__outputs=2, criterion=torch.nn.CrossEntropyLoss)
    for net in (trained("NeuralNetBinaryClassifier", Y.astype(np.float32)), two):
        model = auditkit.wrap(net)
        assert model.task == "binary" and np.array_equal(model.predict(X), net.predict(X).astype(int))
    expected = torch.softmax(two.forward(X), dim=1).numpy()
    assert auditkit.wrap(two).probabilities(X) == pytest.approx(expected, abs=1e-6)


def test_a_predicted_number():
    net = trained("NeuralNetRegressor", X[:, :1])
    assert auditkit.wrap(net).predict(X) == pytest.approx(net.predict(X).ravel(), abs=1e-6)
