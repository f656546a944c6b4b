"""An audit leaves a torch module, and the generators of random numbers, as it found them."""

from __future__ import annotations

import contextlib
import copy

import numpy as np
import pytest
import torch
from torch import nn

from tests.plugins.models.modules import Cnn, Recurrent, mlp
from tests.plugins.models.tables import wrapped

IMAGES = np.random.default_rng(0).random((6, 1, 8, 8), dtype=np.float32)


def used_cnn():
    """A module in a state that nobody would choose: half in train mode, half frozen, with gradients and hooks."""
    module = Cnn()
    module.train()
    module.body.eval()
    module.body[3].train()
    module.head.weight.requires_grad_(False)
    module.body[0].weight.grad = torch.ones_like(module.body[0].weight)
    module.head.register_forward_hook(lambda *_: None)
    return module


def state(module):
    return {
        "modes": [layer.training for layer in module.modules()],
        "hooks": [
            {name: list(value.items()) for name, value in vars(layer).items() if "_hooks" in name and value}
            for layer in module.modules()
        ],
        "needs": [parameter.requires_grad for parameter in module.parameters()],
        "parameters": [
            (id(parameter), parameter.detach().clone().numpy().tobytes()) for parameter in module.parameters()
        ],
        "gradients": [
            None if parameter.grad is None else parameter.grad.clone().numpy().tobytes()
            for parameter in module.parameters()
        ],
        "same gradients": [None if parameter.grad is None else id(parameter.grad) for parameter in module.parameters()],
        "buffers": [buffer.clone().numpy().tobytes() for buffer in module.buffers()],
        "names": [sorted(layer._modules) for layer in module.modules()],
    }


def disturb(module):
    """Everything that a careless library does."""
    module.train()
    module(torch.from_numpy(IMAGES))
    for parameter in module.parameters():
        parameter.requires_grad_(True)
    module(torch.from_numpy(IMAGES)).sum().backward()
    module.zero_grad(set_to_none=False)
    module.body[0].register_forward_hook(lambda *_: None)
    module.head._forward_hooks.clear()
    module.head.register_full_backward_hook(lambda *_: None)
    module.extra = nn.Linear(1, 1)
    module.head.weight.data.add_(1)
    with torch.no_grad():
        module.head.bias.mul_(2)


@pytest.mark.parametrize("enter", ["module", "kept"])
@pytest.mark.parametrize("fails", [False, True])
def test_everything_is_put_back(enter, fails):
    module = used_cnn()
    model = wrapped(module, classes="abc")
    before = state(module)
    with contextlib.suppress(ZeroDivisionError), getattr(model, enter)():
        disturb(module)
        assert state(module) != before
        if fails:
            raise ZeroDivisionError
    assert state(module) == before


def test_inside_the_module_is_frozen():
    module = used_cnn()
    with wrapped(module, classes="abc").module() as inside:
        assert inside is module
        assert not any(module.training for module in inside.modules())
        assert not any(parameter.requires_grad for parameter in inside.parameters())
        assert all(parameter.grad is None for parameter in inside.parameters())


@pytest.mark.parametrize("ask", ["answers", "gradients"])
def test_asking_leaves_no_trace(ask):
    module = used_cnn()
    model = wrapped(module, classes="abc")
    before = state(module)
    if ask == "answers":
        first, second = model.answers(IMAGES).probabilities, model.answers(IMAGES).probabilities
    else:
        first, second = (model.gradients(IMAGES, np.zeros(6, int)) for _ in range(2))
    assert state(module) == before
    np.testing.assert_array_equal(first, second)  # no dropout, no batch statistics


def test_a_failing_module_gets_its_mode_back():
    class Broken(nn.Module):
        def forward(self, inputs):
            raise ValueError("no")

    module = Broken().train()
    with contextlib.suppress(Exception):
        wrapped(module).answers(IMAGES)
    assert module.training


def test_random_states_stay():
    model = wrapped(mlp())
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()
    inputs = np.ones((5, 4), np.float32)
    model.answers(inputs)
    model.gradients(inputs, np.zeros(5, int))
    assert torch.equal(torch.get_rng_state(), torch_state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)


def test_a_layer_that_caches_serves_gradients_afterwards():
    class Caching(nn.Module):
        def __init__(self):
            super().__init__()
            self.cache = None
            self.inner = nn.Linear(4, 2)

        def forward(self, inputs):
            if self.cache is None:
                self.cache = torch.arange(4.0).sqrt()
            return self.inner(inputs * self.cache)

    model = wrapped(Caching())
    inputs = np.ones((5, 4), np.float32)
    model.answers(inputs)
    assert np.isfinite(model.gradients(inputs, np.zeros(5, int))).all()


def test_recurrent_state_is_put_back_too():
    module = Recurrent()
    before = copy.deepcopy(module.state_dict())
    with wrapped(module).module() as inside, torch.no_grad():
        inside.cells.weight_ih_l0.zero_()
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
