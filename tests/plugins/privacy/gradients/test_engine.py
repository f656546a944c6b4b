"""What all engines share: the same sums, whatever fits at once, units whole."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from auditkit.errors import ModelError
from auditkit.plugins.privacy.gradients.choice import ENGINES
from auditkit.plugins.privacy.gradients.engine import added
from auditkit.plugins.privacy.gradients.hooks import Hooks
from tests.plugins.privacy.gradients.networks import made, mlp, problem


@pytest.mark.parametrize("kind", ENGINES, ids=[kind.name for kind in ENGINES])
@pytest.mark.parametrize("units", [None, torch.arange(24) % 7], ids=["rows", "units"])
def test_a_few_rows_at_a_time_are_the_same_sum(kind, units) -> None:
    if kind.name == "opacus hooks":
        pytest.importorskip("opacus")
    inputs, targets = problem(4)
    module = made(mlp())
    module[2].p = 0.0
    whole = ENGINES[-1](module, functional.cross_entropy, 0.1).clipped_sum(inputs, targets, units)
    for at_once in (100, 5, 1):
        engine = kind(module, functional.cross_entropy, 0.1)
        engine.rows_at_once = at_once
        taken = engine.clipped_sum(inputs, targets, units)
        torch.testing.assert_close(taken.norms, whole.norms)
        torch.testing.assert_close(taken.loss, whole.loss)
        for got, expected in zip(taken.sums, whole.sums, strict=True):
            torch.testing.assert_close(got, expected)
        seen = [rows for rows, _ in engine.passes(inputs, targets, units)]
        assert sorted(torch.cat(seen).tolist()) == list(range(24))
        if units is not None:
            assert len({int(code) for code in units}) == sum(len({int(c) for c in units[rows]}) for rows in seen)
        elif at_once < 24:
            assert max(len(rows) for rows in seen) == at_once


def test_rows_of_a_unit_are_added() -> None:
    values = torch.arange(6.0).reshape(3, 2)
    assert added(values, torch.tensor([7, -1, 7])).tolist() == [[2, 3], [4, 6]]


def test_the_module_is_as_before_whatever_the_engine() -> None:
    pytest.importorskip("opacus")
    inputs, targets = problem(4)
    for kind in ENGINES:
        module = made(mlp())
        kind(module, functional.cross_entropy, 1.0).clipped_sum(inputs, targets)
        assert not any(layer._forward_hooks or layer._backward_hooks for layer in module.modules())
        for parameter in module.parameters():
            assert parameter.grad is None and parameter.requires_grad
            assert not {"grad_sample", "summed_grad", "_forward_counter"} & vars(parameter).keys()
        assert not any({"activations", "max_batch_len"} & vars(layer).keys() for layer in module.modules())


def test_a_layer_that_opacus_refuses_is_left_as_it_was() -> None:
    pytest.importorskip("opacus")
    module = nn.Sequential(nn.utils.parametrizations.orthogonal(nn.Linear(4, 8)), nn.Linear(8, 3)).train()
    with pytest.raises(ModelError, match="opacus cannot compute"):
        Hooks(module, functional.cross_entropy, 1.0)
    assert not any(vars(parameter) for parameter in module.parameters())


class Tempered(nn.Module):
    """A parameter that is one number, without an axis."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.scale = nn.Linear(4, 3), nn.Parameter(torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.scale.exp() * self.inside(x)
        return logits


@pytest.mark.parametrize("units", [None, torch.arange(24) % 7], ids=["rows", "units"])
def test_a_parameter_may_be_a_single_number(units) -> None:
    inputs, targets = problem(4)
    module = made(Tempered())
    taken = ENGINES[-1](module, functional.cross_entropy, 1e9).clipped_sum(inputs, targets, units)
    loss = functional.cross_entropy(module(inputs), targets, reduction="sum")
    for got, expected in zip(taken.sums, torch.autograd.grad(loss, list(module.parameters())), strict=True):
        torch.testing.assert_close(got, expected)
