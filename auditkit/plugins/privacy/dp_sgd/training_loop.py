"""The training loop of DP-SGD: Poisson sampling, clipping for each unit, noise, and an account of what was done.

Sampling, noise and loop are here, so that no loader of any other kind, no skipped batch and no other optimizer can slip
in between the accountant and what happens. Clipped sums are of an engine that agreed with one backward pass a row.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import torch

from auditkit.errors import require
from auditkit.plugins.privacy.dp_sgd.journal import Journal
from auditkit.plugins.privacy.dp_sgd.optimizer import optimizer_of, rate_at
from auditkit.plugins.privacy.dp_sgd.problem import Problem
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.plugins.privacy.gradients.engine import Engine, blocks
from auditkit.plugins.privacy.gradients.trial import disagreement, mixture

LOOKED_INTO = 6
"""Steps, the first and the last and some at random, in which gradients of rows are tried again."""


class Training:
    """A private training that goes on step by step.

    Noise and sampling are seeded by the operating system, and the seeds are written nowhere: whoever knew them could
    take the noise off again.

    Args:
        engine: of clipped sums; its module has fresh parameters and is in the mode of training.
        problem: what is learned.
        recipe: see `Recipe`.
    """

    def __init__(self, engine: Engine, problem: Problem, recipe: Recipe) -> None:
        self.engine, self.problem, self.recipe = engine, problem, recipe
        self.parameters = engine.parameters
        self.candidates = problem.units.count
        """How many coins are tossed in a step."""
        self.optimizer = optimizer_of(recipe, self.parameters)
        self.journal = Journal(recipe, problem.units.count)
        self.accountant = require("opacus.accountants", "opacus").RDPAccountant()
        self._noise, self._coins = _secret(problem.inputs.device), _secret(torch.device("cpu"))
        others = torch.randperm(recipe.steps, generator=self._coins)[: LOOKED_INTO - 2].tolist()
        self._sizes: set[int] = set()
        self._looked_into = {0, recipe.steps - 1, *others}

    @property
    def done(self) -> int:
        """Steps done."""
        return len(self.journal.sizes)

    def run(self, on_step: Callable[[int], None] = lambda step: None) -> Journal:
        """Do all steps that are left.

        Args:
            on_step: told the number of steps done, after each.
        """
        while self.done < self.recipe.steps:
            self.step()
            on_step(self.done)
        self.optimizer.zero_grad(set_to_none=True)
        self.journal.history = tuple(self.accountant.history)
        return self.journal

    def step(self) -> None:
        """One step on the units drawn; on none at all, noise alone: the accountant counts that too."""
        recipe, step = self.recipe, self.done
        drawn = torch.rand(self.candidates, generator=self._coins) < recipe.sample_rate
        self.journal.sizes.append(self.size_of(drawn))
        sums = self.clipped_sums(drawn, step in self._looked_into)
        for parameter, clipped_sum in zip(self.parameters, sums, strict=True):
            noised = clipped_sum + recipe.noise_multiplier * recipe.max_grad_norm * self.noise_like(clipped_sum)
            parameter.grad = noised.to(parameter.dtype) / self.journal.expected
        self.journal.see(self.parameters, sums)
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(recipe, step)
        self.optimizer.step()
        self.accountant.step(noise_multiplier=recipe.noise_multiplier, sample_rate=recipe.sample_rate)

    def size_of(self, drawn: torch.Tensor) -> int:
        """How many units take part in a step."""
        return int(drawn.sum())

    def noise_like(self, clipped_sum: torch.Tensor) -> torch.Tensor:
        """Normal noise of spread 1 in the shape of a parameter."""
        return torch.randn(clipped_sum.shape, generator=self._noise, device=clipped_sum.device, dtype=clipped_sum.dtype)

    def clipped_sums(self, drawn: torch.Tensor, looked_into: bool) -> list[torch.Tensor]:
        """For each parameter the sum of clipped gradients of the units drawn.

        Args:
            drawn: (candidates,) bool.
            looked_into: whether gradients of rows are tried again in this step.
        """
        inputs, targets = self.problem.inputs, self.problem.targets
        rows, codes = self.problem.units.rows_of(drawn, self._coins)
        weights = [parameter.detach().clone() for parameter in self.parameters]
        clipped = self.engine.clipped_sum(inputs[rows], targets[rows], codes)
        self._try_sizes(rows, codes)
        if looked_into and len(rows):
            chunk = rows[: self.engine.rows_at_once]
            error = disagreement(self.engine, inputs[chunk], targets[chunk])
            self.journal.row_error = max(self.journal.row_error, error)
            # the unit with the largest gradient, whose sum by itself must keep to the clipping norm
            owners = torch.arange(len(rows), device=rows.device) if codes is None else codes
            most = owners == torch.unique_consecutive(owners)[clipped.norms.argmax()]
            one = None if codes is None else codes[most]
            self.journal.see_clipped(self.engine.clipped_sum(inputs[rows[most]], targets[rows[most]], one).sums, 1)
        pairs = zip(weights, self.parameters, strict=True)
        self.journal.disturbed += not all(torch.equal(before, after) for before, after in pairs)
        return clipped.sums

    def _try_sizes(self, rows: torch.Tensor, codes: torch.Tensor | None) -> None:
        """Whether rows mix in the chunks of a batch, of each size once: a module may do so in some sizes alone."""
        for chunk in blocks(len(rows), codes, self.engine.rows_at_once, rows.device):
            if len(chunk) not in self._sizes:
                self._sizes.add(len(chunk))
                some = rows[chunk]
                error = mixture(self.engine, self.problem.inputs[some], self.problem.targets[some])
                self.journal.row_error = max(self.journal.row_error, error)


def _secret(device: torch.device) -> torch.Generator:
    generator = torch.Generator(device=device)
    generator.manual_seed(secrets.randbits(63))
    return generator
