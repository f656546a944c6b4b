"""What is learned: encoded inputs, targets, the loss by what the module gives, and which rows are one unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from auditkit.data import AuditData
from auditkit.errors import ModelError, present
from auditkit.models import Model
from auditkit.network_output import CLASSIFIER_OUTPUTS, main_output
from auditkit.plugins.privacy.dp_sgd.units import Units
from auditkit.plugins.privacy.gradients.engine import Loss
from auditkit.predictions import Predictions

NUMBER = "number"
"""The output of a module that predicts numbers."""


class Problem(NamedTuple):
    """What there is to learn."""

    inputs: torch.Tensor
    """(N, ...) encoded."""
    targets: torch.Tensor
    """(N,), what `loss` takes."""
    loss: Loss
    """Outputs and targets of n rows in, their mean loss out."""
    units: Units


def problem_of(model: Model, fresh: Model, module: nn.Module, data: AuditData, rows_per_unit: int) -> Problem:
    """Encoded inputs, targets and loss, by what the module gives.

    Args:
        model: the parent, which has read its output.
        fresh: the untrained copy.
        module: inside of it.
        data: the training split.
        rows_per_unit: most rows of a unit in a step.

    Raises:
        ModelError: it gives nothing that can be trained.
    """
    if model.output not in (*CLASSIFIER_OUTPUTS, NUMBER):
        raise ModelError(
            f"{model.name}: output must be logits, probabilities or a number to be trained; it is {model.output!r}"
        )
    inputs = fresh.encode(data.inputs)
    units = Units(data.unit, len(data), rows_per_unit, inputs.device)
    if model.output == NUMBER:
        numbers = present(data.labels, "the trainer needs labels").astype(np.float64)
        kind = next(parameter.dtype for parameter in module.parameters())
        return Problem(inputs, torch.as_tensor(numbers, dtype=kind, device=inputs.device), _squared_error, units)
    labels = torch.tensor(Predictions(model, data).truth, device=inputs.device)
    if model.output.startswith("one "):  # a single output is about the second class
        kind = next(parameter.dtype for parameter in module.parameters())
        return Problem(inputs, (labels == 1).to(kind), loss_of(model.output), units)
    return Problem(inputs, labels, loss_of(model.output), units)


def _squared_error(outputs: Any, expected: torch.Tensor) -> torch.Tensor:
    return functional.mse_loss(main_output(outputs).reshape(len(expected)), expected)


def _log_loss(outputs: Any, expected: torch.Tensor) -> torch.Tensor:
    return functional.nll_loss(main_output(outputs).clamp_min(1e-12).log(), expected)


def _cross_entropy(outputs: Any, expected: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(main_output(outputs), expected)


def _single(compute: Callable[..., torch.Tensor]) -> Loss:
    return lambda outputs, expected: compute(main_output(outputs).reshape(len(expected)), expected)


_LOSSES: dict[str, Loss] = {
    "logits": _cross_entropy, "probabilities": _log_loss,
    "one logit": _single(functional.binary_cross_entropy_with_logits),
    "one probability": _single(functional.binary_cross_entropy),
}  # fmt: skip


def loss_of(output: str) -> Loss:
    """The loss of a classifier, by what its output is."""
    return _LOSSES[output]
