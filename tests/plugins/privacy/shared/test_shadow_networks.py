"""Shadow networks that are trained at once are those that are trained one after another."""

from __future__ import annotations

import copy
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

from auditkit.errors import ModelError
from auditkit.plugins.privacy.shared import shadow_networks
from auditkit.plugins.privacy.shared.shadow_networks import (
    OneAfterAnother,
    Recipe,
    Vectorised,
    answers,
    batches,
    fit,
)
from auditkit.plugins.privacy.shared.stacked_mlp import StackedMlp

ROWS, COPIES = 60, 5


def mlp() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 7), nn.ReLU(), nn.Linear(7, 6), nn.ReLU(), nn.Linear(6, 3))


def tanh() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 7), nn.Tanh(), nn.LayerNorm(7), nn.Linear(7, 3))


def batch_norm() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 7), nn.BatchNorm1d(7), nn.ReLU(), nn.Linear(7, 3))


def networks(make) -> list[nn.Module]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return [make().double() for _ in range(COPIES)]


def problem() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(ROWS, 4, generator=generator, dtype=torch.float64)
    return inputs, inputs[:, :3].argmax(1), torch.rand(COPIES, ROWS, generator=generator) < 0.5


SGD = partial(torch.optim.SGD, lr=0.2, momentum=0.9, weight_decay=1e-3)
ADAM = partial(torch.optim.Adam, lr=0.01)


@pytest.mark.parametrize("optimizer", [SGD, ADAM], ids=["sgd", "adam"])
@pytest.mark.parametrize(
    ("make", "kind"), [(mlp, StackedMlp), (tanh, Vectorised), (batch_norm, OneAfterAnother)], ids=["mlp", "any", "bn"]
)
def test_trained_at_once_is_trained_one_after_another(make, kind, optimizer, monkeypatch) -> None:
    monkeypatch.setattr(shadow_networks, "AT_ONCE", 3)
    inputs, targets, members = problem()
    at_once = networks(make)
    alone = copy.deepcopy(at_once)
    recipe = Recipe(epochs=4, batch_size=8, optimizer=optimizer)
    assert type(shadow_networks._stack(at_once, inputs, targets, shadow_networks.cross_entropy)) is kind
    fit(at_once, inputs, targets, members, recipe, seed=3)
    monkeypatch.setattr(
        shadow_networks, "_stack", lambda group, *_: OneAfterAnother(group, shadow_networks.cross_entropy)
    )
    fit(alone, inputs, targets, members, recipe, seed=3)
    assert answers(at_once, inputs).shape == (COPIES, ROWS, 3)
    torch.testing.assert_close(answers(at_once, inputs), answers(alone, inputs), rtol=1e-8, atol=1e-8)
    for one, other in zip(at_once, alone, strict=True):
        assert not one.training
        torch.testing.assert_close(one.state_dict(), other.state_dict(), rtol=1e-8, atol=1e-8)


def test_a_network_is_that_of_an_ordinary_loop_over_its_rows() -> None:
    """The slow and obvious one: the same batches, torch's mean loss, one network."""
    inputs, targets, members = problem()
    shadows = networks(mlp)
    plain = copy.deepcopy(shadows[2])
    fit(shadows, inputs, targets, members, Recipe(1, 8, SGD), seed=7)
    own = torch.randint(2**62, (1,), generator=torch.Generator().manual_seed(7))
    order = batches(members, 8, torch.Generator().manual_seed(int(own)))
    optimizer = SGD(plain.parameters())
    for rows, weights in zip(order.rows[2], order.weights[2], strict=True):
        optimizer.zero_grad()
        functional.cross_entropy(plain(inputs[rows[weights > 0]]), targets[rows[weights > 0]]).backward()
        optimizer.step()
    torch.testing.assert_close(shadows[2].state_dict(), plain.state_dict(), rtol=1e-9, atol=1e-9)


def test_each_network_sees_its_rows_once_an_epoch_and_no_others() -> None:
    _, _, members = problem()
    order = batches(members, 8, torch.Generator().manual_seed(0))
    for mine, rows, weights in zip(members, order.rows, order.weights, strict=True):
        assert sorted(rows[weights > 0].tolist()) == torch.nonzero(mine).flatten().tolist()
        sizes = (weights > 0).sum(1)
        assert int(sizes.max() - sizes.min()) <= 1 and abs(float(sizes.double().mean()) - 8) <= 2
        torch.testing.assert_close(weights.sum(1), torch.ones(len(weights), dtype=torch.float64))
    other = batches(members, 8, torch.Generator().manual_seed(1))
    assert not torch.equal(order.rows, other.rows)


def test_members_are_known_by_heart_and_others_are_not() -> None:
    """With labels that mean nothing a shadow network is better on its own rows than on the others."""
    inputs, _, members = problem()
    labels = torch.randint(3, (ROWS,), generator=torch.Generator().manual_seed(5))
    shadows = networks(mlp)
    fit(shadows, inputs, labels, members, Recipe(300, 16, ADAM), seed=0)
    losses = torch.stack([shadow_networks.cross_entropy(of_one, labels) for of_one in answers(shadows, inputs)])
    assert float(losses[members].mean()) < 0.8 < float(losses[~members].mean())


def test_other_losses_and_frozen_layers_are_trained_too() -> None:
    inputs, _, members = problem()

    def squares(outputs: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        return (outputs[:, 0] - wanted) ** 2

    shadows = networks(mlp)
    before = shadows[0][0].weight.clone()
    for shadow in shadows:
        shadow[0].requires_grad_(False)
    fit(shadows, inputs, inputs.sum(1), members, Recipe(200, 16, ADAM), 0, squares)
    assert float(squares(answers(shadows, inputs).flatten(0, 1), inputs.sum(1).repeat(COPIES)).mean()) < 1.5
    assert torch.equal(before, shadows[0][0].weight)
    assert not StackedMlp.serves(shadows[0], inputs, torch.zeros(ROWS, dtype=torch.int64))


def test_a_network_without_rows_is_refused() -> None:
    inputs, targets, members = problem()
    members[1] = False
    with pytest.raises(ModelError, match="needs rows"):
        fit(networks(mlp), inputs, targets, members, Recipe(1, 8, SGD), seed=0)
