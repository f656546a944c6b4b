"""How a module's output was made: the range that no input can take it out of, and whether its last layer is linear.

Every tensor operation of a forward pass is watched, whoever calls it: layers, functions, traced and exported graphs.
The range of its result follows from the ranges of what it is given: interval arithmetic (Moore 1966).
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils.weak import WeakTensorKeyDictionary


class Origin(NamedTuple):
    """How a tensor was made."""

    low: float = -math.inf
    """No input takes a value below this."""
    high: float = math.inf
    """Nor above this."""
    linear: bool = False
    """A sum weighted by parameters, at most shifted and scaled since: how logits are made."""
    fixed: bool = False
    """It does not depend on the inputs."""


UNKNOWN = Origin()
_SHARE = Origin(0.0, 1.0)
_RANGES = {
    "sigmoid": _SHARE, "_softmax": _SHARE, "hardsigmoid": _SHARE, "rand_like": _SHARE, "bernoulli": _SHARE,
    "special_ndtr": _SHARE, "gt": _SHARE, "ge": _SHARE, "lt": _SHARE, "le": _SHARE, "eq": _SHARE, "ne": _SHARE,
    "tanh": Origin(-1.0, 1.0), "erf": Origin(-1.0, 1.0), "sin": Origin(-1.0, 1.0), "cos": Origin(-1.0, 1.0),
    "sign": Origin(-1.0, 1.0), "atan": Origin(-math.pi / 2, math.pi / 2),
    "_log_softmax": Origin(high=0.0), "log_sigmoid_forward": Origin(high=0.0), "softplus": Origin(low=0.0),
    "abs": Origin(low=0.0), "square": Origin(low=0.0), "sqrt": Origin(low=0.0), "linalg_vector_norm": Origin(low=0.0),
}  # fmt: skip
"""Operations that bound their result whatever they are given."""
_SAME = {
    "view", "_unsafe_view", "reshape", "_reshape_alias", "squeeze", "unsqueeze", "select", "slice", "permute", "t",
    "transpose", "expand", "clone", "detach", "alias", "lift_fresh", "_to_copy", "split", "split_with_sizes", "unbind",
    "index", "index_select", "gather", "flatten", "diagonal", "flip", "repeat", "contiguous", "max", "min", "amax",
    "amin", "mean", "median", "sort", "topk", "avg_pool2d", "adaptive_avg_pool2d", "_adaptive_avg_pool2d", "dropout",
    "native_dropout", "max_pool2d_with_indices",
}  # fmt: skip
"""Operations whose results lie between the smallest and the largest of their first operand."""
_JOINS = {"cat", "stack", "where", "maximum", "minimum"}
"""Likewise, of all their operands; the first of `where` is a condition."""
_MONOTONE: dict[str, Callable[[float], float]] = {
    "exp": lambda value: math.exp(value) if value < 700 else math.inf,
    "log": lambda value: math.log(value) if value > 0 else -math.inf,
    "relu": lambda value: max(value, 0.0),
    "round": lambda value: value if math.isinf(value) else float(round(value)),
}
_LINEAR = {"mm", "addmm", "bmm", "baddbmm", "linear", "convolution", "mv", "addmv", "matmul", "mkldnn_linear"}
"""Sums weighted by parameters: how logits are made."""
_NORMS = {"native_batch_norm", "_native_batch_norm_legit_no_training", "cudnn_batch_norm", "native_layer_norm"}


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
        origin = UNKNOWN if name in _LINEAR and self._mixes(args) else _of_operation(name, ranges, terms, args, kwargs)
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


def _of_operation(name: str, ranges: list[Origin], terms: float, args: Any, kwargs: Any) -> Origin:
    """How the result of an operation is made.

    Args:
        name: of the operation, without the overload and the underscore of its form in place.
        ranges: of the numbers and tensors that it is given.
        terms: how many values go into one, where it is a sum.
        args: as it is called.
        kwargs: likewise.
    """
    if name in _RANGES:
        return _RANGES[name]
    if name in _LINEAR:
        return Origin(linear=sum(not range_.fixed for range_ in ranges) == 1)
    if name in _NORMS:
        return Origin(linear=ranges[0].linear)
    if name in _SAME or name in _JOINS:
        operands = ranges[1:] if name == "where" else ranges if name in _JOINS else ranges[:1]
        low, high = min(operand.low for operand in operands), max(operand.high for operand in operands)
        return Origin(low, high, all(operand.linear for operand in operands))
    if name in _MONOTONE:
        return Origin(_MONOTONE[name](ranges[0].low), _MONOTONE[name](ranges[0].high))
    if name in ("clamp", "clamp_min", "clamp_max", "hardtanh"):
        return _clamped(name, ranges[0], args, kwargs)
    if name == "sum":
        return Origin(_times(ranges[0].low, terms), _times(ranges[0].high, terms), ranges[0].linear)
    return _arithmetic(name, ranges, kwargs)


def _clamped(name: str, operand: Origin, args: Any, kwargs: Any) -> Origin:
    low = kwargs.get("min", args[1] if len(args) > 1 and name != "clamp_max" else None)
    high = kwargs.get("max", args[2] if len(args) > 2 else args[1] if name == "clamp_max" else None)
    if name == "hardtanh":
        low, high = -1.0 if low is None else low, 1.0 if high is None else high
    return Origin(
        operand.low if low is None else max(operand.low, float(low)),
        operand.high if high is None else min(operand.high, float(high)),
    )


def _arithmetic(name: str, ranges: list[Origin], kwargs: Any) -> Origin:
    """Sums, differences, products, quotients by interval arithmetic; anything else may give any number."""
    if name == "neg":
        return Origin(-ranges[0].high, -ranges[0].low, ranges[0].linear)
    if name == "reciprocal":
        return _quotient(Origin(1.0, 1.0), ranges[0])
    if name == "prod" and ranges[0].low >= 0 and ranges[0].high <= 1:
        return _SHARE
    if name == "pow" and len(ranges) > 1:
        return _power(*ranges[:2])
    if len(ranges) < 2 or name not in ("add", "sub", "rsub", "mul", "div"):
        return UNKNOWN
    first, second = (ranges[1], ranges[0]) if name == "rsub" else (ranges[0], ranges[1])
    # Shifted or scaled by constants, logits stay logits.
    linear = any(operand.linear for operand in (first, second))
    if name == "div":
        return _quotient(first, second)._replace(linear=first.linear and second.fixed)
    if name == "mul":
        ends = [_times(left_end, right_end) for left_end in first[:2] for right_end in second[:2]]
        return Origin(min(ends), max(ends), linear and (first.fixed or second.fixed))
    # alpha scales the second operand, whose range is then not followed.
    if float(kwargs.get("alpha", 1)) != 1:
        return Origin(linear=linear)
    if name == "add":
        return Origin(first.low + second.low, first.high + second.high, linear)
    return Origin(first.low - second.high, first.high - second.low, linear)


def _power(base: Origin, exponent: Origin) -> Origin:
    if exponent.low != exponent.high or exponent.low <= 0:
        return UNKNOWN
    if base.low >= 0:
        return Origin(base.low**exponent.low, base.high**exponent.low)
    return Origin(low=0.0) if exponent.low % 2 == 0 else UNKNOWN


def _quotient(first: Origin, second: Origin) -> Origin:
    if second.low <= 0 <= second.high:
        return UNKNOWN
    ends = [
        _times(left_end, 0.0 if math.isinf(right_end) else 1 / right_end)
        for left_end in first[:2]
        for right_end in second[:2]
    ]
    return Origin(min(ends), max(ends))


def _times(first: float, second: float) -> float:
    return 0.0 if first == 0 or second == 0 else first * second
