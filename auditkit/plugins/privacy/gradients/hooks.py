"""Gradients of single rows by opacus's hooks: closed formulas for its layers, torch.func for other modules."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import torch
from torch import nn

from auditkit.errors import ModelError, require
from auditkit.plugins.privacy.gradients.engine import Engine, Loss, Pass, RowGradients

LEFT_BEHIND = ("grad_sample", "summed_grad", "_forward_counter", "_current_grad_sample")
"""Attributes of parameters that opacus leaves."""


class Hooks(Engine):
    """opacus's GradSampleModule.

    Raises:
        ModelError: opacus refuses a layer.
    """

    name: ClassVar[str] = "opacus hooks"

    def __init__(self, module: nn.Module, loss: Loss, max_grad_norm: float) -> None:
        super().__init__(module, loss, max_grad_norm)
        self._unwrap(self._wrapped())

    def take(self, inputs: torch.Tensor, targets: torch.Tensor, units: torch.Tensor | None = None) -> Pass:
        """See `Engine`."""
        kept = [parameter.grad for parameter in self.parameters]
        wrapped = self._wrapped()
        try:
            # torch warns that a hook sees no gradient of the inputs, which opacus does not need
            with warnings.catch_warnings(action="ignore"):
                loss = self.loss(wrapped(inputs), targets)
                loss.backward()  # type: ignore[no-untyped-call]
            gradients = [self._of(parameter, len(inputs)) for parameter in self.parameters]
        finally:
            self._unwrap(wrapped)
            for parameter, gradient in zip(self.parameters, kept, strict=True):
                parameter.grad = gradient
        return RowGradients(gradients, loss.detach(), units)

    def _wrapped(self) -> Any:
        kind = require("opacus.grad_sample", "opacus").GradSampleModule
        try:
            with warnings.catch_warnings(action="ignore"):
                return kind(self.module, loss_reduction="mean", strict=True)
        except (RuntimeError, ValueError) as error:
            self._tidy()
            raise ModelError(f"opacus cannot compute this module's gradients row by row: {error}") from error

    def _unwrap(self, wrapped: Any) -> None:
        wrapped.to_standard_module()
        self._tidy()

    def _tidy(self) -> None:
        """Take away what opacus leaves, also where it refuses the module."""
        for layer in self.module.modules():
            for attribute in ("activations", "max_batch_len"):
                vars(layer).pop(attribute, None)
        for parameter in self.module.parameters():
            for attribute in LEFT_BEHIND:
                if hasattr(parameter, attribute):
                    delattr(parameter, attribute)

    @staticmethod
    def _of(parameter: nn.Parameter, rows: int) -> torch.Tensor:
        gradients: Any = getattr(parameter, "grad_sample", None)
        if gradients is None:  # not reached, or used outside its own layer, which a trial tells apart
            return parameter.new_zeros((rows, *parameter.shape))
        if not isinstance(gradients, torch.Tensor) or gradients.shape != (rows, *parameter.shape):
            raise ModelError("opacus gives a parameter's gradients in another shape than one for each row")
        return gradients
