"""The private training loop: noise, clipping, batches and rows that must not mix."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from auditkit.plugins.privacy.dp_sgd.journal import Journal
from auditkit.plugins.privacy.dp_sgd.optimizer import rate_at
from auditkit.plugins.privacy.dp_sgd.problem import Problem
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.plugins.privacy.dp_sgd.training_loop import Training
from auditkit.plugins.privacy.dp_sgd.units import Units
from auditkit.plugins.privacy.gradients.bookkeeper import Bookkeeper
from auditkit.plugins.privacy.shared.batch_sizes import sampling_z


def mlp(hidden: int = 16) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), nn.Linear(hidden, 3))


def problem(rows: int = 200) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(rows, 4, generator=generator)
    return inputs, inputs[:, :3].argmax(1)


def recipe(**changes: float) -> Recipe:
    facts: dict[str, Any] = {
        "sample_rate": 0.1, "steps": 30, "noise_multiplier": 1.0, "max_grad_norm": 1.0, "learning_rate": 0.5,
        "momentum": 0.0,
    }  # fmt: skip
    return Recipe(**(facts | changes))


def weights(module: nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in module.parameters()])


def train_privately(
    module: nn.Module, inputs: torch.Tensor, targets: torch.Tensor, loss: Any, plan: Recipe,
    on_step: Any = lambda done: None, rows_at_once: int = 1000, units: np.ndarray | None = None,
) -> Journal:  # fmt: skip
    engine = Bookkeeper(module.train(), loss, plan.max_grad_norm)
    engine.rows_at_once = rows_at_once
    whose = Units(units, len(inputs), 3, inputs.device)
    return Training(engine, Problem(inputs, targets, loss, whose), plan).run(on_step)


def nothing(outputs: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    return 0.0 * outputs.mean()


def test_with_zero_gradients_the_weights_move_by_the_noise_that_is_accounted() -> None:
    """norm(move)^2 is steps * n * (sigma C lr / B)^2: the test that opacus has for itself."""
    # 8,195 weights: a bound of 15 % is ten standard errors wide
    module, (inputs, targets) = mlp(1024), problem()
    before = weights(module)
    plan = recipe(steps=60, noise_multiplier=2.0, max_grad_norm=0.7, learning_rate=0.3)
    journal = train_privately(module, inputs, targets, nothing, plan)
    moved = float(((weights(module) - before) ** 2).sum())
    expected = 60 * len(before) * (2.0 * 0.7 * 0.3 / 20) ** 2
    assert 0.85 < moved / expected < 1.15
    assert 0.85 < journal.noise < 1.15 and journal.numbers == 60 * len(before)


def test_half_the_noise_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = torch.randn
    monkeypatch.setattr(torch, "randn", lambda *shape, **more: whole(*shape, **more) / 2)
    module, (inputs, targets) = mlp(), problem()
    journal = train_privately(module, inputs, targets, functional.cross_entropy, recipe())
    assert journal.noise < 0.5


def test_no_step_moves_farther_than_clipping_allows() -> None:
    module, (inputs, targets) = mlp(), problem()
    before = weights(module)
    huge = recipe(sample_rate=1.0, steps=1, noise_multiplier=1e-9, learning_rate=0.5, max_grad_norm=0.1)
    journal = train_privately(module, 1e4 * inputs, targets, functional.cross_entropy, huge)
    assert float((weights(module) - before).norm()) <= 0.5 * 0.1 * 1.01
    assert 0 < journal.clipped <= 1.0001 and list(journal.batches) == [200]


def test_without_clipping_or_noise_it_is_plain_gradient_descent() -> None:
    module, (inputs, targets) = mlp(), problem()
    plain = copy.deepcopy(module)
    lax = recipe(sample_rate=1.0, steps=3, noise_multiplier=1e-15, max_grad_norm=1e6, learning_rate=0.1)
    train_privately(module, inputs, targets, functional.cross_entropy, lax)
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        functional.cross_entropy(plain(inputs), targets).backward()
        optimizer.step()
    torch.testing.assert_close(weights(module), weights(plain), rtol=1e-4, atol=1e-6)


def test_a_large_batch_in_chunks_is_the_same_step() -> None:
    inputs, targets = problem()
    ends = []
    for chunk in (1000, 64):
        module, plan = mlp(), recipe(sample_rate=1.0, steps=2, noise_multiplier=1e-9)
        train_privately(module, inputs, targets, functional.cross_entropy, plan, rows_at_once=chunk)
        ends.append(weights(module))
    torch.testing.assert_close(ends[0], ends[1], rtol=1e-4, atol=1e-6)


def test_a_person_is_drawn_as_a_whole_and_clipped_once() -> None:
    """Forty rows of eight persons: batch sizes count persons, and a step moves as far as eight norms, not forty."""
    inputs, targets = problem(40)
    owners = np.arange(40) % 8
    before, module = weights(mlp()), mlp()
    plan = recipe(sample_rate=1.0, steps=1, noise_multiplier=1e-9, max_grad_norm=0.1, learning_rate=1.0)
    journal = train_privately(module, 1e4 * inputs, targets, functional.cross_entropy, plan, units=owners)
    assert list(journal.batches) == [8] and 0 < journal.clipped <= 1.0001
    assert float((weights(module) - before).norm()) <= 0.1 * 1.01
    journal = train_privately(mlp(), inputs, targets, functional.cross_entropy, recipe(steps=200), units=owners)
    assert journal.units == 8 and sampling_z(journal.batches, 8, 0.1) < 5


def test_at_most_so_many_rows_of_a_person_take_part() -> None:
    owners = np.repeat([7, 3, 9], [10, 2, 1])
    units = Units(owners, 13, 3, torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    seen = set()
    for _ in range(20):
        rows, codes = units.rows_of(torch.tensor([True, True, False]), generator)
        assert codes is not None and codes.tolist() == [0, 0, 1, 1, 1] and set(owners[rows[:2]]) == {3}
        seen |= set(rows[2:].tolist())
    assert seen == set(range(10)), "which of them is drawn anew"
    assert units.count == 3 and units.rows_of(torch.tensor([False] * 3), generator)[0].numel() == 0
    alone = Units(None, 5, 3, torch.device("cpu"))
    assert alone.are_rows and alone.rows_of(torch.tensor([True, False] * 2 + [True]), generator)[0].tolist() == [
        0,
        2,
        4,
    ]


@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 0.5), ("adam", 0.02)])
@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
def test_optimizers_and_schedules_learn(optimizer: str, rate: float, schedule: str) -> None:
    module, (inputs, targets) = mlp(), problem(600)
    plan = recipe(steps=150, learning_rate=rate)._replace(optimizer=optimizer, schedule=schedule)
    journal = train_privately(module, inputs, targets, functional.cross_entropy, plan)
    assert float((module(inputs).argmax(1) == targets).float().mean()) > 0.7 and 0.8 < journal.noise < 1.2


def test_a_schedule_falls_from_the_rate_to_nearly_nothing() -> None:
    for schedule, half in (("constant", 0.5), ("linear", 0.25), ("cosine", 0.25)):
        plan = recipe(steps=100)._replace(schedule=schedule)
        assert rate_at(plan, 0) == 0.5 and math.isclose(rate_at(plan, 50), half)
        assert schedule == "constant" or rate_at(plan, 99) < 0.01


def test_empty_batches_are_steps_and_are_counted() -> None:
    module, (inputs, targets) = mlp(), problem(20)
    before = weights(module)
    journal = train_privately(module, inputs, targets, functional.cross_entropy, recipe(sample_rate=0.02, steps=40))
    assert (journal.batches == 0).sum() > 10 and len(journal.batches) == 40
    assert journal.history == ((1.0, 0.02, 40),)
    after = weights(module)
    assert torch.isfinite(after).all() and not torch.equal(before, after)


def test_it_learns_and_leaves_a_plain_module() -> None:
    module, (inputs, targets) = mlp(), problem(600)
    steps: list[int] = []
    journal = train_privately(module, inputs, targets, functional.cross_entropy, recipe(steps=150), steps.append)
    assert float((module(inputs).argmax(1) == targets).float().mean()) > 0.7
    assert steps == list(range(1, 151)) and sampling_z(journal.batches, 600, 0.1) < 6
    assert type(module) is nn.Sequential
    for parameter in module.parameters():
        assert parameter.grad is None and parameter.requires_grad
        assert not any(hasattr(parameter, name) for name in ("grad_sample", "summed_grad", "_forward_counter"))
    assert not any(layer._forward_hooks or layer._backward_hooks for layer in module.modules())
    functional.cross_entropy(module(inputs), targets).backward()


class Writing(nn.Module):
    """Writes rows into a weight while it answers, beside the optimizer."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = mlp()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            self.inside[0].weight[: len(x)] = x[:16].detach()  # type: ignore[operator, index]
        return self.inside(x)


def test_weights_that_move_beside_the_optimizer_are_seen() -> None:
    inputs, targets = problem()
    assert train_privately(Writing(), inputs, targets, functional.cross_entropy, recipe()).disturbed == recipe().steps
    assert train_privately(mlp(), inputs, targets, functional.cross_entropy, recipe()).disturbed == 0


def test_two_trainings_differ_whatever_the_global_seed() -> None:
    inputs, targets = problem()
    ends = []
    for _ in range(2):
        module = mlp()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            train_privately(module, inputs, targets, functional.cross_entropy, recipe(steps=3))
        ends.append(weights(module))
    assert not torch.equal(ends[0], ends[1])


class WritesOnce(nn.Linear):
    """Writes into its weights at one step in the middle, past all that counts changes of tensors."""

    def __init__(self) -> None:
        super().__init__(4, 3)
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        if self.calls == 11:
            self.weight.data[0] = x[0].detach()
        return super().forward(x)


def test_weights_that_move_beside_any_single_step_are_seen() -> None:
    inputs, targets = problem()
    plan = recipe(sample_rate=0.3)
    engine = Bookkeeper(WritesOnce().train(), functional.cross_entropy, plan.max_grad_norm)
    whose = Units(None, len(inputs), 1, inputs.device)
    training = Training(engine, Problem(inputs, targets, functional.cross_entropy, whose), plan)
    training._looked_into = set()  # no step is tried: a module may write in one that is not
    assert training.run().disturbed == 1


class InPairs(nn.Module):
    """Normalises over pairs of rows, where a batch has an even number of them; draws noise as well."""

    def __init__(self, mixes: bool) -> None:
        super().__init__()
        self.inside, self.drop, self.mixes = mlp(), nn.Dropout(0.2), mixes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.drop(x + 0.1 * torch.randn_like(x))
        if self.mixes and len(x) and len(x) % 2 == 0:
            hidden = (hidden - hidden.unflatten(0, (-1, 2)).mean(1).repeat_interleave(2, 0)).tanh()
        outputs: torch.Tensor = self.inside(hidden)
        return outputs


@pytest.mark.parametrize("units", [None, np.arange(200) // 2])
def test_rows_that_mix_in_batches_of_some_sizes_alone_are_seen(units: np.ndarray | None) -> None:
    inputs, targets = problem()
    errors = []
    for mixes in (True, False):
        engine = Bookkeeper(InPairs(mixes).train(), functional.cross_entropy, 1.0)
        whose = Units(units, len(inputs), 3, inputs.device)
        training = Training(engine, Problem(inputs, targets, functional.cross_entropy, whose), recipe())
        training._looked_into = set()  # gradients are tried at few steps, which sizes may pass by
        errors.append(training.run().row_error)
    assert errors[0] > 0.01 and errors[1] < 1e-6
