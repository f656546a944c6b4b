"""The training loop of DP-SGD: Poisson sampling, clipping for each row, noise, and an account of what was done.

Per-row gradients and noise are opacus's (hooks mode); sampling and loop are here, so that no loader of any other kind,
no skipped batch and no other optimizer can slip in between the accountant and what happens.
"""

import copy
import secrets
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from auditkit.data import AuditData
from auditkit.errors import ModelError, require
from auditkit.models import CLASSIFIER_OUTPUTS, Model, main_output
from auditkit.predictions import Predictions

Loss: TypeAlias = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Outputs and targets of n rows in, their mean loss out."""

CHUNK = 256
"""Rows whose gradients are held at once."""
TRIED = 6
"""Rows on which per-row gradients are tried."""


class Recipe(NamedTuple):
    """How to train."""

    sample_rate: float
    steps: int
    noise_multiplier: float
    max_grad_norm: float
    learning_rate: float
    momentum: float


class Journal:
    """What happened, step by step: every step is looked at between the noise and the update.

    Args:
        recipe: of the training.
        expected: rows in a step, on average.
    """

    def __init__(self, recipe: Recipe, expected: float) -> None:
        self.recipe, self.expected = recipe, expected
        self.sizes: list[int] = []
        self.squares = 0.0
        self.numbers = 0
        """How many numbers the mean square of the noise is of."""
        self.clipped = 0.0
        """The largest norm of the clipped sum of a step, over the bound: batch size times clipping norm."""
        self.history: tuple[tuple[float, float, int], ...] = ()
        """The accountant's: (noise multiplier, sampling rate, steps)."""

    @property
    def batches(self) -> np.ndarray:
        """(steps,) rows that took part."""
        return np.array(self.sizes)

    @property
    def noise(self) -> float:
        """The mean square of the noise added, over what it should be."""
        spread = (self.recipe.noise_multiplier * self.recipe.max_grad_norm) ** 2
        return self.squares / self.numbers / spread if self.numbers else float("nan")

    def see(self, optimizer: Any) -> None:
        """Take down a step of the optimizer."""
        total = 0.0
        for param in optimizer.params:
            noise = param.grad * self.expected - param.summed_grad.view_as(param.grad)
            self.squares += float((noise.double() ** 2).sum())
            self.numbers += noise.numel()
            total += float((param.summed_grad.double() ** 2).sum())
        if self.sizes[-1]:
            self.clipped = max(self.clipped, total**0.5 / (self.recipe.max_grad_norm * self.sizes[-1]))


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
    wrapped = _wrapped(module)
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
        return loss(wrapped(inputs[chunk]), targets[chunk])

    module.train()
    try:
        with warnings.catch_warnings(action="ignore"):
            for step in range(recipe.steps):
                batch = torch.nonzero(torch.rand(len(inputs), generator=coins) < recipe.sample_rate).flatten()
                _step(optimizer, parameters, batch.to(inputs.device), error, journal)
                accountant.step(noise_multiplier=recipe.noise_multiplier, sample_rate=recipe.sample_rate)
                on_step(step + 1)
    finally:
        _unwrap(wrapped, module)
    journal.history = tuple(accountant.history)
    return journal


def per_row_error(module: nn.Module, inputs: torch.Tensor, targets: torch.Tensor, loss: Loss) -> float:
    """By how much, relatively, a row's gradient in company differs from its gradient alone; the worst of a few rows.

    A layer that mixes rows (a batch normalisation written by hand) makes clipping meaningless and shows here. Dropout
    is off for the trial, for it differs by design.

    Raises:
        ModelError: a parameter gets no gradient by row.
    """
    trial = copy.deepcopy(module)
    plain = copy.deepcopy(module)
    for layer in (*trial.modules(), *plain.modules()):
        layer.train(not isinstance(layer, nn.modules.dropout._DropoutNd))
    rows = range(min(TRIED, len(inputs)))
    wrapped = _wrapped(trial)
    # torch warns that a hook sees no gradient of the inputs, which opacus does not need; here and below
    with warnings.catch_warnings(action="ignore"):
        loss(wrapped(inputs[: len(rows)]), targets[: len(rows)]).backward()  # type: ignore[no-untyped-call]
    names = [name for name, parameter in trial.named_parameters() if parameter.requires_grad]
    trial_parameters = dict(trial.named_parameters())
    lacking = [name for name in names if getattr(trial_parameters[name], "grad_sample", None) is None]
    if lacking:
        raise ModelError(
            f"these parameters get no gradient by row, so they cannot be trained privately: {', '.join(lacking[:5])}. "
            "Use each through its own layer, in forward()"
        )
    worst = 0.0
    for row in rows:
        plain.zero_grad()
        loss(plain(inputs[row : row + 1]), targets[row : row + 1]).backward()  # type: ignore[no-untyped-call]
        single = {  # a parameter that is not reached has a gradient of 0
            name: torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            for name, parameter in plain.named_parameters()
        }
        row_gradient = torch.cat([trial_parameters[name].grad_sample[row].flatten() for name in names])  # type: ignore[attr-defined]
        true_gradient = torch.cat([single[name].flatten() for name in names])
        size = max(float(true_gradient.norm()), 1e-12)
        worst = max(worst, float((row_gradient - true_gradient).norm()) / size)
    return worst


def problem(model: Model, fresh: Model, data: AuditData) -> tuple[torch.Tensor, torch.Tensor, Loss]:
    """Encoded inputs, targets and loss, by what the module gives.

    Raises:
        ModelError: it gives nothing that can be trained.
    """
    if model.output not in CLASSIFIER_OUTPUTS:
        raise ModelError(f"{model.name}: output must be logits or probabilities to be trained; it is {model.output!r}")
    inputs = fresh.encode(data.inputs)
    codes = torch.tensor(Predictions(model, data).truth, device=inputs.device)
    single = model.output.startswith("one ")
    losses: dict[str, Callable[[Any, Any], Any]] = {
        "logits": functional.cross_entropy,
        "probabilities": lambda chances, expected: functional.nll_loss(chances.clamp_min(1e-12).log(), expected),
        "one logit": functional.binary_cross_entropy_with_logits,
        "one probability": functional.binary_cross_entropy,
    }

    def loss(outputs: Any, expected: Any) -> Any:
        outputs = main_output(outputs)
        return losses[model.output](outputs.reshape(len(expected)) if single else outputs, expected)

    # a single output is about the second class
    return inputs, (codes == 1).to(inputs.dtype) if single else codes, loss


def unfit_layers(module: nn.Module) -> list[str]:
    """Why opacus's validator refuses the module, one sentence each; empty where it does not."""
    module.train()
    validator = require("opacus.validators", "opacus").ModuleValidator
    with warnings.catch_warnings(action="ignore"):
        return [str(fault) for fault in validator.validate(module, strict=False)]


def sampling_z(batches: np.ndarray, rows: int, sample_rate: float) -> float:
    """How many standard errors the batch sizes are from what Poisson sampling gives: in their mean or in their spread.

    Args:
        batches: (steps,) sizes.
        rows: how many there are to sample from.
        sample_rate: the chance of each.
    """
    expected, variance = rows * sample_rate, rows * sample_rate * (1 - sample_rate)
    if variance == 0:
        return 0.0 if (batches == expected).all() else float("inf")
    steps = len(batches)
    mean = abs(float(batches.sum()) - steps * expected) / np.sqrt(steps * variance)
    # a sum of squares is a chi-square; its cube root is nearly normal (Wilson and Hilferty 1931)
    squares = float(((batches - expected) ** 2).sum() / variance)
    spread = abs((squares / steps) ** (1 / 3) - (1 - 2 / (9 * steps))) / np.sqrt(2 / (9 * steps))
    return float(max(mean, spread))


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


def _wrapped(module: nn.Module) -> Any:
    kind = require("opacus.grad_sample", "opacus").GradSampleModule
    try:
        with warnings.catch_warnings(action="ignore"):
            return kind(module, loss_reduction="mean", strict=True)
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"opacus cannot compute this module's gradients row by row: {error}") from error


def _unwrap(wrapped: Any, module: nn.Module) -> None:
    wrapped.to_standard_module()
    for parameter in module.parameters():
        parameter.grad = None
        for attribute in ("grad_sample", "summed_grad", "_forward_counter"):
            if hasattr(parameter, attribute):
                delattr(parameter, attribute)
    module.eval()


def _secret(device: torch.device) -> torch.Generator:
    generator = torch.Generator(device=device)
    generator.manual_seed(secrets.randbits(63))
    return generator
