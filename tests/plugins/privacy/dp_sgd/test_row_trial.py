"""Rows that mix are seen before anything is trained; layers that opacus refuses are named."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from auditkit.errors import ModelError
from auditkit.plugins.privacy.dp_sgd.layers import unfit_layers
from auditkit.plugins.privacy.dp_sgd.row_trial import per_row_error
from tests.plugins.privacy.dp_sgd.test_training_loop import mlp, problem, weights


class Mixing(nn.Module):
    """Normalises over the batch by hand: no validator sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 8), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.first(x)
        return self.second((hidden - hidden.mean(0)) / (hidden.std(0, unbiased=False) + 0.1))


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 3), nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(self.first(x), self.second.weight)


def test_rows_that_mix_are_seen_and_rows_that_do_not_are_not() -> None:
    inputs, targets = problem()
    convolution = nn.Sequential(
        nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 8, 2), nn.GroupNorm(2, 8), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(),
        nn.Linear(8, 3),
    )  # fmt: skip
    for healthy in (mlp(), convolution):
        assert per_row_error(healthy, inputs, targets, functional.cross_entropy) < 1e-4
    mixing = Mixing()
    assert not unfit_layers(mixing), "the validator lets it pass"
    assert per_row_error(mixing, inputs, targets, functional.cross_entropy) > 0.05


def test_the_trial_leaves_the_module_alone() -> None:
    module, (inputs, targets) = mlp(), problem()
    before = weights(module)
    per_row_error(module, inputs, targets, functional.cross_entropy)
    assert torch.equal(before, weights(module))
    assert all(parameter.grad is None and not hasattr(parameter, "grad_sample") for parameter in module.parameters())
    assert not any(layer._forward_hooks for layer in module.modules())


def test_a_weight_used_outside_its_layer_is_refused() -> None:
    with pytest.raises(ModelError, match=r"no gradient by row.*second\.weight"):
        per_row_error(Functional(), *problem(), functional.cross_entropy)


def test_layers_that_opacus_refuses_are_named() -> None:
    assert "BatchNorm" in unfit_layers(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)))[0]
    assert not unfit_layers(mlp())
