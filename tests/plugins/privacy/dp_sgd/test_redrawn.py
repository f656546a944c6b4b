"""What is drawn anew hangs together with nothing; constants of an initialisation are told from what was learned."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from auditkit.plugins.privacy.dp_sgd import redrawn
from auditkit.plugins.privacy.dp_sgd.reachable import Leaf, reachable
from auditkit.plugins.privacy.dp_sgd.redrawn import Draws, alike, constants


def draws_of(make: Callable[[], nn.Module], parent: nn.Module | None = None) -> Draws:
    return Draws(*(reachable(one) for one in (parent or make(), make(), make(), make())))


def parameters(draws: Draws) -> list[str]:
    return [name for name, leaf in draws.fresh.items() if isinstance(leaf.value, torch.Tensor)]


def orthogonal() -> nn.Module:
    layer = nn.Linear(16, 16)
    nn.init.orthogonal_(layer.weight)
    return layer


def near_identity() -> nn.Module:
    """The first weights of Le et al., 2015, arXiv:1504.00941, with some noise."""
    layer = nn.Linear(16, 16)
    layer.weight.data = torch.eye(16) + 0.01 * torch.randn(16, 16)
    return layer


def forgetful() -> nn.Module:
    """Gates that begin open (Gers et al., 2000, doi:10.1162/089976600300015015)."""
    layer = nn.LSTM(3, 16)
    with torch.no_grad():
        layer.bias_ih_l0[16:32] = 1
        layer.bias_hh_l0.zero_()
    return layer


HEALTHY: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Linear(8, 16), "convolution": lambda: nn.Conv2d(3, 8, 3), "orthogonal": orthogonal,
    "norms and slopes": lambda: nn.Sequential(nn.LayerNorm(40), nn.GroupNorm(4, 40), nn.PReLU(40)),
    "words": lambda: nn.Embedding(30, 8, padding_idx=0), "gates": forgetful, "near the identity": near_identity,
    "attention": lambda: nn.MultiheadAttention(16, 2), "many small": lambda: nn.Sequential(*[nn.Linear(2, 2)] * 9),
}  # fmt: skip


@pytest.mark.parametrize("kind", HEALTHY)
def test_healthy_draws_are_left_alone(kind: str) -> None:
    torch.manual_seed(1)
    for _ in range(5):
        draws = draws_of(HEALTHY[kind])
        assert alike(draws, parameters(draws)) == []


def test_a_draw_about_the_parent_is_found_as_are_draws_about_anything_else() -> None:
    torch.manual_seed(0)
    parent, elsewhere = nn.Linear(8, 16), nn.Linear(8, 16)

    def about(known: nn.Module, share: float = 1.0) -> nn.Module:
        layer = nn.Linear(8, 16)
        for own, other in zip(layer.parameters(), known.parameters(), strict=True):
            held = torch.rand_like(own) < share
            own.data = torch.where(held, other + 0.2 * own.detach(), own.detach())
        return layer

    for draws in (draws_of(lambda: about(parent), parent), draws_of(lambda: about(elsewhere), parent)):
        assert "weight" in alike(draws, ["weight"])
    only_first = Draws(reachable(parent), reachable(about(parent)), *(reachable(nn.Linear(8, 16)) for _ in range(2)))
    assert alike(only_first, ["weight"]) == ["weight"], "a copy that is drawn anew beside it does not hide it"
    half = Draws(*(reachable(one) for one in (parent, about(parent, 0.6), about(parent, 0.6), about(parent, 0.6))))
    assert alike(half, ["weight"]) == ["weight"]


def test_the_score_is_fishers() -> None:
    rng = np.random.default_rng(0)
    sides = rng.normal(0, 1, (4, 50)) + rng.normal(0, 1, 50)
    tensors = [torch.tensor(side) for side in sides]
    pairs = ((1, 0), (2, 0), (1, 2), (3, 2))
    for (value, numbers), (one, other) in zip(redrawn._correlations(*tensors), pairs, strict=True):
        expected = np.corrcoef(sides[one], sides[other])[0, 1]
        assert math.isclose(value, expected, rel_tol=1e-9) and numbers == 50
    assert math.isclose(redrawn._fisher(0.5, 103), 5.493061, rel_tol=1e-6), "atanh(0.5) = 0.5493061, by hand"


class Scaled(nn.Module):
    def __init__(self, value: float, width: int = 40) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((width,), value))


def test_a_constant_comes_back_where_the_parent_holds_another_number() -> None:
    layer_scale = draws_of(lambda: Scaled(1e-4))
    assert constants(layer_scale, ["gamma"]) == {"gamma"}
    temperature = draws_of(lambda: Scaled(math.log(1 / 0.07), 1))
    assert constants(temperature, ["gamma"]) == {"gamma"}
    carried_over = layer_scale._replace(altered=reachable(Scaled(1 + 1e-4)))
    assert constants(carried_over, ["gamma"]) == set()


def test_constants_that_could_hold_data_are_none() -> None:
    row = torch.randn(6)

    def loaded() -> nn.Module:
        module = nn.Module()
        module.row = nn.Parameter(row.clone())
        return module

    assert constants(draws_of(loaded), ["row"]) == set()
    many = {f"scale{place}": Leaf(str(place), (), torch.tensor(place / 7)) for place in range(17)}
    few = dict(list(many.items())[:16])
    assert constants(Draws(few, few, few, few), list(few)) == set(few)
    assert constants(Draws(many, many, many, many), list(many)) == set()
