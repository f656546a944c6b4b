"""Several tensors for one module, carried as one, so that whatever takes the encoded inputs of a model takes them too.

Positions and masks of one shape (n, T) are stacked to (n, K, T); anything else is laid side by side in (n, width).
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from auditkit.errors import ModelError
from auditkit.text import class_name


class Part(NamedTuple):
    """One of the tensors that a module takes."""

    name: str | None
    """The argument that it is given as; None: by its place."""
    shape: tuple[int, ...]
    """Of one row."""
    kind: torch.dtype


class Several(torch.nn.Module):
    """A module of several inputs, made to take one tensor that holds them all.

    Args:
        module: takes the tensors by name where they come as a mapping or a NamedTuple, else by place.
    """

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module
        self.parts: tuple[Part, ...] = ()

    def join(self, tensors: Mapping[str | int, torch.Tensor], name: str) -> torch.Tensor:
        """One tensor of all parts: int64 (n, K, T) of positions of one shape, else float64 (n, width).

        Args:
            tensors: {argument or place: (n, ...)}.
            name: of the model, for messages.

        Raises:
            ModelError: they are not one row for each input, or rows are laid out otherwise than before.
        """
        counts = {len(tensor) if tensor.ndim else 0 for tensor in tensors.values()}
        if len(counts) != 1:
            shapes = ", ".join(f"{key}: {tuple(tensor.shape)}" for key, tensor in tensors.items())
            raise ModelError(
                f"{name}: several inputs must have one row each for every input; their shapes are {shapes}"
            )
        parts = tuple(
            Part(key if isinstance(key, str) else None, tuple(tensor.shape[1:]), tensor.dtype)
            for key, tensor in tensors.items()
        )
        known, self.parts = self.parts, parts
        if _stacked(parts):
            return torch.stack([tensor.to(torch.int64) for tensor in tensors.values()], dim=1)
        if known and known != parts:
            raise ModelError(
                f"{name}: preprocess must give inputs of the same names, types and shapes for every batch; it gave "
                f"{_listed(parts)} after {_listed(known)}. Fill rows up to one length"
            )
        return torch.cat([tensor.reshape(len(tensor), -1).to(torch.float64) for tensor in tensors.values()], dim=1)

    def forward(self, joined: torch.Tensor) -> Any:
        """What the module gives for the parts."""
        tensors = joined.unbind(1) if _stacked(self.parts) else self._split(joined)
        typed = [tensor.to(part.kind) for tensor, part in zip(tensors, self.parts, strict=True)]
        pairs = [(part.name, tensor) for part, tensor in zip(self.parts, typed, strict=True)]
        named = {name: tensor for name, tensor in pairs if name is not None}
        return self.module(*(tensor for name, tensor in pairs if name is None), **named)

    def _split(self, joined: torch.Tensor) -> list[torch.Tensor]:
        widths = [math.prod(part.shape) for part in self.parts]
        pieces = torch.split(joined, widths, dim=1)
        return [piece.reshape(len(joined), *part.shape) for piece, part in zip(pieces, self.parts, strict=True)]


def several(inputs: Any) -> dict[str | int, Any] | None:
    """{argument or place: values} of a mapping, a NamedTuple or a tuple of tensors; None for anything else.

    Raises:
        ModelError: it is one of these, and holds nothing.
    """
    if isinstance(inputs, Mapping):
        named: dict[str | int, Any] = {str(key): value for key, value in inputs.items()}
    elif isinstance(inputs, tuple):
        fields = getattr(inputs, "_fields", range(len(inputs)))
        named = dict(zip(fields, inputs, strict=True))
    else:
        return None
    if not named:
        raise ModelError(f"preprocess must give one or more tensors; it gave an empty {class_name(inputs)}")
    return named


def within(module: torch.nn.Module) -> Several | None:
    """The part of a module that takes several inputs; None where there is none."""
    return next((layer for layer in module.modules() if isinstance(layer, Several)), None)


def _stacked(parts: tuple[Part, ...]) -> bool:
    """Whether all are whole numbers of one shape (T,), such as the places of words and their mask."""
    whole = all(not part.kind.is_floating_point and not part.kind.is_complex for part in parts)
    return whole and len(parts[0].shape) == 1 and len({part.shape for part in parts}) == 1


def _listed(parts: tuple[Part, ...]) -> str:
    return ", ".join(f"{part.name or 'an input'} of {part.shape}" for part in parts)
