"""Paths behind a first affine layer: where that is the whole of what the input does, and where it is not."""

import numpy as np
import pytest
import torch

from auditkit.plugins.explanations.gradients.affine_entry import affine_entry
from auditkit.plugins.explanations.gradients.integrated import integrated_gradients
from auditkit.plugins.explanations.gradients.network import Network
from auditkit.plugins.explanations.gradients.points import Points, ranges_of
from auditkit.plugins.explanations.gradients.units import make_units


class Beside(torch.nn.Module):
    """A first layer, and something else that is made of the input."""

    def __init__(self, beside):
        super().__init__()
        self.first, self.last, self.beside = torch.nn.Linear(12, 4), torch.nn.Linear(4, 2), beside

    def forward(self, x):
        return self.last(torch.relu(self.first(x.flatten(1)))) + self.beside(x.flatten(1)).mean(dim=1, keepdim=True)


def nothing(x):
    return torch.zeros_like(x)


def network(beside=nothing):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Network(Beside(beside).eval(), np.array([0, 1, 0]))


def entry(net, shape=(3, 12)):
    rows = torch.as_tensor(np.random.default_rng(0).normal(size=shape), dtype=torch.float32)
    return affine_entry(net, rows, torch.arange(len(rows)))


def test_the_layer_through_which_all_goes():
    assert entry(network()) == "first" == entry(network(), (3, 3, 4))
    assert entry(network(torch.square)) is None, "by a gradient"
    assert entry(network(lambda x: (x > 0).to(x))) is None, "by a comparison, which has none"
    assert entry(Network(torch.nn.Linear(12, 2), np.zeros(3, int))) is None, "it is the whole network"
    assert entry(Network(torch.nn.Sequential(torch.nn.Linear(12, 10)), np.zeros(3, int))) is None, "hardly narrower"
    twice = torch.nn.Linear(12, 4)

    class Twice(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = twice

        def forward(self, x):
            return torch.relu(self.first(x)) + torch.sigmoid(self.first(x))

    assert entry(Network(Twice(), np.zeros(3, int))) is None
    assert "forward" not in vars(twice) and not twice._forward_pre_hooks


def test_behind_it_paths_give_what_they_give_before_it(monkeypatch):
    net = network()
    rows = torch.as_tensor(np.random.default_rng(1).normal(size=(3, 12)), dtype=torch.float32)
    points = Points(
        net, rows, torch.ones(1, 12), torch.arange(3), make_units((12,), False, None), rows, ranges_of(rows)
    )
    behind = integrated_gradients(points)
    monkeypatch.setattr("auditkit.plugins.explanations.gradients.integrated.affine_entry", lambda *_: None)
    before = integrated_gradients(points)
    assert behind.values == pytest.approx(before.values, abs=1e-5) and behind.steps.tolist() == before.steps.tolist()
    assert "forward" not in vars(net.module.first)
