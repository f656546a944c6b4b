"""One forward pass watched: its results in order, slopes that are cut off put back, slopes for what has none."""

import contextlib
from collections.abc import Collection
from typing import Any, NamedTuple
from unittest import mock

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakIdKeyDictionary

INPUT = -1
"""The number of the input among the results of a forward pass."""
_DATA: Any = torch.Tensor.data
ALIASES = (torch.Tensor.detach, torch.Tensor.detach_, torch.Tensor.requires_grad_, _DATA.__get__)
"""What gives a tensor back as it is, without its slope."""


class Step(NamedTuple):
    """A result without a slope, and the earlier one that it is nearly a line in."""

    at: int
    by: int
    slope: float
    start: float


class Pass(TorchFunctionMode):
    """One forward pass whose floating results are numbered in the order in which they are made, or first seen.

    Args:
        given: what goes in.
        steps: results that take the slope of others.
        smooth: whether steps take the values of these others too, as if nothing were rounded.
        keep: which results are kept; those of n rows where None.
        widths: of those, only results with so many numbers a row; None: whatever their width.
    """

    def __init__(
        self, given: Tensor, steps: tuple[Step, ...] = (), *, smooth: bool = False,
        keep: Collection[int] | None = None, widths: Collection[int] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.rows = len(given)
        self.steps = {step.at: step for step in steps}
        self.smooth, self.keep, self.widths = smooth, keep, widths
        self.sources = {step.by for step in steps}
        self.made = {INPUT: given}
        self.count = 0
        self.cut = False
        """Whether a slope was cut off, and put back."""
        self._known: Any = WeakIdKeyDictionary({given: None})
        """{a tensor: what it counts as; None: itself}. Not held, for all results together are large."""
        self._lasting = contextlib.ExitStack()

    def __enter__(self) -> Any:
        # no function mode sees `torch.inference_mode`: it is left without effect
        for name, replacement in (("__enter__", self._seen_in_inference), ("__exit__", lambda *_: None)):
            self._lasting.enter_context(mock.patch.object(torch.inference_mode, name, replacement))
        return super().__enter__()  # type: ignore[no-untyped-call]

    def _seen_in_inference(self, *_: Any) -> None:
        self.cut = True

    def __exit__(self, *failed: Any) -> None:
        super().__exit__(*failed)  # type: ignore[no-untyped-call]
        self._lasting.close()

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function is torch._C._set_grad_enabled:
            self.cut |= not args[0]
            return None  # a slope hidden by no_grad is wanted all the same
        if function in ALIASES:
            self.cut = True
            return args[0]
        if function is torch.Tensor.numpy:  # it refuses a tensor with a slope
            return function(args[0].detach(), *args[1:], **(kwargs or {}))
        result = function(*self._entered(args), **(kwargs or {}))
        if not isinstance(result, Tensor) or not result.is_floating_point():
            return result
        return self._taken(result)

    def _taken(self, result: Tensor) -> Tensor:
        """A result numbered and kept where it is wanted; with the slope of another where it is a step."""
        number, self.count, untouched = self.count, self.count + 1, result
        step = self.steps.get(number)
        if step is not None and step.by in self.made and self.made[step.by].numel() == result.numel():
            source = self.made[step.by].to(result.dtype).reshape(result.shape)
            line = step.start + step.slope * source
            result = line if self.smooth else result.detach() + (line - line.detach())
        if number in self.sources or (self._fits(result) if self.keep is None else number in self.keep):
            self.made[number] = result.clone()  # what is changed in place later is kept as it was
        if result is not untouched:
            self._known[untouched] = result
        self._known[result] = None
        return result

    def _fits(self, result: Tensor) -> bool:
        """Whether it is of all rows, and of a width that is kept."""
        is_of_rows = result.dim() > 0 and len(result) == self.rows
        return is_of_rows and (self.widths is None or result.numel() // max(1, self.rows) in self.widths)

    def _entered(self, args: Any) -> Any:
        """Arguments; a tensor that no watched function made, as one from NumPy, is a result from here on."""
        if type(args) in (tuple, list):
            return type(args)(self._entered(argument) for argument in args)
        if not isinstance(args, Tensor) or isinstance(args, torch.nn.Parameter) or not args.is_floating_point():
            return args
        if args not in self._known:
            return self._taken(args)
        counts_as = self._known[args]
        return args if counts_as is None else counts_as
