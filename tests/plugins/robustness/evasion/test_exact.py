"""The check where the truth is known exactly: it never finds more than there is, and at least 97 % of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas
import pytest
import torch

import auditkit
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.plugins.robustness.evasion.check import Evasion
from auditkit.predictions import Predictions
from auditkit.results import CheckResult
from auditkit.run.controls import apply_controls
from benchmarks.healthy_networks import exact

FOUND = 0.97


def run(check: Evasion, model: Any, data: AuditData, *, clean: bool = True) -> CheckResult:
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data))
    result = apply_controls(check(model, data, context))
    if clean:
        assert not [
            control.name for control in result.controls if control.holds is not True and control.on_failure != "note"
        ]
    return result


def curve(result: CheckResult) -> dict[float, float]:
    return {
        float(measurement.conditions["epsilon"] or 0): float(measurement.value or 0)
        for measurement in result.measurements
        if measurement.name == "robust_accuracy" and not measurement.slice
    }


def hold(result: CheckResult, needed: np.ndarray, right: np.ndarray) -> float:
    """No more is broken than the truth (N,) allows; the least share of it that was found, over the epsilons."""
    shares = []
    for epsilon, value in curve(result).items():
        most = np.mean(right & (needed > epsilon - 1e-5))
        assert value >= np.mean(right & (needed > epsilon + 1e-5)) - 1e-9, "more was found than there is"
        breakable = np.mean(right) - most
        shares.append(1.0 if breakable == 0 else (np.mean(right) - value) / breakable)
    return min(shares)


def pictures(rows: int, side: int, seed: int = 0) -> AuditData:
    """Pictures in the middle of the range, which the training split spans."""
    rng = np.random.default_rng(seed)
    inputs = rng.uniform(0.3, 0.7, (rows, 1, side, side)).astype(np.float32)
    ends = np.stack([np.zeros((1, side, side)), np.ones((1, side, side))]).astype(np.float32)
    train = AuditData(ends, labels=np.array([0, 1]), task="binary", modality="image", positive=1)
    return AuditData(inputs, labels=np.zeros(rows, int), task="binary", modality="image", positive=1, train=train)


def labelled(data: AuditData, labels: np.ndarray) -> AuditData:
    return dataclasses.replace(data, labels=labels)


class Linear(torch.nn.Module):
    def __init__(self, weights: np.ndarray) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.as_tensor(weights, dtype=torch.float32))

    def forward(self, x: Any) -> Any:
        return x.flatten(1) @ self.weights - self.weights.sum() / 2


@pytest.mark.parametrize(("norm", "dual"), [("Linf", 1), ("L2", 2), ("L1", np.inf)])
@pytest.mark.parametrize("attack", ["pgd", "ensemble", "standard"])
def test_a_linear_model_in_closed_form(norm: Any, dual: float, attack: Any) -> None:
    data, weights = pictures(100, 4), np.random.default_rng(1).normal(0, 3, 16)
    inputs = data.inputs.reshape(100, -1).astype(np.float64)
    margin = inputs @ weights - weights.sum() / 2
    needed = np.abs(margin) / np.linalg.norm(weights, dual)
    model = auditkit.wrap(Linear(weights).eval(), classes=(0, 1), task="binary", output="logits")
    grid = tuple(np.quantile(needed, (0.2, 0.4, 0.6, 0.8)).round(5).tolist())
    data = labelled(data, (margin > 0).astype(int))
    check = Evasion(
        rows=100, norm=norm, attack=attack, epsilons=grid, steps=30, square_queries=30, noise_draws=20, trial_rows=10
    )
    result = run(check, model, data)
    assert hold(result, needed, np.ones(100, dtype=bool)) >= FOUND
    median = next(measurement for measurement in result.measurements if measurement.name == "median_distance")
    assert 1 - 1e-4 <= float(median.value or 0) / np.median(needed) <= 1.03


class Relu(torch.nn.Module):
    """24 units in one layer."""

    def __init__(self) -> None:
        super().__init__()
        rng = np.random.default_rng(4)
        self.first = torch.nn.Linear(9, 24)
        self.second = torch.nn.Linear(24, 3)
        with torch.no_grad():
            for layer in (self.first, self.second):
                layer.weight.copy_(torch.as_tensor(rng.normal(0, 1, layer.weight.shape)))
                layer.bias.copy_(torch.as_tensor(rng.normal(0, 0.5, layer.bias.shape)))

    def forward(self, x: Any) -> Any:
        return self.second(torch.relu(self.first(x.flatten(1) - 0.5)))


def test_a_relu_net_by_mixed_integer_programming() -> None:
    net, data = Relu().eval(), pictures(24, 3)
    with torch.no_grad():
        own = net(torch.tensor(data.inputs)).argmax(1).numpy()
    parts = (net.first, net.second)
    (w1, b1), (w2, b2) = (
        tuple(parameter.detach().double().numpy() for parameter in part.parameters()) for part in parts
    )
    layers = [(w1, b1 - w1.sum(axis=1) / 2), (w2, b2)]  # the network takes a half from every pixel
    flat = data.inputs.reshape(len(data), -1).astype(np.float64)
    # in a box of this radius few units can turn, and the programmes take half of the time that they take in a wide one
    needed = np.array([exact.relu(layers, row, int(y), 0.1) for row, y in zip(flat, own, strict=True)])
    assert np.isfinite(needed).all() and len(set(own.tolist())) > 1
    assert data.train is not None
    train = dataclasses.replace(data.train, labels=np.array([0, 1]), task="multiclass", positive=None)
    data = AuditData(data.inputs, labels=own, task="multiclass", modality="image", train=train)
    model = auditkit.wrap(net, classes=(0, 1, 2), task="multiclass", output="logits")
    grid = tuple(np.quantile(needed, (0.25, 0.5, 0.75, 0.9)).round(5).tolist())
    check = Evasion(rows=24, epsilons=grid, steps=40, square_queries=100, trial_rows=12)
    result = run(check, model, data)
    assert hold(result, needed, np.ones(24, dtype=bool)) >= FOUND


def test_a_tree_by_its_boxes() -> None:
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(rng.normal(0, 1, (400, 5)), columns=list("abcde"))
    wave = np.sin(2 * frame.a) + frame.b * frame.c - 0.5 * frame.d
    labels = np.where(wave > 0, "yes", "no")
    tree = DecisionTreeClassifier(max_depth=6, random_state=0).fit(frame, labels)
    some = frame[:80].reset_index(drop=True)
    train = AuditData(frame, labels=labels, task="binary", positive="yes")
    data = AuditData(some, labels=tree.predict(some), task="binary", positive="yes", train=train)
    values, every = some.to_numpy(), np.vstack([some.to_numpy(), frame.to_numpy()])
    low, high = every.min(axis=0), every.max(axis=0)
    scale = np.subtract(*np.percentile(every, (99, 1), axis=0))
    own = (data.labels == "yes").astype(int)  # classes in the tree's order: no, yes
    needed = exact.tree(tree, values, own, low, high, scale)
    grid = tuple(np.quantile(needed, (0.25, 0.5, 0.75, 0.9)).round(5).tolist())
    for queries, least in ((1000, 0.95), (2500, FOUND)):
        result = run(Evasion(rows=80, epsilons=grid, max_queries=queries), auditkit.wrap(tree), data)
        assert hold(result, needed, np.ones(80, dtype=bool)) >= least
        median = next(measurement for measurement in result.measurements if measurement.name == "median_distance")
        assert 1 - 1e-6 <= float(median.value or 0) / np.median(needed) <= 1 / FOUND
