"""The trial of the gradients of single rows: each in company, and alone."""

import copy
import warnings

import torch
from torch import nn

from auditkit.errors import ModelError
from auditkit.plugins.privacy.dp_sgd.hooks import wrapped
from auditkit.plugins.privacy.dp_sgd.problem import Loss

TRIED = 6
"""Rows on which per-row gradients are tried."""


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
    hooked = wrapped(trial)
    # torch warns that a hook sees no gradient of the inputs, which opacus does not need; here and below
    with warnings.catch_warnings(action="ignore"):
        loss(hooked(inputs[: len(rows)]), targets[: len(rows)]).backward()  # type: ignore[no-untyped-call]
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
