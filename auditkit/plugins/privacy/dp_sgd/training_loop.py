"""The training loop of DP-SGD: Poisson sampling, clipping for each row, noise, and an account of what was done.

Per-row gradients and noise are opacus's (hooks mode); sampling and loop are here, so that no loader of any other kind,
no skipped batch and no other optimizer can slip in between the accountant and what happens.
"""

import secrets
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from auditkit.errors import require
from auditkit.plugins.privacy.dp_sgd.hooks import unwrap, wrapped
from auditkit.plugins.privacy.dp_sgd.journal import Journal
from auditkit.plugins.privacy.dp_sgd.problem import Loss
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe

CHUNK = 256
"""Rows whose gradients are held at once."""


def train_privately(
    module: nn.Module,
    inputs: torch.Tensor,
    targets: torch.Tensor,
    loss: Loss,
    recipe: Recipe,
    on_step: Callable[[int], None] = lambda step: None,
) -> Journal:
    """Train `module` in place; it is a plain module again afterwards, in eval mode.

    Noise and sampling are seeded by the operating system, and the seeds are written nowhere: whoever knew them could
    take the noise off again.

    Args:
        module: with fresh parameters.
        inputs: (N, ...) encoded.
        targets: (N,) or (N, ...), what `loss` takes.
        loss: mean over rows.
        recipe: see `Recipe`.
        on_step: told the number of steps done, after each.

    Raises:
        ModelError: opacus cannot compute this module's gradients row by row.
    """
    hooked = wrapped(module)
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    expected = recipe.sample_rate * len(inputs)
    plain = torch.optim.SGD(parameters, lr=recipe.learning_rate, momentum=recipe.momentum)
    optimizer = require("opacus.optimizers", "opacus").DPOptimizer(
        plain, noise_multiplier=recipe.noise_multiplier, max_grad_norm=recipe.max_grad_norm,
        expected_batch_size=expected, loss_reduction="mean", generator=_secret(inputs.device),
    )  # fmt: skip
    accountant = require("opacus.accountants", "opacus").RDPAccountant()
    journal = Journal(recipe, expected)
    optimizer.attach_step_hook(journal.see)
    coins = _secret(torch.device("cpu"))

    def error(chunk: torch.Tensor) -> torch.Tensor:
        return loss(hooked(inputs[chunk]), targets[chunk])

    module.train()
    try:
        with warnings.catch_warnings(action="ignore"):
            for step in range(recipe.steps):
                batch = torch.nonzero(torch.rand(len(inputs), generator=coins) < recipe.sample_rate).flatten()
                _step(optimizer, parameters, batch.to(inputs.device), error, journal)
                accountant.step(noise_multiplier=recipe.noise_multiplier, sample_rate=recipe.sample_rate)
                on_step(step + 1)
    finally:
        unwrap(hooked, module)
    journal.history = tuple(accountant.history)
    return journal


def _step(
    optimizer: Any,
    parameters: list[nn.Parameter],
    batch: torch.Tensor,
    error: Callable[[torch.Tensor], torch.Tensor],
    journal: Journal,
) -> None:
    """One step on the rows taken, a chunk at a time; on none at all, noise alone: the accountant counts that too."""
    journal.sizes.append(len(batch))
    chunks = torch.split(batch, CHUNK) if len(batch) else ()
    for number, chunk in enumerate(chunks):
        optimizer.zero_grad(set_to_none=True)
        error(chunk).backward()  # type: ignore[no-untyped-call]
        optimizer.signal_skip_step(do_skip=number + 1 < len(chunks))
        optimizer.step()
    if not chunks:
        optimizer.zero_grad(set_to_none=True)
        for parameter in parameters:
            parameter.grad_sample = parameter.new_zeros((0, *parameter.shape))  # type: ignore[attr-defined]
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def _secret(device: torch.device) -> torch.Generator:
    generator = torch.Generator(device=device)
    generator.manual_seed(secrets.randbits(63))
    return generator
