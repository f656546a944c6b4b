"""The first layer of a model, and what comes after it, are the model; what does not begin with one is left alone."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from auditkit.plugins.explanations.shapley.affine_models import affine_model
from tests.plugins.explanations.models import Estimator, Function, Network

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 5))
LABELS = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)
THREE = np.digitize(X[:, 0], [-0.5, 0.5])
SMALL = {"hidden_layer_sizes": (8, 4), "max_iter": 20, "random_state": 0}


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression().fit(X, LABELS),
        LogisticRegression().fit(X, THREE),
        *(MLPClassifier(activation=name, **SMALL) for name in ("relu", "tanh", "logistic", "identity")),
        MLPRegressor(**SMALL),
    ],
    ids=str,
)
def test_estimators(model):
    targets = [LABELS] if isinstance(model, MLPRegressor | LogisticRegression) else [LABELS, THREE]
    for labels in targets:
        fitted = model if isinstance(model, LogisticRegression) else model.fit(X, labels)
        affine = affine_model(Estimator(fitted))
        answers = affine.after(X @ affine.weights + affine.bias)
        expected = fitted.predict_proba(X) if hasattr(fitted, "predict_proba") else fitted.predict(X)[:, None]
        np.testing.assert_allclose(answers, expected, atol=1e-12)


@pytest.mark.parametrize(("output", "width"), [("logits", 3), ("one logit", 1), ("number", 1)])
def test_networks(output, width):
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(8, width))
    model = Network(net, output, tuple(range(max(2, width))), task="regression" if output == "number" else None)
    net.train()
    affine = affine_model(model)
    answers = affine.after(X @ affine.weights + affine.bias)
    of_model = model.answer(X)
    expected = of_model.labels[:, None] if output == "number" else of_model.probabilities
    np.testing.assert_allclose(answers, expected, atol=1e-6)
    assert net.training and all(parameter.requires_grad and parameter.grad is None for parameter in net.parameters())


class Doubled(torch.nn.Linear):
    """Gives twice what its parent does."""

    def forward(self, rows):
        return 2 * super().forward(rows)


def test_what_does_not_begin_with_an_affine_map():
    relu_first = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(5, 1))
    own_class = torch.nn.Sequential(Doubled(5, 4), torch.nn.Linear(4, 1))
    hooked = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Linear(4, 1))
    hooked[0].register_forward_hook(lambda layer, given, gives: gives * 2)
    for net in (relu_first, own_class, hooked, torch.nn.Linear(5, 1)):
        assert affine_model(Network(net, "one logit")) is None
    tree = make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=2)).fit(X, LABELS)
    assert affine_model(Estimator(tree)) is None
    function = Function(lambda rows: rows[:, 0])
    assert affine_model(function) is None
