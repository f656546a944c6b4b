"""Any output as logits of the same distribution, and as steep as they usually are."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from auditkit.plugins.robustness.attacks import Problem
from auditkit.plugins.robustness.attacks.losses import margin
from auditkit.plugins.robustness.attacks.problem import flat
from auditkit.plugins.robustness.surface import Surface, as_logits


def surface(module: torch.nn.Module, kind: str = "logits") -> Surface:
    return Surface(module, kind, torch.zeros(2), torch.ones(2), torch.zeros(1, 2))


class Of(torch.nn.Module):
    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


@pytest.mark.parametrize("kind", ["one logit", "one probability", "probabilities", "logits"])
def test_every_output_becomes_logits_of_the_same_distribution(kind: str) -> None:
    chance = torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64)
    both = torch.stack([1 - chance, chance], dim=1)
    output = {
        "one logit": chance.logit()[:, None],
        "one probability": chance,
        "probabilities": both,
        "logits": both.log() + 3,
    }[kind]
    torch.testing.assert_close(as_logits(output, kind).softmax(1), both)


def test_a_probability_of_zero_gives_finite_logits() -> None:
    assert torch.isfinite(as_logits(torch.tensor([[0.0, 1.0]]), "probabilities")).all()
    assert torch.isfinite(as_logits(torch.tensor([0.0, 1.0]), "one probability")).all()


def test_an_unknown_output_is_refused() -> None:
    with pytest.raises(ValueError, match="kind must be logits"):
        as_logits(torch.zeros(1, 2), "number")


@pytest.mark.parametrize("positive", [0, 1])
def test_the_threshold_moves_the_decision(positive: int) -> None:
    chance = torch.linspace(0.01, 0.99, 50)
    both = torch.stack([1 - chance, chance], dim=1) if positive else torch.stack([chance, 1 - chance], dim=1)
    model = surface(Of(lambda x: both), "probabilities")
    model.decide_at(0.3, positive)
    decided = model.decide(torch.zeros(50, 2))
    assert ((decided == positive) == (chance >= 0.3)).all()


def test_standardising_makes_the_typical_margin_one_whatever_the_scale() -> None:
    inputs = torch.rand(20, 2)
    for factor in (1e-3, 1, 1e3):
        model = surface(Of(lambda x, factor=factor: torch.stack([x[:, 0], 3 * x[:, 1]], dim=1) * factor))
        model.standardise(inputs)
        top = model(inputs).topk(2, dim=1).values
        assert math.isclose(float((top[:, 0] - top[:, 1]).median()), 1, rel_tol=1e-4)


def test_units_become_inputs() -> None:
    module = Surface(
        Of(lambda x: x), "logits", torch.tensor([1.0, 10.0]), torch.tensor([2.0, 5.0]), torch.zeros(1, 2)
    )  # fmt: skip
    torch.testing.assert_close(module(torch.tensor([[0.5, 1.0]])), torch.tensor([[2.0, 15.0]]))


def test_margin_by_hand() -> None:
    logits = torch.tensor([[1.0, 4.0, 2.0], [5.0, 0.0, 1.0]])
    assert margin(logits, torch.tensor([0, 0])).tolist() == [4 - 1, 1 - 5]
    assert margin(logits, torch.tensor([0, 0]), torch.tensor([2, 1])).tolist() == [2 - 1, 0 - 5]


def test_gradients_that_vanish_are_seen_and_others_are_not() -> None:
    inputs, classes, free = torch.rand(8, 2), torch.zeros(8, dtype=torch.int64), torch.ones(2, dtype=torch.bool)
    linear = torch.nn.Linear(2, 2)

    def zero(function: Callable[[torch.Tensor], torch.Tensor], where: torch.Tensor = free) -> torch.Tensor:
        return flat(Problem(surface(Of(function)), free=where), inputs, classes)

    assert not zero(linear).any()
    assert zero(lambda x: linear(x.round())).all()
    assert zero(lambda x: linear(x.detach())).all()
    with torch.no_grad():
        linear.weight[:, 1] = 0
    assert zero(linear, torch.tensor([False, True])).all(), "the only slope is along a feature that is held"
    half = torch.arange(8) < 4
    assert (zero(lambda x: linear(torch.where(half[:, None], x, x.detach()))) == ~half).all()
