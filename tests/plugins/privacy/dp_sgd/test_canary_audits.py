"""Canaries in copies of the training, and sick trainings, each as small as it still shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from auditkit.data import AuditData
from auditkit.plugins.privacy.accounting.spent import spent
from auditkit.plugins.privacy.dp_audit.canaries import Canaries
from auditkit.plugins.privacy.dp_audit.findings import one_run
from auditkit.plugins.privacy.dp_sgd import training_loop
from auditkit.plugins.privacy.dp_sgd.canary_audits import Twin, audited, canary_scores
from auditkit.plugins.privacy.dp_sgd.problem import Problem
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.plugins.privacy.dp_sgd.training_loop import Training
from auditkit.plugins.privacy.dp_sgd.units import Units
from auditkit.plugins.privacy.gradients.bookkeeper import Bookkeeper
from auditkit.plugins.privacy.gradients.engine import ClippedSum, Engine
from tests.plugins.privacy.dp_sgd.training_data import judged, run, seeded, split_of, wrapped

ROWS, DELTA = 400, 1e-5
RECIPE = Recipe(sample_rate=1.0, steps=4, noise_multiplier=2.0, max_grad_norm=0.5, learning_rate=0.1, momentum=0.0)


def problem(persons: bool = False) -> Problem:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(ROWS, 4, generator=generator)
    owners = np.arange(ROWS) // 5 if persons else None
    return Problem(inputs, inputs[:, :3].argmax(1), functional.cross_entropy, Units(owners, ROWS, 32, inputs.device))


def engine(kind: type[Engine] = Bookkeeper) -> Engine:
    module = seeded(lambda: nn.Sequential(nn.Linear(4, 60), nn.ReLU(), nn.Linear(60, 3)))
    return kind(module.train(), functional.cross_entropy, RECIPE.max_grad_norm)


def held(repeats: tuple[int, int], kind: type[Engine] = Bookkeeper, **changes: Any) -> dict[str, bool | None]:
    shown = audited(engine(kind), problem(), RECIPE._replace(**changes), DELTA, repeats, lambda: None)
    return {control.name: control.holds for control in shown.controls}


@pytest.mark.parametrize("persons", [False, True])
def test_a_canary_moves_the_sum_by_the_clipping_norm_and_nothing_else_does(persons: bool) -> None:
    """With next to no noise: a step with it and a step without differ by 1 clipping norm along its gradient."""
    still = RECIPE._replace(noise_multiplier=1e-6)
    scores, present = canary_scores(engine(), problem(persons), still, 8)
    assert scores.shape == present.shape == (16,)
    assert np.ptp(scores[present]) < 1e-3 and abs(scores[present].mean() - scores[~present].mean() - 1) < 1e-2


def test_the_engine_and_its_module_stay_as_they_were() -> None:
    own = engine()
    before = [parameter.detach().clone() for parameter in own.parameters]
    audited(own, problem(), RECIPE, DELTA, (4, 4), lambda: None)
    for parameter, kept in zip(own.parameters, before, strict=True):
        assert torch.equal(parameter, kept) and parameter.grad is None


def test_the_twin_draws_canaries_as_it_draws_rows() -> None:
    own = engine()
    canaries = Canaries(own.parameters, RECIPE.max_grad_norm)
    sampled = RECIPE._replace(sample_rate=0.3, steps=50, noise_multiplier=1e-6)
    Twin(own, problem(), sampled, canaries).run()
    present = canaries.present.numpy()
    assert canaries.count == 483 and abs(canaries.scores[present].mean() - 15) < 1.5
    assert abs(canaries.scores[~present]).max() < 0.1, "what rows add is taken off"


def test_a_correct_training_is_not_refuted_and_every_step_is_told() -> None:
    ticks: list[int] = []
    shown = audited(engine(), problem(), RECIPE, DELTA, (300, 4), lambda: ticks.append(1))
    assert [control.name for control in shown.controls] == ["canary-step", "canaries"]
    assert all(control.holds for control in shown.controls) and len(ticks) == 604
    verdicts = [str(row[4]) for row in shown.tables[0].rows]
    assert verdicts[:2] == ["not refuted"] * 2 and verdicts[3] == "not refuted"
    assert verdicts[2] == "not tested: even 1,000,000 canaries could not refute this epsilon", "guesses alone cannot"
    assert audited(engine(), problem(), RECIPE, DELTA, (0, 0), lambda: None) == (None, None)


# sick trainings


class Unclipped(Bookkeeper):
    """Adds gradients as they are."""

    def clipped_sum(self, inputs: torch.Tensor, targets: torch.Tensor, units: Any = None) -> ClippedSum:
        whole = self.take(inputs, targets, units)
        return ClippedSum(whole.weighted(torch.ones_like(whole.norms)), whole.norms, whole.loss)


class RawLoss(Bookkeeper):
    """Clips by the norms of the mean loss, which are smaller by the number of rows: ghost clipping with a raw loss."""

    def clipped_sum(self, inputs: torch.Tensor, targets: torch.Tensor, units: Any = None) -> ClippedSum:
        whole = self.take(inputs, targets, units)
        factors = (self.max_grad_norm / (whole.norms / (100 * len(inputs)) + 1e-6)).clamp(max=1.0)
        return ClippedSum(whole.weighted(factors), whole.norms, whole.loss)


@pytest.mark.parametrize("kind", [Unclipped, RawLoss])
def test_gradients_that_are_not_clipped_are_refuted(kind: type[Engine]) -> None:
    assert held((100, 0), kind) == {"canary-step": False}


def scaled(factor: float) -> Callable[..., torch.Tensor]:
    draw = torch.randn
    return lambda *shape, **more: factor * draw(*shape, **more)


@pytest.mark.parametrize("factor", [0.0, 0.5])
def test_no_noise_and_half_the_noise_are_refuted(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    own = engine()  # its weights are drawn before
    monkeypatch.setattr(training_loop.torch, "randn", scaled(factor))
    shown = audited(own, problem(), RECIPE, DELTA, (500, 4), lambda: None)
    assert {control.name for control in shown.controls if not control.holds} >= {"canary-step"}


def test_a_twin_at_four_times_the_rate_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """At rate 0.25, accounted for: all rows and canaries take part in each step."""
    own, sampled = engine(), RECIPE._replace(sample_rate=0.25, steps=60)
    claim = spent(((sampled.noise_multiplier, 0.25, 60),), DELTA).reported

    def low(all_take_part: bool) -> float:
        """Of up to three twins: a few of a thousand give scores that are called not normal, and tell little."""
        for _ in range(3):
            canaries = Canaries(own.parameters, sampled.max_grad_norm)
            with monkeypatch.context() as patch:
                if all_take_part:
                    patch.setattr(training_loop.torch, "rand", lambda *shape, **more: torch.zeros(*shape))
                Twin(own, problem(), sampled, canaries).run()
            audit = one_run(canaries.scores, canaries.present.numpy(), DELTA)
            if audit.pair.low is not None:
                break
        return audit.low

    assert low(all_take_part=False) < claim < low(all_take_part=True)


@pytest.fixture(scope="module")
def split() -> AuditData:
    return split_of(200)


@pytest.fixture(scope="module")
def parent() -> Any:
    return wrapped(seeded(lambda: nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))))


def sick(parent: Any, split: AuditData, **parameters: Any) -> set[str]:
    private = run(parent, split, batch_size=50, epochs=5, noise_multiplier=2.0, **parameters)
    failed = {control.name for control in private.controls if control.holds is False}
    assert bool(failed) == (judged(private).validity != "valid")
    return failed


def test_a_healthy_training_holds_every_control(parent: Any, split: AuditData) -> None:
    assert sick(parent, split, canary_steps=100, twin_steps=20) == set()


def test_the_original_optimizer_is_noticed(parent: Any, split: AuditData, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradients that are averaged, neither clipped nor noised."""

    def step(self: Training) -> None:
        drawn = torch.rand(self.candidates, generator=self._coins) < self.recipe.sample_rate
        self.journal.sizes.append(int(drawn.sum()))
        sums = self.clipped_sums(drawn, False)
        rows = drawn[: len(self.problem.inputs)]
        self.optimizer.zero_grad()
        self.problem.loss(self.engine.module(self.problem.inputs[rows]), self.problem.targets[rows]).backward()
        self.journal.see(self.parameters, sums)
        self.optimizer.step()
        self.accountant.step(noise_multiplier=self.recipe.noise_multiplier, sample_rate=self.recipe.sample_rate)

    monkeypatch.setattr(Training, "step", step)
    assert sick(parent, split, canary_steps=100) >= {"noise-level", "canary-step"}


def test_the_wrong_rate_is_noticed(parent: Any, split: AuditData, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = torch.rand
    monkeypatch.setattr(training_loop.torch, "rand", lambda *shape, **more: draw(*shape, **more) / 2)
    assert "sampling" in sick(parent, split)


def test_a_lost_history_is_noticed(parent: Any, split: AuditData, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that goes on with an accountant that begins anew."""
    step = Training.step

    def forgetful(self: Training) -> None:
        if self.done == 10:
            self.accountant.history.clear()
        step(self)

    monkeypatch.setattr(Training, "step", forgetful)
    assert sick(parent, split) == {"every-step-counted"}


def test_epsilon_of_a_step_is_that_of_one_in_which_all_take_part() -> None:
    shown = audited(engine(), problem(), RECIPE._replace(sample_rate=0.1), DELTA, (40, 0), lambda: None)
    assert shown.step is not None and shown.step[1] == spent(((2.0, 1.0, 1),), DELTA).reported
