"""What is learned: encoded inputs, targets and the loss, by what the module gives."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from auditkit.data import AuditData
from auditkit.errors import ModelError, present
from auditkit.models import CLASSIFIER_OUTPUTS, Model, main_output
from auditkit.predictions import Predictions

Loss: TypeAlias = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Outputs and targets of n rows in, their mean loss out."""


NUMBER = "number"
"""The output of a module that predicts numbers."""


def _squared_error(outputs: Any, expected: torch.Tensor) -> torch.Tensor:
    return functional.mse_loss(main_output(outputs).reshape(len(expected)), expected)


def problem(model: Model, fresh: Model, module: nn.Module, data: AuditData) -> tuple[torch.Tensor, torch.Tensor, Loss]:
    """Encoded inputs, targets and loss, by what the module gives.

    Raises:
        ModelError: it gives nothing that can be trained.
    """
    if model.output not in (*CLASSIFIER_OUTPUTS, NUMBER):
        raise ModelError(
            f"{model.name}: output must be logits, probabilities or a number to be trained; it is {model.output!r}"
        )
    inputs = fresh.encode(data.inputs)
    if model.output == NUMBER:
        numbers = present(data.labels, "the trainer needs labels").astype(np.float64)
        kind = next(parameter.dtype for parameter in module.parameters())
        return inputs, torch.as_tensor(numbers, dtype=kind, device=inputs.device), _squared_error
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
