"""Splits, parents and trainings that the tests of private training share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

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
    monkeypatch.setattr("auditkit.plugins.privacy.dp_sgd.trainer.spent", lambda phases, delta: cost)
    monkeypatch.setattr(findings, "epsilon_curve", lambda histories, *rest: [1.0] * len(histories))
