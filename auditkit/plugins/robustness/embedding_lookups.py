"""How many whole numbers a torch module looks up in tables of embeddings while it answers."""

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from auditkit.models import Model

LOOKUPS = ("embedding", "_embedding_bag")
PLACES = ("index", "index_select", "gather", "take", "scatter", "one_hot")
"""Operations that take values from places, or put them there: a look-up where the inputs themselves are the places."""


class _Counted(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the indices of every look-up, by whatever name the module calls it."""

    def __init__(self, encoded: torch.Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.indices = 0
        rows = encoded.reshape(len(encoded), -1).double()
        self.given = [rows.flatten(), *rows.T]

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = function.overloadpacket.__name__.rstrip("_")
        if name in LOOKUPS:
            self.indices += args[1].numel()
        elif name in PLACES:
            self.indices += sum(tensor.numel() for tensor in _tensors(args) if self._is_given(tensor))
        return function(*args, **(kwargs or {}))

    def _is_given(self, indices: torch.Tensor) -> bool:
        """Whether these are the inputs of all columns or of one."""
        if indices.is_floating_point() or indices.dtype is torch.bool:
            return False
        numbers = indices.flatten().double()
        return any(torch.equal(numbers, values) for values in self.given)


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def looked_up(model: Model, inputs: Any) -> int:
    """How many numbers of these inputs the module of `model` looks up in its first table of embeddings and others."""
    encoded = model.encode(inputs)
    if not encoded.is_floating_point():
        return int(encoded.numel())
    counter = _Counted(encoded)
    with contextlib.suppress(Exception), model.module() as module, torch.no_grad(), counter:
        module(encoded)  # one that refuses so few rows shows what it looked up before
    return counter.indices
