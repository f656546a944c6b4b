"""What is learned: encoded inputs, targets and the loss, by what the module gives."""

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch.nn import functional

from auditkit.data import AuditData
from auditkit.errors import ModelError
from auditkit.models import CLASSIFIER_OUTPUTS, Model, main_output
from auditkit.predictions import Predictions

Loss: TypeAlias = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Outputs and targets of n rows in, their mean loss out."""


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
