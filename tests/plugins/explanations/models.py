"""Small wrapped models, so that these tests hang on no adapter."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.models import Answers, Capability, Model, decide
from auditkit.predictions import Predictions

DATA = pathlib.Path(os.environ.get("AUDITKIT_DATA", pathlib.Path(__file__).parents[4] / "shared" / "data"))


def published(name: str) -> dict[str, Any]:
    """A record of the reference values; the test is skipped where they are absent."""
    path = DATA / "reference" / "shapley.json"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    return next(record for record in json.loads(path.read_text()) if record["id"] == name)


class Estimator(Model):
    """A fitted scikit-learn-like object."""

    kind = "fake"
    fingerprint = "0" * 64

    def __init__(self, inside: Any, shown: Any = None) -> None:
        self.inside = inside
        self.shown = inside if shown is None else shown
        self.regression = not hasattr(inside, "predict_proba")
        self.classes = () if self.regression else tuple(inside.classes_.tolist())
        self.task = "regression" if self.regression else "binary" if len(self.classes) == 2 else "multiclass"
        self.capabilities = frozenset({Capability.QUERIES, Capability.SCORES}) | (
            frozenset() if self.regression else {Capability.PROBABILITIES}
        )

    def answer(self, inputs: Any) -> Answers:
        if self.regression:
            numbers = np.asarray(self.inside.predict(inputs), dtype=np.float64)
            return Answers(numbers, numbers, None)
        probabilities = np.asarray(self.inside.predict_proba(inputs), dtype=np.float64)
        return Answers(decide(probabilities, self.classes), probabilities[:, -1], probabilities)

    def estimator(self) -> Any:
        return self.shown


class Function(Model):
    """A plain function of arrays or frames: scores of class 1, or predicted numbers."""

    kind = "fake"
    fingerprint = "0" * 64

    def __init__(self, function: Callable[[Any], np.ndarray], task: str = "regression") -> None:
        self.function = function
        self.task = task
        self.classes = () if task == "regression" else (0, 1)
        self.capabilities = frozenset({Capability.QUERIES, Capability.SCORES})
        self.asked = 0

    def answer(self, inputs: Any) -> Answers:
        scores = np.asarray(self.function(inputs), dtype=np.float64)
        self.asked += len(scores)
        labels = scores if self.task == "regression" else (scores >= 0.5).astype(int)
        return Answers(labels, scores, None)


class Network(Model):
    """A torch module on float tensors made by `encoder`."""

    kind = "fake"
    fingerprint = "0" * 64

    def __init__(
        self,
        net: Any,
        output: str,
        classes: tuple[Any, ...] = (0, 1),
        encoder: Callable[[Any], Any] | None = None,
        task: str | None = None,
    ) -> None:
        import torch

        self.net = net
        self.output = output
        self.classes = classes
        self.encoder = encoder or (lambda inputs: torch.tensor(np.asarray(inputs), dtype=torch.float32))
        self.task = task or ("binary" if len(classes) == 2 else "multiclass")
        self.capabilities = frozenset(
            {Capability.QUERIES, Capability.SCORES, Capability.PROBABILITIES, Capability.GRADIENTS}
        )

    def encode(self, inputs: Any) -> Any:
        return self.encoder(inputs)

    def estimator(self) -> Any:
        return self.net

    def answer(self, inputs: Any) -> Answers:
        import torch

        was = self.net.training
        self.net.eval()
        with torch.no_grad():
            raw = self.net(self.encode(inputs))
        self.net.train(was)
        if self.output == "number":
            numbers = raw.reshape(-1).numpy().astype(np.float64)
            return Answers(numbers, numbers, None)
        if self.output == "one logit":
            p = torch.sigmoid(raw.reshape(-1)).numpy().astype(np.float64)
            both = np.column_stack([1 - p, p])
        else:
            both = torch.softmax(raw, dim=1).numpy().astype(np.float64)
        return Answers(decide(both, self.classes), both[:, -1], both)

    @contextlib.contextmanager
    def module(self) -> Iterator[Any]:
        modes = [(layer, layer.training) for layer in self.net.modules()]
        self.net.eval()
        try:
            yield self.net
        finally:
            for layer, training in modes:
                layer.training = training


def context(model: Model, data: AuditData, seed: int = 0) -> Context:
    return Context(rng=np.random.default_rng(seed), predictions=Predictions(model, data), seed=seed)


def binary_table(rows: int = 300, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Numbers and texts; the label follows income, tenure and sex."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": rng.normal(50, 15, rows),
            "tenure": rng.integers(0, 30, rows),
            "region": rng.choice(["north", "south", "east"], rows),
            "sex": rng.choice(["F", "M"], rows),
            "noise": rng.normal(size=rows),
            "owner": rng.random(rows) < 0.5,
        }
    )
    score = (frame.income - 50) / 15 + (frame.tenure - 15) / 10 + 1.5 * (frame.sex == "M") - 0.75
    return frame, (rng.random(rows) < 1 / (1 + np.exp(-2 * score))).astype(int).to_numpy().copy()


def controls(findings: Any) -> dict[str, Any]:
    return {control.name: control for control in findings.controls}


def values(findings: Any, name: str) -> dict[str, float | None]:
    """{feature: value} of the measurements called `name`."""
    return {
        str(measurement.conditions.get("feature", "")): measurement.value
        for measurement in findings.measurements
        if measurement.name == name
    }
