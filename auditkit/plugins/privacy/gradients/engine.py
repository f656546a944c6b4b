"""What an engine of per-row clipping gives: the sum of clipped gradients of a chunk of rows, and their norms."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias

import torch
from torch import nn

Loss: TypeAlias = Callable[[Any, torch.Tensor], torch.Tensor]
"""Outputs and targets of n rows in, their mean loss out."""

HELD = 1 << 27
"""Numbers of single rows' gradients that are held at once, half a gigabyte of float32."""
AT_ONCE = 512
"""Rows that go through together at most: more are no faster, and what the layers give them is held."""
STABLE = 1e-6
"""Added to a norm before it divides, as opacus does, so that the steps are the same."""


class ClippedSum(NamedTuple):
    """What a step needs of a chunk of rows."""

    sums: list[torch.Tensor]
    """For each trainable parameter, in the module's order, the sum of clipped gradients; not divided by anything."""
    norms: torch.Tensor
    """(rows,) or (units,) norms before clipping, of rows in their order, of units in that of their codes."""
    loss: torch.Tensor
    """The mean over rows; NaN where there are none."""


class Pass(Protocol):
    """A forward and a backward pass of some rows."""

    norms: torch.Tensor
    """(n,) of rows or units."""
    loss: torch.Tensor
    """Mean over rows."""

    def weighted(self, factors: torch.Tensor) -> list[torch.Tensor]:
        """For each parameter, the sum of gradients of rows or units, each times its factor; `factors` is (n,)."""


class Engine(abc.ABC):
    """One way to the clipped sum. The module is left as it was: hooks live no longer than a pass.

    Args:
        module: in the mode in which it is to be trained; which parameters are trained is read here, once.
        loss: mean over rows.
        max_grad_norm: what the gradient of a row (or unit) is clipped to.

    Raises:
        ModelError: this engine cannot serve this module.
    """

    name: ClassVar[str]
    together: ClassVar[bool] = True
    """Whether rows go through the module together, so that a module that mixes rows shows."""

    def __init__(self, module: nn.Module, loss: Loss, max_grad_norm: float) -> None:
        self.module, self.loss, self.max_grad_norm = module, loss, max_grad_norm
        self.parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
        self.rows_at_once = rows_that_fit(self.parameters)

    @abc.abstractmethod
    def take(self, inputs: torch.Tensor, targets: torch.Tensor, units: torch.Tensor | None = None) -> Pass:
        """Gradients of at least one row, as many as can be held at once."""

    def passes(
        self, inputs: torch.Tensor, targets: torch.Tensor, units: torch.Tensor | None = None
    ) -> Iterator[tuple[torch.Tensor, Pass]]:
        """Passes over all rows, with the rows of each; a unit lies whole in one of them."""
        for rows in blocks(len(inputs), units, self.rows_at_once, inputs.device):
            whole = units is None and len(rows) == len(inputs)
            part = (inputs, targets) if whole else (inputs[rows], targets[rows])
            yield rows, self.take(*part, None if units is None else units[rows])

    def clipped_sum(self, inputs: torch.Tensor, targets: torch.Tensor, units: torch.Tensor | None = None) -> ClippedSum:
        """The sum over rows of min(1, C / norm) times the gradient (Abadi et al., 2016, arXiv:1607.00133).

        Args:
            inputs: (n, ...) encoded.
            targets: (n,) or (n, ...), what `loss` takes.
            units: (n,) codes of persons; the gradients of one person's rows are added and clipped once. None: each row
                is a unit.
        """
        sums: list[torch.Tensor] | None = None
        norms, losses = [], inputs.new_zeros((), dtype=self._float())
        for rows, taken in self.passes(inputs, targets, units):
            weighted = taken.weighted((self.max_grad_norm / (taken.norms + STABLE)).clamp(max=1.0))
            sums = weighted if sums is None else [total.add_(more) for total, more in zip(sums, weighted, strict=True)]
            norms.append(taken.norms)
            losses = losses + taken.loss * len(rows)
        if sums is None:
            return ClippedSum([torch.zeros_like(p) for p in self.parameters], losses.new_zeros(0), losses / 0)
        return ClippedSum(sums, torch.cat(norms), losses / len(inputs))

    def _float(self) -> torch.dtype:
        return self.parameters[0].dtype if self.parameters else torch.get_default_dtype()


class RowGradients:
    """A pass of which the gradient of each row is held whole.

    Args:
        gradients: for each parameter (n, ...).
        loss: mean over rows.
        units: (n,) codes, or None.
    """

    def __init__(self, gradients: Sequence[torch.Tensor], loss: torch.Tensor, units: torch.Tensor | None) -> None:
        self.loss = loss
        self._gradients = [gradient if units is None else added(gradient, units) for gradient in gradients]
        # a parameter that is one number has gradients without a second axis
        flat = [gradient.reshape(*gradient.shape[:1], gradient[:1].numel()) for gradient in self._gradients]
        squares = [gradient.square().sum(1, dtype=wide(gradient)) for gradient in flat]
        self.norms = torch.stack([square.to(squares[0].dtype) for square in squares]).sum(0).sqrt()

    def weighted(self, factors: torch.Tensor) -> list[torch.Tensor]:
        """See `Pass`."""
        return [torch.tensordot(factors.to(gradient), gradient, dims=1) for gradient in self._gradients]


def rows_that_fit(parameters: Sequence[torch.Tensor]) -> int:
    """How many rows go through at once, where the gradient of each with respect to these is held."""
    return min(AT_ONCE, max(1, HELD // max(1, sum(parameter.numel() for parameter in parameters))))


def added(values: torch.Tensor, units: torch.Tensor) -> torch.Tensor:
    """(units, ...) sums of (n, ...) over the rows of each unit, units in the order of their codes."""
    codes, places = torch.unique(units, return_inverse=True)
    return values.new_zeros((len(codes), *values.shape[1:])).index_add_(0, places, values)


def wide(tensor: torch.Tensor) -> torch.dtype:
    """The type that norms are computed in: float32 at least, whatever half the gradients have."""
    return torch.promote_types(tensor.dtype, torch.float32)


def blocks(count: int, units: torch.Tensor | None, at_once: int, device: torch.device) -> Iterator[torch.Tensor]:
    """Rows in blocks of about `at_once`; with units, in the order of their codes, each whole."""
    if units is None:
        yield from (torch.split(torch.arange(count, device=device), at_once) if count else ())
        return
    order = torch.argsort(units, stable=True)
    start = end = 0
    for size in torch.unique(units, return_counts=True)[1].tolist():
        if end > start and end + size - start > at_once:
            yield order[start:end]
            start = end
        end += size
    if end > start:
        yield order[start:end]
