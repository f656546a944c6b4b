"""One of several outputs of a module, so that whatever takes the module's answers takes that output alone."""

from collections.abc import Mapping
from typing import Any

import torch

from auditkit.errors import ModelError
from auditkit.plugins.models.one_output import place_of, several
from auditkit.plugins.models.torch.several_inputs import Several


class PickedOutput(torch.nn.Module):
    """A module of several outputs, made to give one of them.

    Args:
        module: gives a mapping, a record, a tuple, or one tensor (n, K) with a column for each output.
        target: the output's name, or its position from 0.
        name: of the model, for messages.
    """

    def __init__(self, module: torch.nn.Module, target: str | int, name: str) -> None:
        super().__init__()
        self.module, self.target, self.name = module, target, name

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """What the module gives as the one output.

        Raises:
            ModelError: there is no such output.
        """
        output = self.module(*inputs, **named)
        parts = _parts(output)
        if parts is not None:
            return list(parts.values())[place_of(self.target, list(parts), self.name)]
        if not isinstance(output, torch.Tensor) or output.ndim < 2:
            raise ModelError(
                f"{self.name}: target is for a module of several outputs; this one gives one number per row. Leave "
                "target out"
            )
        return output[:, place_of(self.target, [str(column) for column in range(output.shape[1])], self.name)]


def sole(module: torch.nn.Module, output: Any, name: str) -> torch.nn.Module | None:
    """The module made to give its only output, where that comes in a mapping or a tuple; None where nothing is to do.

    A record with `logits`, as networks of transformers give, is read by its logits.

    Raises:
        ModelError: there are several outputs, of which nobody named one.
    """
    parts = _parts(output)
    if not parts or "logits" in parts:
        return None
    if len(parts) > 1:
        raise several(name, len(parts), tuple(parts))
    return PickedOutput(module, next(iter(parts)), name)


def picked(module: torch.nn.Module, target: str | int | None, name: str) -> torch.nn.Module:
    """The module made to give the output that its owner named; itself, where none is named or that is done."""
    if target is None or isinstance(plain(module, inputs_only=True), PickedOutput):
        return module
    return PickedOutput(module, target, name)


def plain(module: torch.nn.Module, *, inputs_only: bool = False) -> torch.nn.Module:
    """The owner's module, without what carries several inputs; with what picks an output where `inputs_only`."""
    while isinstance(module, Several) or (isinstance(module, PickedOutput) and not inputs_only):
        module = module.module
    return module


def wrapped_like(module: torch.nn.Module, other: torch.nn.Module) -> torch.nn.Module:
    """An owner's module, inside what stands around another of the same architecture."""
    if isinstance(other, Several):
        outer = Several(wrapped_like(module, other.module))
        outer.parts = other.parts
        return outer
    if isinstance(other, PickedOutput):
        return PickedOutput(wrapped_like(module, other.module), other.target, other.name)
    return module


def _parts(output: Any) -> dict[str, Any] | None:
    """{name or position: output} of a mapping, a record or a tuple; None for anything else."""
    if isinstance(output, Mapping):
        return {str(key): value for key, value in output.items()}
    if isinstance(output, tuple | list):
        names = getattr(output, "_fields", range(len(output)))
        return {str(key): value for key, value in zip(names, output, strict=True)}
    return None
