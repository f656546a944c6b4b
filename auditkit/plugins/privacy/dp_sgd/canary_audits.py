"""Canaries in copies of the training that are thrown away: what its own code, step by step, tells of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from auditkit.errors import ModelError
from auditkit.plugins.privacy.accounting.spent import spent
from auditkit.plugins.privacy.dp_audit.canaries import Canaries
from auditkit.plugins.privacy.dp_audit.findings import OneRun, one_run, run_control, step_control, table
from auditkit.plugins.privacy.dp_audit.steps import CanaryStep, canary_step
from auditkit.plugins.privacy.dp_sgd.problem import Problem
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.plugins.privacy.dp_sgd.training_loop import Training
from auditkit.plugins.privacy.dp_sgd.units import Units
from auditkit.plugins.privacy.gradients.alone import OneByOne
from auditkit.plugins.privacy.gradients.engine import Engine, Loss
from auditkit.results import Control, Table
from auditkit.text import one_line

BESIDE = 4
"""Units that take part in a canary step beside the canary."""
LOUD = 100.0
"""By how much the loss is raised in a canary step, so that what is not clipped shows."""


class Audited(NamedTuple):
    """What canaries showed, with what was claimed; None: not asked."""

    step: tuple[CanaryStep, float] | None
    run: tuple[OneRun, float] | None

    @property
    def controls(self) -> tuple[Control, ...]:
        """One for each audit that was made."""
        step = () if self.step is None else (step_control(*self.step),)
        return step if self.run is None else (*step, run_control(*self.run))

    @property
    def tables(self) -> tuple[Table, ...]:
        """One, where any audit was made."""
        return () if self.step is None and self.run is None else (table(self.step, self.run),)


class Twin(Training):
    """A training in which canaries take part beside the units, drawn by the same coins.

    Args:
        engine: of a copy of the module.
        problem: see `Training`.
        recipe: see `Training`.
        canaries: who take part.
    """

    def __init__(self, engine: Engine, problem: Problem, recipe: Recipe, canaries: Canaries) -> None:
        super().__init__(engine, problem, recipe)
        self.canaries = canaries
        self.candidates += canaries.count
        self._of_units = [torch.zeros_like(parameter) for parameter in self.parameters]

    def step(self) -> None:
        """One step, and what it gives away about each canary to one who knows all else."""
        super().step()
        noised = [_gradient(parameter) * self.journal.expected for parameter in self.parameters]
        self.canaries.see([total - known for total, known in zip(noised, self._of_units, strict=True)])

    def clipped_sums(self, drawn: torch.Tensor, looked_into: bool) -> list[torch.Tensor]:
        """See `Training`; canaries come after the units."""
        units = self.problem.units.count
        self._of_units = super().clipped_sums(drawn[:units], looked_into)
        riding = self.canaries.sums(drawn[units:])
        return [known + more.to(known) for known, more in zip(self._of_units, riding, strict=True)]


def audited(
    engine: Engine, problem: Problem, recipe: Recipe, delta: float, repeats: tuple[int, int], tick: Callable[[], None]
) -> Audited:
    """What canaries show of the training that is about to begin.

    Args:
        engine: of the training; its module is copied and stays as it is.
        problem: what is learned.
        recipe: how.
        delta: of the claim.
        repeats: canary steps with and as many without the canary; steps of the twin. 0: none.
        tick: called after each step.
    """
    times, steps = repeats[0], min(repeats[1], recipe.steps)
    step = run = None
    if times:
        scores, present = canary_scores(engine, problem, recipe, times, tick)
        claimed = spent(((recipe.noise_multiplier, 1.0, 1),), delta).reported
        step = canary_step(scores, present, delta), claimed
    if steps:
        canaries = Canaries(engine.parameters, recipe.max_grad_norm)
        shorter = recipe._replace(steps=steps)
        Twin(_copied(engine, problem.loss), problem, shorter, canaries).run(lambda done: tick())
        claimed = spent(((recipe.noise_multiplier, recipe.sample_rate, steps),), delta).reported
        run = one_run(canaries.scores, canaries.present.numpy(), delta), claimed
    return Audited(step, run)


def canary_scores(
    engine: Engine, problem: Problem, recipe: Recipe, times: int, tick: Callable[[], None] = lambda: None
) -> tuple[np.ndarray, np.ndarray]:
    """(2 times,) noised sums along a unit's own gradient, in clipping norms, and whether the unit took part.

    The steps are those of `Training`, of a few units that all take part, without moving the weights.
    """
    loss: Loss = lambda outputs, expected: LOUD * problem.loss(outputs, expected)  # noqa: E731
    loud = _copied(engine, loss)
    chosen = _canary_first(problem.units)
    alone = OneByOne(loud.module, loss, recipe.max_grad_norm)
    inputs, targets, codes = _part(problem, chosen[:1])
    gradient = alone.take(inputs, targets, codes)
    direction = [
        part / max(float(gradient.norms[0]), 1e-12) for part in gradient.weighted(torch.ones_like(gradient.norms))
    ]
    still = recipe._replace(sample_rate=1.0, steps=times, learning_rate=0.0, momentum=0.0, optimizer="sgd")
    scores: list[float] = []
    for part in (chosen, chosen[1:]):
        inputs, targets, codes = _part(problem, part)
        owners = None if codes is None else codes.cpu().numpy()
        units = Units(owners, len(inputs), problem.units.rows_per_unit, inputs.device)
        training = Training(loud, Problem(inputs, targets, loss, units), still)

        def see(done: int, training: Training = training) -> None:
            pairs = zip(training.parameters, direction, strict=True)
            along = sum(float((_gradient(parameter) * own).sum()) for parameter, own in pairs)
            scores.append(along * training.journal.expected / recipe.max_grad_norm)
            tick()

        training.run(see)
    return np.array(scores), np.arange(2 * times) < times


def _canary_first(units: Units) -> list[int]:
    """The canary, which is the largest unit that is never cut, and a few others."""
    sizes = units.sizes
    whole = np.where(sizes <= units.rows_per_unit, sizes, 0)
    canary = int(whole.argmax())
    return [canary, *(unit for unit in range(min(units.count, BESIDE + 1)) if unit != canary)][: BESIDE + 1]


def _part(problem: Problem, chosen: list[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    drawn = torch.zeros(problem.units.count, dtype=torch.bool)
    drawn[chosen] = True
    rows, codes = problem.units.rows_of(drawn, torch.Generator())
    return problem.inputs[rows], problem.targets[rows], codes


def _copied(engine: Engine, loss: Loss) -> Engine:
    try:
        module = copy.deepcopy(engine.module)
    except Exception as error:  # whatever a layer of the user's own holds may refuse in any way
        raise ModelError(
            f"the module cannot be copied ({one_line(error, 120)}), and canaries ride in copies of the training. Keep "
            "locks, open files and results of computations out of its attributes. Weights by the old "
            "torch.nn.utils.weight_norm are such results; those by torch.nn.utils.parametrizations.weight_norm are not"
        ) from error
    same = type(engine)(module, loss, engine.max_grad_norm)
    same.rows_at_once = engine.rows_at_once
    return same


def _gradient(parameter: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
