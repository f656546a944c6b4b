"""Book-keeping: one backward pass that computes no weight's gradient, norms, and one weighted product a layer."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn

from auditkit.errors import ModelError
from auditkit.plugins.privacy.gradients.contributions import Contribution, together
from auditkit.plugins.privacy.gradients.engine import Engine, Loss, rows_that_fit
from auditkit.plugins.privacy.gradients.layers import kind_of
from auditkit.plugins.privacy.gradients.other_layers import other
from auditkit.plugins.privacy.gradients.taps import Call, tapped


class Bookkeeper(Engine):
    """Book-keeping (Bu et al., 2023, arXiv:2210.00038), mixed layer by layer with gradients of single rows.

    Linear, embedding, convolutions of 1, 2 and 3 dimensions, layer, RMS, group and instance normalisation by formulas;
    other layers with parameters of their own are computed once more, each by itself.

    Raises:
        ModelError: a layer with trainable parameters holds others that have some, or mixes rows by its settings.
    """

    name: ClassVar[str] = "book-keeping"

    def __init__(self, module: nn.Module, loss: Loss, max_grad_norm: float) -> None:
        super().__init__(module, loss, max_grad_norm)
        trained = {id(parameter) for parameter in self.parameters}
        self._layers: list[nn.Module] = []
        owners: dict[int, int] = {}
        for name, layer in module.named_modules():
            own = [id(parameter) for parameter in layer.parameters(recurse=False) if id(parameter) in trained]
            if own and kind_of(layer) is None:
                raise ModelError(f"there is no formula for {name or 'the module'}, a {type(layer).__name__}")
            self._layers += [layer] if own else []
            for key in own:
                owners[key] = owners.get(key, 0) + 1
        by_rows = {id(p) for layer in self._layers if kind_of(layer) is other for p in layer.parameters(recurse=False)}
        held = [p for p in self.parameters if owners[id(p)] > 1 or id(p) in by_rows]
        self.rows_at_once = rows_that_fit(held)

    def take(self, inputs: torch.Tensor, targets: torch.Tensor, units: torch.Tensor | None = None) -> _Booked:
        """See `Engine`."""
        with tapped(self._layers, self.parameters, len(inputs)) as taps:
            loss = self.loss(self.module(inputs), targets)
            taps.backward(loss, len(inputs))
        return _Booked(self.parameters, taps.calls, loss.detach(), len(inputs), units)


class _Booked:
    """What the books say: see `engine.Pass`."""

    def __init__(
        self,
        parameters: list[nn.Parameter],
        calls: list[Call],
        loss: torch.Tensor,
        rows: int,
        units: torch.Tensor | None,
    ) -> None:
        self.loss, self._parameters = loss, parameters
        parts: dict[int, list[Contribution]] = {}
        for call in calls:
            if call.gradient is None:
                continue
            formula = kind_of(call.layer)
            for name, part in formula(call.layer, call.entered, call.gradient, rows) if formula else ():
                parts.setdefault(id(getattr(call.layer, name)), []).append(part)
        whole = {key: together(contributions) for key, contributions in parts.items()}
        self._whole = whole if units is None else {key: part.of_units(units) for key, part in whole.items()}
        squares = [part.squares() for part in self._whole.values()]
        count = rows if units is None else len(torch.unique(units))
        total = torch.zeros(count, dtype=torch.promote_types(loss.dtype, torch.float32), device=loss.device)
        for square in squares:
            total += square
        self.norms = total.sqrt()

    def weighted(self, factors: torch.Tensor) -> list[torch.Tensor]:
        """See `engine.Pass`."""
        return [
            self._whole[id(parameter)].weighted(factors).view_as(parameter)
            if id(parameter) in self._whole
            else torch.zeros_like(parameter)
            for parameter in self._parameters
        ]
