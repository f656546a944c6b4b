"""A private training by several processes, each with its share of the units: one guarantee for all of them together."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import distributed

from auditkit.errors import ModelError
from auditkit.plugins.privacy.dp_sgd.journal import Journal
from auditkit.plugins.privacy.dp_sgd.problem import Problem
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.plugins.privacy.dp_sgd.training_loop import Training
from auditkit.plugins.privacy.gradients.engine import Engine


def processes() -> int:
    """How many processes train together, as torchrun has them; 1 where it does not."""
    started = distributed.is_available() and distributed.is_initialized()
    return distributed.get_world_size() if started else 1


class TogetherTraining(Training):
    """A training in which each process draws of its own units, with coins of its own.

    Sums are added over the processes; each adds noise of its own, of 1 / sqrt(processes) of what is accounted, so that
    the total has all of it and no process knows it. Each step is one step of the accountant, on all units.

    Args:
        engine: of this process; its weights are made those of the first process.
        problem: all that is learned, in every process; each draws of its own share of the units.
        recipe: see `Training`; the same in every process.

    Raises:
        ModelError: the processes were given different recipes or data.
    """

    def __init__(self, engine: Engine, problem: Problem, recipe: Recipe) -> None:
        same = torch.tensor([*map(float, recipe[:6]), len(problem.inputs), problem.units.count], dtype=torch.float64)
        first = same.clone()
        distributed.broadcast(first, 0)
        if _added(float(not torch.equal(same, first))):
            raise ModelError("every process must train by the same recipe on the same rows; those given here differ")
        for tensor in (*engine.module.parameters(), *engine.module.buffers()):
            distributed.broadcast(tensor.data, 0)
        super().__init__(engine, problem, recipe)
        rank, world = distributed.get_rank(), distributed.get_world_size()
        self._own = torch.arange(problem.units.count) % world == rank
        self._part = 1 / math.sqrt(world)

    def run(self, on_step: Callable[[int], None] = lambda step: None) -> Journal:
        """See `Training`; what was seen is the worst of all processes."""
        journal = super().run(on_step)
        worst = torch.tensor([journal.row_error, journal.clipped, journal.disturbed], dtype=torch.float64)
        distributed.all_reduce(worst, distributed.ReduceOp.MAX)
        journal.row_error, journal.clipped, journal.disturbed = float(worst[0]), float(worst[1]), int(worst[2])
        return journal

    def size_of(self, drawn: torch.Tensor) -> int:
        """Units drawn in all processes, each of its own."""
        return int(_added(float((drawn & self._own).sum())))

    def noise_like(self, clipped_sum: torch.Tensor) -> torch.Tensor:
        """The parts of all processes, added."""
        noise = super().noise_like(clipped_sum) * self._part
        distributed.all_reduce(noise)
        return noise

    def clipped_sums(self, drawn: torch.Tensor, looked_into: bool) -> list[torch.Tensor]:
        """See `Training`; of all processes."""
        sums = super().clipped_sums(drawn & self._own, looked_into)
        for clipped_sum in sums:
            distributed.all_reduce(clipped_sum)
        return sums


def _added(value: float) -> float:
    total = torch.tensor(value, dtype=torch.float64)
    distributed.all_reduce(total)
    return float(total)
