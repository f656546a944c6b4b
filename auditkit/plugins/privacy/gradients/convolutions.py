"""The gradient of a convolution's weight for each row, in 1, 2 or 3 dimensions."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from auditkit.plugins.privacy.gradients.contributions import Contribution, Rows
from auditkit.plugins.privacy.gradients.engine import HELD, added


class Convolved(Contribution):
    """Gradients that are formed once, for the norms, and held for the weighted sum.

    Where rows × weights do not fit they are formed for some rows at a time, and the sum is one gradient of the whole
    batch, whose rows are weighted at the output.

    Args:
        layer: Conv1d, Conv2d or Conv3d.
        entered: (n, channels, ...) what it was given.
        gradient: (n, channels, ...) at its output.
    """

    def __init__(self, layer: Any, entered: torch.Tensor, gradient: torch.Tensor) -> None:
        self._layer, self._gradient = layer, gradient
        self._entered = bordered(layer, entered)
        self._held: torch.Tensor | None = None

    def squares(self) -> torch.Tensor:
        """See `Contribution`."""
        few = max(1, HELD // self._layer.weight.numel())
        if len(self._entered) <= few:
            self._held = self.rows()
            return Rows(self._held).squares()
        starts = range(0, len(self._entered), few)
        return torch.cat([Rows(self._of(slice(start, start + few))).squares() for start in starts])

    def weighted(self, factors: torch.Tensor) -> torch.Tensor:
        """See `Contribution`."""
        if self._held is not None:
            return Rows(self._held).weighted(factors)
        weighed = self._gradient * factors.to(self._gradient).view(-1, *[1] * (self._gradient.dim() - 1))
        return self._backward(self._entered, weighed, self._layer.weight.detach(), self._layer.groups)

    def rows(self) -> torch.Tensor:
        """See `Contribution`."""
        return self._of(slice(None))

    def of_units(self, units: torch.Tensor) -> Contribution:
        """See `Contribution`."""
        return Rows(added(self.rows(), units))

    def _of(self, rows: slice) -> torch.Tensor:
        entered, gradient, weight = self._entered[rows], self._gradient[rows], self._layer.weight.detach()
        count, groups = len(entered), self._layer.groups
        if entered.is_cuda or any(step > 1 for step in self._layer.stride):
            by_group = [
                side.reshape(count * groups, -1, gradient[0, 0].numel())
                for side in (gradient, windows(self._layer, entered))
            ]
            return torch.bmm(by_group[0], by_group[1].transpose(1, 2)).reshape(count, -1)
        # the rows as groups of one convolution: nothing is unfolded, which takes longer than the products
        as_groups = [side.reshape(1, -1, *side.shape[2:]) for side in (entered, gradient)]
        weights = weight.expand(count, *weight.shape).flatten(0, 1)
        return self._backward(as_groups[0], as_groups[1], weights, count * groups).reshape(count, -1)

    def _backward(
        self, entered: torch.Tensor, gradient: torch.Tensor, weight: torch.Tensor, groups: int
    ) -> torch.Tensor:
        layer, none = self._layer, [0] * len(self._layer.stride)
        of_weight: torch.Tensor = torch.ops.aten.convolution_backward(
            gradient, entered, weight, None, layer.stride, none, layer.dilation, False, none, groups,
            [False, True, False],
        )[1]  # fmt: skip
        return of_weight


def bordered(layer: Any, entered: torch.Tensor) -> torch.Tensor:
    """What a convolution was given, with the borders that it adds."""
    borders = layer._reversed_padding_repeated_twice
    if not any(borders):
        return entered
    return functional.pad(entered, borders, mode="constant" if layer.padding_mode == "zeros" else layer.padding_mode)


def windows(layer: Any, entered: torch.Tensor) -> torch.Tensor:
    """(rows, channels · kernel, places): what the kernel sees at each place of the output; `entered` is `bordered`."""
    rows, channels, *sides = entered.shape
    steps = entered.stride()[2:]
    reach = [(kernel - 1) * gap for kernel, gap in zip(layer.kernel_size, layer.dilation, strict=True)]
    places = [(side - far - 1) // by + 1 for side, far, by in zip(sides, reach, layer.stride, strict=True)]
    seen = entered.as_strided(
        (rows, channels, *layer.kernel_size, *places),
        (
            *entered.stride()[:2],
            *(step * gap for step, gap in zip(steps, layer.dilation, strict=True)),
            *(step * by for step, by in zip(steps, layer.stride, strict=True)),
        ),
    )
    return seen.reshape(rows, channels * layer.weight[0, 0].numel(), -1)
