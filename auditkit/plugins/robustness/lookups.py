"""How many whole numbers a torch module looks up in tables of embeddings while it answers."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from auditkit.models import Model

LOOKUPS = (torch.ops.aten.embedding.default, torch.ops.aten._embedding_bag.default)


class _Counted(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the indices of every look-up, by whatever name the module calls it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.indices = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function in LOOKUPS:
            self.indices += args[1].numel()
        return function(*args, **(kwargs or {}))


def looked_up(model: Model, inputs: Any) -> int:
    """How many numbers of these inputs the module of `model` looks up in its first table of embeddings and others."""
    encoded = model.encode(inputs)
    if not encoded.is_floating_point():
        return int(encoded.numel())
    with model.module() as module, torch.no_grad(), _Counted() as counted:
        module(encoded)
    return counted.indices
