"""Gradients of rows that go through the module alone: many at once by torch.func, or one after another."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import torch

from auditkit.plugins.privacy.gradients.engine import Engine, Pass, RowGradients


class Vectorised(Engine):
    """torch.func.vmap of the gradient: for modules that use parameters outside a layer of their own."""

    name: ClassVar[str] = "vmap"
    together: ClassVar[bool] = False

    def take(self, inputs: torch.Tensor, targets: torch.Tensor, units: torch.Tensor | None = None) -> Pass:
        """See `Engine`."""
        from torch.func import functional_call, grad_and_value, vmap

        names = {id(p): name for name, p in self.module.named_parameters()}
        trained = {names[id(parameter)]: parameter.detach() for parameter in self.parameters}

        def loss_of(weights: dict[str, torch.Tensor], row: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            outputs: Any = functional_call(self.module, weights, (row[None],))
            return self.loss(outputs, target[None])

        by_row = vmap(grad_and_value(loss_of), in_dims=(None, 0, 0), randomness="different")
        # torch warns where a function has no rule of its own, which is slow and right
        with warnings.catch_warnings(action="ignore"):
            gradients, losses = by_row(trained, inputs, targets)
        return RowGradients(list(gradients.values()), losses.mean(), units)


class OneByOne(Engine):
    """A backward pass for each row: always valid, and what other engines must agree with."""

    name: ClassVar[str] = "one by one"
    together: ClassVar[bool] = False

    def take(self, inputs: torch.Tensor, targets: torch.Tensor, units: torch.Tensor | None = None) -> Pass:
        """See `Engine`."""
        rows, losses = [], []
        for row in range(len(inputs)):
            loss = self.loss(self.module(inputs[row : row + 1]), targets[row : row + 1])
            rows.append(gradients_of(loss, self.parameters))
            losses.append(loss.detach())
        gradients = [torch.stack(of_rows) for of_rows in zip(*rows, strict=True)]
        return RowGradients(gradients, torch.stack(losses).mean(), units)


def gradients_of(loss: torch.Tensor, parameters: list[torch.nn.Parameter]) -> list[torch.Tensor]:
    """Of a loss, with respect to each parameter; 0 where it does not depend on it."""
    if not loss.requires_grad:
        return [torch.zeros_like(parameter) for parameter in parameters]
    return list(torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True, materialize_grads=True))
