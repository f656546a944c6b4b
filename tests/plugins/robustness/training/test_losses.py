"""The losses and the climb where the worst change is known."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import nn
from torch.nn import functional

from auditkit.plugins.robustness.attacks import ascent
from auditkit.plugins.robustness.surface import Surface
from auditkit.plugins.robustness.training import losses
from auditkit.plugins.robustness.training.fit import evaluating
from tests.plugins.models.modules import Cnn


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def linear(weights: list[float], bias: float = 0.0) -> Surface:
    """One logit over units."""
    layer = nn.Linear(len(weights), 1)
    layer.weight.data, layer.bias.data = torch.tensor([weights]), torch.tensor([bias])
    zero = torch.zeros(len(weights))
    return Surface(layer, "one logit", zero, zero + 1, zero)


@given(
    st.lists(st.floats(-3, 3, width=32).filter(lambda weight: abs(weight) > 1e-3), min_size=1, max_size=5),
    st.floats(0.01, 1), st.integers(0, 99), st.integers(1, 12),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_against_a_linear_model_the_climb_reaches_the_worst_corner(weights, epsilon, seed, steps):
    rng = np.random.default_rng(seed)
    x = torch.tensor(rng.normal(size=(6, len(weights)))).float()
    classes = torch.tensor(rng.integers(0, 2, 6))
    surface = linear(weights, 0.3)
    attacked = losses.madry(surface, x, classes, losses.Climb(x - epsilon, x + epsilon, steps, generator(seed)))
    assert (attacked.changed >= x - epsilon).all() and (attacked.changed <= x + epsilon).all()
    sign = 2.0 * classes - 1
    away = -sign[:, None] * torch.tensor(weights).sign() * epsilon
    assert torch.allclose(attacked.changed, x + away, atol=1e-6)
    # the worst margin is the margin less epsilon times the sum of absolute weights
    margin = sign * (x @ torch.tensor(weights) + 0.3) - epsilon * torch.tensor(weights).abs().sum()
    assert float(attacked.loss.detach()) == pytest.approx(
        float(functional.softplus(-margin).mean()), rel=1e-4, abs=1e-6
    )


def test_the_box_is_kept_where_the_range_ends():
    x = torch.tensor([[0.0, 1.0]])
    low, high = torch.tensor([[0.0, 0.8]]), torch.tensor([[0.2, 1.0]])
    attacked = losses.madry(linear([1.0, -1.0]), x, torch.tensor([1]), losses.Climb(low, high, 5, generator()))
    assert attacked.changed.tolist() == [[0.0, 1.0]]
    assert losses.madry(
        linear([1.0, -1.0]), x, torch.tensor([0]), losses.Climb(low, high, 5, generator())
    ).changed.tolist() == [[pytest.approx(0.2), pytest.approx(0.8)]]


def test_trades_by_hand():
    """One logit 0 about the row: probabilities one half each, and the change moves the logit by one."""
    surface = linear([1.0])
    x = torch.zeros(1, 1)
    attacked = losses.trades(surface, x, torch.tensor([1]), losses.Climb(x - 1, x + 1, 9, generator()), beta=2.0)
    other = 1 / (1 + math.exp(-1))
    apart = 0.5 * math.log(0.5 / other) + 0.5 * math.log(0.5 / (1 - other))
    assert abs(float(attacked.changed)) == pytest.approx(1)
    assert float(attacked.loss.detach()) == pytest.approx(math.log(2) + 2 * apart, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_trades_is_its_formula_and_finds_the_worst_corner(seed):
    torch.manual_seed(seed)
    layer = nn.Linear(3, 4)
    zero = torch.zeros(3)
    surface = Surface(layer, "logits", zero, zero + 1, zero)
    x, classes = torch.randn(5, 3), torch.tensor([0, 1, 2, 3, 0])
    climbs = [losses.Climb(x - 0.3, x + 0.3, 30, generator(start)) for start in range(8)]
    tries = [losses.trades(surface, x, classes, climb, beta=6.0) for climb in climbs]
    for attacked in tries:
        p, q = (layer(points).softmax(1).detach().double().numpy() for points in (x, attacked.changed))
        slow = 0.0
        for row in range(5):
            slow -= math.log(p[row, int(classes[row])])
            for column in range(4):
                slow += 6.0 * p[row, column] * math.log(p[row, column] / q[row, column])
        assert float(attacked.loss.detach()) == pytest.approx(slow / 5, rel=1e-4)
    corners = torch.tensor(list(itertools.product((-0.3, 0.3), repeat=3)))
    plain = layer(x).log_softmax(1)
    worst = torch.stack([losses.divergence(plain, layer(x + corner).log_softmax(1)) for corner in corners]).amax(0)
    reached = torch.stack([losses.divergence(plain, layer(attempt.changed).log_softmax(1)) for attempt in tries]).amax(
        0
    )
    assert (reached <= worst + 1e-6).all() and (reached >= 0.97 * worst).all()


def test_both_losses_teach_the_parameters_and_leave_the_mode():
    network = Cnn()
    zero = torch.zeros(1, 8, 8)
    surface = Surface(network, "logits", zero, zero + 1, zero)
    x, classes = torch.rand(6, 1, 8, 8), torch.tensor([0, 1, 2, 0, 1, 2])
    for loss in (losses.madry, lambda *arguments: losses.trades(*arguments, beta=6.0)):
        network.train()
        before = network.body[1].running_mean.clone()
        attacked = loss(surface, x, classes, losses.Climb(x - 0.1, x + 0.1, 3, generator()))
        assert network.training and all(module.training for module in network.modules())
        assert all(parameter.requires_grad and parameter.grad is None for parameter in network.parameters())
        attacked.loss.backward()
        assert all(parameter.grad is not None for parameter in network.parameters())
        assert not torch.equal(network.body[1].running_mean, before), "it learned in training mode"
        network.zero_grad(set_to_none=True)


def test_evaluating_puts_back_also_after_an_exception():
    network = Cnn().train()
    network.head.bias.requires_grad_(False)
    network.body[3].eval()
    with pytest.raises(RuntimeError), evaluating(network):
        assert not any(module.training for module in network.modules())
        assert not any(parameter.requires_grad for parameter in network.parameters())
        raise RuntimeError
    assert not network.body[3].training and network.head.training
    assert not network.head.bias.requires_grad and network.head.weight.requires_grad


def test_broken_counts_a_row_that_is_wrong_as_it_is():
    x = torch.tensor([[0.5], [-0.05], [-2.0]])
    broken = ascent.broken(linear([1.0]), x, torch.tensor([0, 0, 0]), x - 0.1, x + 0.1, 5, generator())
    assert broken.tolist() == [True, True, False]
