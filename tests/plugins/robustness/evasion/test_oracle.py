"""The check beside ART's projected gradient descent: its curve is nowhere above ART's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import auditkit
from auditkit.art import quiet, require_art, seeded
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.plugins.robustness.evasion.check import Evasion
from auditkit.predictions import Predictions

pytest.importorskip("art")


@pytest.mark.parametrize(("norm", "order"), [("Linf", np.inf), ("L2", 2)])
def test_every_row_that_art_breaks_is_broken(norm: Any, order: float, digits: Any) -> None:
    import copy

    import torch

    pictures, labels = digits.pictures[:100], digits.labels[:100]
    data = AuditData(pictures, labels=labels, task="multiclass", modality="image")
    model = auditkit.wrap(digits.network, classes=tuple(range(10)), task="multiclass")
    check = Evasion(rows=100, norm=norm, steps=20, trial_rows=20, square_queries=50)
    findings = check(model, data, Context(rng=np.random.default_rng(0), predictions=Predictions(model, data)))
    curve = {
        measurement.conditions["epsilon"]: measurement.value
        for measurement in findings.measurements
        if measurement.name == "robust_accuracy"
    }
    estimators = require_art("art.estimators.classification.pytorch")
    attacks = require_art("art.attacks.evasion.projected_gradient_descent.projected_gradient_descent_pytorch")
    with quiet(), seeded(0):
        classifier = estimators.PyTorchClassifier(
            copy.deepcopy(digits.network), torch.nn.CrossEntropyLoss(), (1, 8, 8), 10, clip_values=(0.0, 1.0),
            device_type="cpu",
        )  # fmt: skip
        for epsilon in check.grid:
            attack = attacks.ProjectedGradientDescentPyTorch(
                classifier, norm=order, eps=epsilon, eps_step=epsilon / 8, max_iter=20, batch_size=128, verbose=False
            )
            points = attack.generate(pictures, y=np.eye(10, dtype=np.float32)[labels])
            with torch.no_grad():
                decided = digits.network(torch.as_tensor(points)).argmax(1).numpy()
            assert (curve[epsilon] or 0) <= np.mean(decided == labels) + 1e-9, epsilon
