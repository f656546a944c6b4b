"""How a module's output was made: the range that no input can take it out of, and whether its last layer is linear.

Every tensor operation of a forward pass is watched, whoever calls it: layers, functions, traced and exported graphs.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils.weak import WeakTensorKeyDictionary

from auditkit.plugins.models.torch.output_ranges import LINEAR, UNKNOWN, Origin, of_operation


def watched(ask: Callable[[], torch.Tensor], encoded: torch.Tensor) -> tuple[torch.Tensor, Origin]:
    """What `ask` answers about `encoded`, and how it was made; unknown where the watching itself fails."""
    watch = _Watch(encoded)
    try:
        with watch:
            output = ask()
    except Exception:  # a module may not bear being watched; what it raises unwatched is what counts
        return ask(), UNKNOWN
    return output, watch.origins.get(output, UNKNOWN)  # type: ignore[no-untyped-call]


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Writes down how each tensor that depends on the inputs was made; what is not there is a constant."""

    def __init__(self, encoded: torch.Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.origins = WeakTensorKeyDictionary()
        self.origins[encoded] = UNKNOWN

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        ranges = [origin for value in _flat((args, *kwargs.values())) if (origin := self._of(value)) is not None]
        if all(range_.fixed for range_ in ranges):
            return result
        name = func.overloadpacket.__name__.rstrip("_")
        # The range of a sum grows with the number of its terms.
        terms = args[0].numel() / max(1, result.numel()) if name == "sum" else 1.0
        origin = UNKNOWN if name in LINEAR and self._mixes(args) else of_operation(name, ranges, terms, args, kwargs)
        if func._schema.is_mutable:
            self._forget_views(args[0])
        for value in _flat((result,)):
            if isinstance(value, torch.Tensor):
                self.origins[value] = origin
        return result

    def _mixes(self, args: Any) -> bool:
        """Whether values in [0, 1] are added up with weights in [0, 1] and nothing else.

        Of several probabilities that makes another one, though a layer of logits may look like it.
        """
        tensors = [value for value in args if isinstance(value, torch.Tensor)]
        origins = [self.origins[tensor] for tensor in tensors if tensor in self.origins]
        if len(origins) != 1 or origins[0].low < 0 or origins[0].high > 1:
            return False
        with _disable_current_modes():
            constants = [tensor.detach() for tensor in tensors if tensor not in self.origins and bool(tensor.any())]
            return len(constants) == 1 and bool((constants[0].min() >= 0) & (constants[0].max() <= 1))

    def _forget_views(self, changed: Any) -> None:
        """Of what shares its memory with a tensor that was written to nothing is known any more."""
        if isinstance(changed, torch.Tensor):
            # Views share the storage, not the object, so that they are found by the address of the memory.
            memory = changed.untyped_storage().data_ptr()
            for tensor in list(self.origins):
                if tensor is not changed and tensor.untyped_storage().data_ptr() == memory:
                    self.origins[tensor] = UNKNOWN

    def _of(self, value: Any) -> Origin | None:
        """How one argument was made; a single constant is its own range; None for what is no number."""
        if isinstance(value, torch.Tensor):
            if value in self.origins:
                return self.origins[value]
            if value.numel() != 1:
                return Origin(fixed=True)
            with _disable_current_modes():
                value = float(value.detach())
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return Origin(float(value), float(value), fixed=True)


def _flat(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, tuple | list):
            yield from _flat(value)
        else:
            yield value
