"""A module that mixes rows is refused, also where it does so only in training and only in batches as large as real."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from auditkit.errors import ModelError
from auditkit.plugins.privacy.dp_sgd.admission import admitted
from auditkit.plugins.privacy.dp_sgd.problem import Problem
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.plugins.privacy.dp_sgd.units import Units
from auditkit.plugins.privacy.gradients.choice import Choice
from tests.plugins.privacy.dp_sgd.training_data import Bert

RECIPE = Recipe(0.2, 10, 1.0, 1.0, 0.5, 0.0)
ROWS = 200


def problem(inputs: torch.Tensor) -> Problem:
    targets = torch.arange(len(inputs)) % 3
    return Problem(inputs, targets, functional.cross_entropy, Units(None, len(inputs), 1, inputs.device))


def numbers() -> torch.Tensor:
    return torch.randn(ROWS, 4, generator=torch.Generator().manual_seed(0))


def admit(module: nn.Module, inputs: torch.Tensor, rows_at_once: int | None = None) -> Choice:
    return admitted(module.train(), problem(inputs), RECIPE, rows_at_once, "net")


class Mixing(nn.Module):
    """Normalises over the batch by hand: no validator sees it."""

    def __init__(self, least: int = 0, training_alone: bool = False) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 8), nn.Linear(8, 3)
        self.least, self.training_alone = least, training_alone

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.first(x)
        if len(x) >= self.least and (self.training or not self.training_alone):
            hidden = (hidden - hidden.mean(0)) / (hidden.std(0, unbiased=False) + 0.1)
        return self.second(hidden)


@pytest.mark.parametrize("mixing", [Mixing(), Mixing(training_alone=True), Mixing(least=30, training_alone=True)])
def test_rows_that_mix_are_refused(mixing: nn.Module) -> None:
    with pytest.raises(ModelError, match="depends on which rows are beside it"):
        admit(mixing, numbers())


def test_what_would_mix_only_in_batches_larger_than_any_is_no_matter() -> None:
    assert admit(Mixing(least=30), numbers(), rows_at_once=16).engine.rows_at_once == 16


class Functional(nn.Module):
    """Uses a weight outside its layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 3), nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(self.first(x), self.second.weight)


class Tied(nn.Module):
    """Reads and writes words by one table."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.out = nn.Embedding(30, 8), nn.Linear(8, 30, bias=False)
        self.out.weight = self.words.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.words(x).mean(1))


def test_healthy_modules_are_admitted_each_by_the_engine_that_serves_it() -> None:
    words = torch.randint(0, 30, (ROWS, 6), generator=torch.Generator().manual_seed(0))
    dropout = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.GroupNorm(2, 8), nn.ReLU(), nn.Linear(8, 3))
    assert admit(dropout, numbers()).engine.name == "book-keeping"
    assert admit(Functional(), numbers()).engine.name in ("vmap", "one by one")
    for module in (Bert(), Tied()):
        assert admit(module, words).error < 1e-3
