"""A module with the hooks of opacus, which take down the gradient of each row."""

import warnings
from typing import Any

from torch import nn

from auditkit.errors import ModelError, require


def wrapped(module: nn.Module) -> Any:
    """The module with hooks.

    Raises:
        ModelError: opacus cannot compute its gradients row by row.
    """
    kind = require("opacus.grad_sample", "opacus").GradSampleModule
    try:
        with warnings.catch_warnings(action="ignore"):
            return kind(module, loss_reduction="mean", strict=True)
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"opacus cannot compute this module's gradients row by row: {error}") from error


def unwrap(wrapped: Any, module: nn.Module) -> None:
    """Take the hooks and all that they left off the module."""
    wrapped.to_standard_module()
    for parameter in module.parameters():
        parameter.grad = None
        for attribute in ("grad_sample", "summed_grad", "_forward_counter"):
            if hasattr(parameter, attribute):
                delattr(parameter, attribute)
    for layer in module.modules():
        if not layer._backward_hooks:
            layer._is_full_backward_hook = None  # torch leaves it where the last hook was taken off
    module.eval()
