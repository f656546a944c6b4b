"""Splits, parents and trainings that the tests of private training share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import auditkit
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.plugins.privacy.accounting import findings
from auditkit.plugins.privacy.accounting.accountants import Certified
from auditkit.plugins.privacy.accounting.spent import Spent
from auditkit.plugins.privacy.dp_sgd.trainer import DpSgd
from auditkit.predictions import Predictions
from auditkit.results import About, CheckResult, Measurement
from auditkit.run.controls import apply_controls
from auditkit.trainers import Trained


class Base(nn.Module):
    """A healthy network with room for what is sick."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 8), nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(torch.tanh(self.first(x)))


class Bert(nn.Module):
    """A small encoder as BERT's: one entry of positions for all rows, dropout, attention of several heads."""

    def __init__(self, outputs: int = 3) -> None:
        super().__init__()
        self.words, self.places, self.norm = nn.Embedding(30, 16), nn.Embedding(6, 16), nn.LayerNorm(16)
        self.register_buffer("position_ids", torch.arange(6).expand((1, -1)), persistent=False)
        self.query, self.key, self.value = (nn.Linear(16, 16) for _ in range(3))
        self.drop, self.up, self.down = nn.Dropout(0.1), nn.Linear(16, 32), nn.Linear(32, 16)
        self.out = nn.Linear(16, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.drop(self.norm(self.words(x) + self.places(self.position_ids)))
        heads = [one(hidden).unflatten(-1, (2, 8)).transpose(1, 2) for one in (self.query, self.key, self.value)]
        chance = 0.1 if self.training else 0.0
        seen = functional.scaled_dot_product_attention(heads[0], heads[1], heads[2], dropout_p=chance)
        hidden = self.norm(hidden + seen.transpose(1, 2).flatten(-2))
        logits: torch.Tensor = self.out((hidden + self.down(functional.gelu(self.up(hidden))))[:, 0])
        return logits


def split_of(rows: int) -> AuditData:
    rng = np.random.default_rng(0)
    inputs = rng.normal(0, 1, (rows, 4)).astype(np.float32)
    labels = np.where(inputs[:, 0] + inputs[:, 1] > 0, "yes", "no")
    return AuditData(inputs, labels=labels, positive="yes", name="training")


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    """What `make` makes with parameters that are the same in every run."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make().eval()


def wrapped(module: nn.Module, **options: Any) -> Any:
    options = {"classes": ("no", "yes"), "task": "binary", "output": "logits"} | options
    return auditkit.wrap(module, name="net", **options)


def run(model: Any, data: AuditData, **parameters: Any) -> Trained:
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data), seed=5)
    quick = {"epochs": 6, "batch_size": 60, "canary_steps": 0, "twin_steps": 0}
    return DpSgd(**quick | parameters).train(model, data, context)


def value(trained: Trained, name: str) -> float:
    measured = next(measurement.value for measurement in trained.measurements if measurement.name == name)
    assert measured is not None
    return measured


def judged(private: Trained) -> Measurement:
    """Epsilon after the controls were applied."""
    result = CheckResult(
        check="train.dp-sgd", plugin="privacy", plugin_version="0", about=About(title="", question=""),
        status="measured", measurements=private.measurements, controls=private.controls,
    )  # fmt: skip
    return apply_controls(result).measurements[0]


def without_accounting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No accountant, which takes a second: for tests that do not ask what epsilon is."""
    cost = Spent(1.0, Certified(1.0, 1.0, 1.0), 1.0)
    monkeypatch.setattr("auditkit.plugins.privacy.dp_sgd.trainer.spent", lambda *phases: cost)
    monkeypatch.setattr("auditkit.plugins.privacy.dp_sgd.trainer.noise_for", lambda *asked: 0.8)
    monkeypatch.setattr(findings, "epsilon_curve", lambda histories, *rest: [1.0] * len(histories))
