"""Torch modules on a GPU answer as on the processor."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tests.plugins.models.modules import Cnn, Recurrent, mlp
from tests.plugins.models.tables import numbers, wrapped

pytestmark = pytest.mark.gpu

X = numbers().astype(np.float32)
IMAGES = np.random.default_rng(0).random((40, 1, 8, 8), dtype=np.float32)
SEQUENCES = np.random.default_rng(0).normal(size=(40, 6, 4)).astype(np.float32)
CASES = [
    (lambda: mlp(), X, {}),
    (lambda: mlp(1), X, {"task": "binary"}),
    (lambda: mlp(1), X, {"task": "regression"}),
    (lambda: Cnn(), IMAGES, {}),
    (lambda: Recurrent(nn.LSTM), SEQUENCES, {}),
    (lambda: Recurrent(nn.GRU), SEQUENCES, {}),
]


@pytest.mark.parametrize(("make", "inputs", "options"), CASES)
def test_gpu_agrees_with_cpu(make, inputs, options):
    torch.manual_seed(0)
    module = make()
    cpu_model, gpu_model = wrapped(module, **options), wrapped(module, device="cuda", **options)
    for on_cpu, on_gpu in zip(cpu_model.answers(inputs), gpu_model.answers(inputs), strict=True):
        if on_cpu is not None:
            np.testing.assert_allclose(on_cpu, on_gpu, atol=1e-4)
    targets = np.zeros(len(inputs), int)
    np.testing.assert_allclose(cpu_model.gradients(inputs, targets), gpu_model.gradients(inputs, targets), atol=1e-4)
    assert gpu_model.device.startswith("cuda") and gpu_model.encode(inputs).is_cuda
    assert cpu_model.fingerprint == gpu_model.fingerprint


def test_the_users_module_stays_where_it_is():
    module = mlp()
    model = wrapped(module, device="cuda")
    model.answers(X)
    with model.module() as inside:
        assert next(inside.parameters()).is_cuda
    assert not next(module.parameters()).is_cuda
    on_gpu = mlp().cuda()
    assert wrapped(on_gpu).device.startswith("cuda")
    wrapped(on_gpu, device="cpu").answers(X)
    assert next(on_gpu.parameters()).is_cuda


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_recurrent_gradients_under_cudnn(kind):
    module = Recurrent(kind).cuda().train()
    model = wrapped(module)
    assert torch.backends.cudnn.enabled
    assert np.abs(model.gradients(SEQUENCES, np.zeros(40, int))).max() > 0
    with model.module() as inside:
        leaf = model.encode(SEQUENCES).requires_grad_(True)
        inside(leaf).sum().backward()
        assert leaf.grad is not None
    assert torch.backends.cudnn.enabled and module.training


def test_half_batch_after_out_of_memory():
    class Wide(nn.Module):
        def forward(self, inputs):
            total = torch.cuda.get_device_properties(inputs.device).total_memory
            rows = torch.zeros(len(inputs), int(total / 4 / 20), device=inputs.device)  # 20 rows fill the device
            return torch.stack([rows[:, 0] + inputs[:, 0], rows[:, 1]], dim=1)

    model = wrapped(Wide(), device="cuda", batch=64)
    assert model.answers(X[:64]).probabilities.shape == (64, 2)
    assert model.batch < 64 and any("out of memory: the batch was halved" in note for note in model.notes)
    torch.cuda.empty_cache()


def test_a_device_number_that_is_not_there():
    from auditkit.errors import ModelError

    with pytest.raises(ModelError, match="device must be one that torch can use here"):
        wrapped(mlp(), device="cuda:99")
