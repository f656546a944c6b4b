"""What the operators of a graph take of memory, told before each of them runs."""

import math
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from auditkit.plugins.models.archives import check_size


class Measured(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Meanwhile, refuse to run an operator whose results, with those that are held, would take too much.

    Args:
        name: of the file.
        most: bytes that results may take at once.
    """

    def __init__(self, name: str, most: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._most = name, most
        self._held: dict[int, tuple[int, int]] = {}
        """{address of a storage: its bytes, and how many tensors lie in it}"""

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """The results of an operator.

        Raises:
            ModelFileRejected: they would take too much.
        """
        held = sum(size for size, _ in self._held.values())
        check_size(held + _bytes_of(func, args, kwargs or {}), self._name, self._most, "an answer of its graph takes")
        results = func(*args, **(kwargs or {}))
        for tensor in _tensors(results):
            self._hold(tensor)
        return results

    def _hold(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        _, count = self._held.get(place, (0, 0))
        self._held[place] = (size, count + 1)
        weakref.finalize(tensor, self._release, place)

    def _release(self, place: int) -> None:
        size, count = self._held.pop(place)
        if count > 1:
            self._held[place] = (size, count - 1)


def _bytes_of(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """What the results of an operator take beyond its arguments, without running it."""
    if func.overloadpacket in (torch.ops.aten.repeat_interleave, torch.ops.aten.bincount):
        # of as many as the numbers in their arguments say
        counts = [tensor for tensor in _tensors((args, kwargs)) if not tensor.is_floating_point()]
        return 8 * sum(int(tensor.clamp(min=0).sum()) * max(1, math.prod(_first(args).shape[1:])) for tensor in counts)
    try:
        with FakeTensorMode(allow_non_fake_inputs=True) as mode:
            fakes = torch.utils._pytree.tree_map_only(torch.Tensor, mode.from_tensor, (list(args), dict(kwargs)))
            results = func(*fakes[0], **fakes[1])
    except Exception:  # results whose size depends on values: no more than their arguments
        return 0
    given = {tensor.untyped_storage()._cdata for tensor in _tensors(fakes)}
    return sum(
        tensor.untyped_storage().nbytes()
        for tensor in _tensors(results)
        if tensor.untyped_storage()._cdata not in given
    )


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    return (leaf for leaf in torch.utils._pytree.tree_leaves(value) if isinstance(leaf, torch.Tensor))


def _first(args: Sequence[Any]) -> torch.Tensor:
    return next(_tensors(args))
