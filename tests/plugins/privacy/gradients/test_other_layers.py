"""Layers without a formula are computed by themselves, row by row."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from auditkit.errors import ModelError
from auditkit.plugins.privacy.gradients.alone import OneByOne
from auditkit.plugins.privacy.gradients.bookkeeper import Bookkeeper
from tests.plugins.privacy.gradients.networks import made, problem


class Scale(nn.Module):
    """As networks from elsewhere write their own normalisation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)


class Adapted(nn.Module):
    """A frozen layer and an update of low rank."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.body = nn.Linear(width, out).requires_grad_(False)
        self.down, self.up = nn.Parameter(torch.ones(2, width)), nn.Parameter(torch.ones(out, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x) + x @ self.down.T @ self.up.T


class Noisy(Scale):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.dropout(super().forward(x), 0.5, self.training)


NETWORKS = {
    "normalisation": (nn.Sequential(nn.Linear(4, 6), Scale(6), nn.Linear(6, 3)), (4,)),
    "update of low rank": (nn.Sequential(Adapted(4, 6), nn.Tanh(), Adapted(6, 3)), (4,)),
    "transposed": (nn.Sequential(nn.ConvTranspose1d(2, 3, 2), nn.PReLU(3), nn.Flatten(), nn.Linear(15, 3)), (2, 4)),
}


@pytest.mark.parametrize("units", [None, torch.arange(24) % 7], ids=["rows", "units"])
@pytest.mark.parametrize(("module", "shape"), NETWORKS.values(), ids=NETWORKS)
def test_a_layer_of_ones_own_gives_the_gradients_of_rows(module, shape, units) -> None:
    inputs, targets = problem(*shape)
    one, expected = (
        kind(made(module), functional.cross_entropy, 0.1).clipped_sum(inputs, targets, units)
        for kind in (Bookkeeper, OneByOne)
    )
    torch.testing.assert_close(one.norms, expected.norms, rtol=1e-10, atol=1e-10)
    for got, wanted in zip(one.sums, expected.sums, strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-10, atol=1e-10)


def test_a_layer_that_draws_random_numbers_is_not_computed_twice() -> None:
    engine = Bookkeeper(made(nn.Sequential(nn.Linear(4, 6), Noisy(6), nn.Linear(6, 3))), functional.cross_entropy, 1.0)
    with pytest.raises(ModelError, match="draws random numbers"):
        engine.clipped_sum(*problem(4))


def test_a_layer_of_two_inputs_is_refused() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Bilinear(4, 4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x, x)

    with pytest.raises(ModelError, match="more than one tensor"):
        Bookkeeper(made(Twice()), functional.cross_entropy, 1.0).clipped_sum(*problem(4))
