"""Digits and a network for the trainers, and readers of what a trainer returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import auditkit
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.demos.networks import fit, make_cnn, seeded
from auditkit.predictions import Predictions
from auditkit.trainers import Trained, Trainer


class Pictures(NamedTuple):
    parent: Any
    train: AuditData
    unseen: AuditData


@pytest.fixture(scope="session")
def pictures() -> Pictures:
    """Digits, and a network that was trained on plain ones."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    x, y = (loaded.images / 16).astype(np.float32)[:, None], loaded.target.astype(np.int64)
    network = seeded(make_cnn)
    fit(network, x[:1000], y[:1000], epochs=8)
    train = AuditData(x[:1000], y[:1000], task="multiclass", modality="image", name="training")
    unseen = AuditData(x[1000:1300], y[1000:1300], task="multiclass", modality="image", train=train)
    return Pictures(
        auditkit.wrap(network, task="multiclass", classes=tuple(range(10)), name="plain"), train, unseen
    )  # fmt: skip


@pytest.fixture(scope="session")
def run_trainer() -> Callable[..., Trained]:
    """Runs a trainer as an audit does."""

    def run(trainer: Trainer, model: Any, data: AuditData, seed: int = 5) -> Trained:
        context = Context(rng=np.random.default_rng(seed), predictions=Predictions(model, data), seed=seed)
        return trainer.train(model, data, context)

    return run


def value(trained: Trained, name: str) -> float:
    measured = next(measurement.value for measurement in trained.measurements if measurement.name == name)
    assert measured is not None
    return measured


def failing(trained: Trained) -> set[str]:
    return {control.name for control in trained.controls if control.holds is not True}
