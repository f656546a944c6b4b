"""Every torch check gives on the GPU what it gives on the CPU, and the model stays where it was."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import auditkit
from auditkit.data import AuditData

pytestmark = pytest.mark.gpu


def digits(device: str) -> tuple[auditkit.Model, AuditData]:
    import torch
    from sklearn.datasets import load_digits

    from auditkit.demos.networks import fit, make_cnn, seeded

    loaded = load_digits()
    pictures, labels = (loaded.images / 16).astype(np.float32)[:, None], loaded.target.astype(np.int64)
    network = seeded(make_cnn)
    fit(network, pictures[:600], labels[:600], epochs=4)
    train = AuditData(pictures[:600], labels[:600], task="multiclass", modality="image")
    data = AuditData(pictures[600:1000], labels[600:1000], task="multiclass", modality="image", train=train)
    module = copy.deepcopy(network).to(torch.device(device))
    return auditkit.wrap(module, task="multiclass", classes=tuple(range(10))), data


@pytest.mark.parametrize(
    "check", ["performance.quality", "explanations.gradients", "robustness.evasion", "privacy.membership"]
)
def test_the_gpu_agrees_with_the_cpu(check):
    import torch

    by_device = {}
    for device in ("cpu", "cuda"):
        model, data = digits(device)
        result = auditkit.audit(model, data, checks=[check], budget="quick")
        assert result.results[0].status == "measured", result.results[0].reason
        assert next(model.estimator().parameters()).device.type == device
        by_device[device] = {
            (measurement.name, str(measurement.slice), str(measurement.conditions)): measurement.value
            for measurement in result.results[0].measurements
        }
    assert by_device["cpu"].keys() == by_device["cuda"].keys()
    for key, value in by_device["cpu"].items():
        assert value == pytest.approx(by_device["cuda"][key], abs=1e-4), key
    torch.cuda.empty_cache()


def test_private_training_runs_on_the_gpu():
    model, data = digits("cuda")
    comparison = auditkit.compare(
        [model], data, checks=["performance"], budget="quick",
        train=[{"trainer": "dp-sgd", "target_epsilon": 5.0}],
    )  # fmt: skip
    assert [result.model.device.partition(":")[0] for result in comparison.results] == ["cuda", "cuda"]
