"""A forward and a backward pass that give what each layer was given and the gradient at its output, and no more."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from auditkit.errors import ModelError


class Call:
    """One call of a layer.

    Args:
        layer: called.
        entered: what it was given.
    """

    def __init__(self, layer: nn.Module, entered: torch.Tensor) -> None:
        self.layer, self._entered, self._version = layer, entered, entered._version
        self.gradient: torch.Tensor | None = None
        """At the output; None where the loss does not depend on it."""

    def note(self, gradient: torch.Tensor) -> None:
        """Take down the gradient at the output."""
        self.gradient = gradient

    @property
    def entered(self) -> torch.Tensor:
        """What the layer was given.

        Raises:
            ModelError: it was overwritten since, which ordinary training refuses too.
        """
        if self._entered._version != self._version:
            raise ModelError("what a layer was given is overwritten afterwards, in place")
        return self._entered


class _Anchored(torch.autograd.Function):
    """The same tensor, no copy, from which gradients go on to a number that nobody asks about."""

    @staticmethod
    def forward(ctx: Any, output: torch.Tensor, anchor: torch.Tensor) -> torch.Tensor:
        ctx.mark_dirty(output)
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return gradients[0], None


class Taps:
    """The calls of a pass, in order, and the way back from the loss to them."""

    def __init__(self, anchor: torch.Tensor) -> None:
        self.calls: list[Call] = []
        self.anchor = anchor

    def backward(self, loss: torch.Tensor, rows: int) -> None:
        """Send the gradients of the rows' losses, of which `loss` is the mean, back to where calls take them down."""
        if loss.requires_grad:
            torch.autograd.grad(loss, self.anchor, torch.full_like(loss, rows), allow_unused=True)


@contextlib.contextmanager
def tapped(layers: Sequence[nn.Module], parameters: Sequence[nn.Parameter], rows: int) -> Iterator[Taps]:
    """Within it each call of a layer is taken down, and no gradient is computed for any parameter.

    Args:
        layers: to be listened to.
        parameters: trainable ones, frozen meanwhile.
        rows: in the batch; an entry that is given once for all of them (positions of words) is taken as one for each.
    """
    taps = Taps(parameters[0].new_zeros((), requires_grad=True))

    def tap(layer: nn.Module, args: tuple[Any, ...], named: dict[str, Any], output: torch.Tensor) -> torch.Tensor:
        if not torch.is_grad_enabled():
            return output
        if not isinstance(output, torch.Tensor) or len(args) + len(named) != 1:
            raise ModelError(f"a {type(layer).__name__} takes or gives more than one tensor")
        entered = (args or tuple(named.values()))[0].detach()
        if len(output) == 1 < rows:
            output, entered = (side.expand(rows, *side.shape[1:]) for side in (output, entered))
        if not output.requires_grad:
            output = _Anchored.apply(output, taps.anchor)  # type: ignore[no-untyped-call]
        call = Call(layer, entered)
        # before anything is done to the output in place, so the gradient is of what the layer gave
        output.register_hook(call.note)  # type: ignore[no-untyped-call]
        taps.calls.append(call)
        return output

    handles = [layer.register_forward_hook(tap, with_kwargs=True) for layer in layers]
    try:
        for parameter in parameters:
            parameter.requires_grad_(False)
        yield taps
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
        for handle in handles:
            handle.remove()
