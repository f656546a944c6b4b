"""Targets between public bounds are learned at any size, and answered in their own units."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from auditkit.data import AuditData
from auditkit.errors import ConfigError, ModelError
from auditkit.plugins.privacy.dp_sgd.target_range import answer_in_units, layer_of_outputs
from auditkit.plugins.privacy.dp_sgd.trainer import DpSgd
from tests.plugins.privacy.dp_sgd.training_data import run, seeded, split_of, value, without_accounting, wrapped

BOUNDS = (50_000.0, 450_000.0)
INPUTS = np.random.default_rng(0).normal(0, 1, (400, 4)).astype(np.float32)
PRICES = 200_000 + 40_000 * INPUTS @ np.array([1.0, -1.0, 0.5, 0.0])


def houses(prices: np.ndarray = PRICES) -> AuditData:
    return AuditData(INPUTS, labels=prices, task="regression")


def head(**more: Any) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1, **more))


def predicting(module: nn.Module) -> Any:
    return wrapped(module, task="regression", classes=None, output=None)


def train(data: AuditData, module: nn.Module | None = None, **parameters: Any) -> Any:
    facts = {"epochs": 20, "batch_size": 40, "noise_multiplier": 0.7, "optimizer": "adam", "learning_rate": 0.02}
    return run(predicting(seeded(head) if module is None else module), data, **facts | parameters)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    without_accounting(monkeypatch)


def test_prices_of_houses_are_learned_in_their_own_units() -> None:
    private = train(houses(), target_range=BOUNDS)
    assert all(control.holds for control in private.controls)
    assert value(private, "train_rmse") < 0.5 * PRICES.std()
    answers = private.model.answers(INPUTS).labels
    assert 150_000 < answers.mean() < 250_000
    note = next(note for note in private.notes if note.startswith("Targets were learned between"))
    assert "50000 and 450000" in note and "moved to the ends" in note


def test_targets_far_from_0_are_refused_without_bounds_and_others_are_told_of() -> None:
    with pytest.raises(ConfigError, match=r"target_range must be given where targets lie beyond 100.*never from these"):
        train(houses())
    small = train(houses(PRICES / PRICES.max()), epochs=1)
    assert any("target_range, public bounds" in note for note in small.notes)


def test_what_lies_outside_is_moved_to_the_ends() -> None:
    """A single row of any size changes no other target: the bounds are never the data's own."""
    from auditkit.plugins.privacy.dp_sgd import target_range
    from auditkit.plugins.privacy.dp_sgd.problem import Problem

    problem = Problem(torch.zeros(4, 1), torch.tensor([-5.0, 0.0, 5.0, 1e9]), None, None)  # type: ignore[arg-type]
    assert target_range.between(problem, (-10.0, 10.0)).targets.tolist() == [-0.5, 0.0, 0.5, 1.0]
    assert target_range.between(problem, (0.0, 5.0)).targets.tolist() == [-1.0, -1.0, 1.0, 1.0]


def test_folded_bounds_give_the_same_answers_in_units() -> None:
    module, rows = seeded(head), torch.tensor(INPUTS)
    expected = 200_000 * module(rows) + 250_000
    folded = copy.deepcopy(module)
    answer_in_units(folded, rows, BOUNDS, "net")
    torch.testing.assert_close(folded(rows), expected, rtol=1e-5, atol=0.1)


class Doubled(nn.Module):
    """What it gives is no plain output of its last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = head()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.exp(self.inside(x))


def test_a_network_whose_answers_cannot_be_given_in_units_is_refused_before_it_is_trained() -> None:
    frozen = head()
    frozen[2].requires_grad_(False)
    for module in (Doubled(), head(bias=False), frozen, nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())):
        with pytest.raises(ModelError, match="last layer must be a linear layer with one output and a bias"):
            layer_of_outputs(module.eval(), torch.tensor(INPUTS), "net")
    with pytest.raises(ModelError, match="last layer must be a linear layer"):
        train(houses(), Doubled().eval(), target_range=BOUNDS)


@pytest.mark.parametrize("bounds", [(1.0, 1.0), (2.0, 1.0), (0.0, float("inf")), (float("nan"), 1.0)])
def test_bounds_out_of_order_are_refused(bounds: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="the lowest and the highest target, two finite numbers in order"):
        DpSgd(target_range=bounds)


def test_bounds_are_refused_for_a_classifier() -> None:
    module = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
    with pytest.raises(ConfigError, match="target_range is for models that predict numbers"):
        run(wrapped(module.eval()), split_of(100), target_range=(0.0, 1.0), batch_size=20)
