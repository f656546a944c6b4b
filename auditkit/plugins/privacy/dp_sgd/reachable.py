"""Every tensor, array and value that an object can reach: in attributes, containers, closures, classes and globals."""

from __future__ import annotations

import collections
import contextvars
import functools
import gc
import hashlib
import io
import logging
import threading
import types
import weakref
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from auditkit.errors import ModelError
from auditkit.plugins.privacy.dp_sgd.functions import code_of, of_function, of_library

FEW = 16
"""Plain values in one container that are settings still; more are data, and so are two fractions in a list."""
MANY = 64
"""Plain attributes of one object that are settings still."""
MOST = 2_000_000
"""Objects that are looked into."""
_PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic)
_PASSED_OVER = (
    types.CodeType, type(Ellipsis), torch.dtype, torch.device, type(threading.Lock()), type(threading.RLock()),
    types.FrameType,
)  # fmt: skip
_ITS_OWN: dict[type, frozenset[str]] = {
    logging.Logger: frozenset(vars(logging.Logger(""))) | {"manager", "root"},
    logging.Handler: frozenset(vars(logging.Handler())) | {
        "stream", "baseFilename", "mode", "encoding", "errors", "delay", "_builtin_open", "terminator",
    },
    threading.Thread: (frozenset(vars(threading.Thread())) | {"_handle"}) - {"_args", "_kwargs", "_target"},
    io.TextIOBase: frozenset({"mode"}), io.BufferedIOBase: frozenset({"mode"}),
}  # fmt: skip
"""What Python keeps in these is passed over; what was put on them, or given to a thread, is not."""
_IN_MEMORY = (io.BytesIO, io.StringIO)
_CONTAINERS = (list, tuple, set, frozenset, collections.deque)
_HOOKS_OF_TENSORS = ("_backward_hooks", "_post_accumulate_grad_hooks")
_LONG = 1 << 64
"""Whole numbers from which on they are data."""
_HEAP = 1 << 9
"""The flag of classes that are made by a class statement."""


class Leaf(NamedTuple):
    """A tensor, an array, or plain values that stand together."""

    digest: str
    """SHA-256 of type, shape and values."""
    shape: tuple[int, ...]
    value: Any
    """A tensor or an array; for plain values themselves."""

    @property
    def is_data(self) -> bool:
        """Whether it could hold what was learned, and is not a single setting."""
        return isinstance(self.value, torch.Tensor | np.ndarray | tuple)


def reachable(root: Any) -> dict[str, Leaf]:
    """{dotted name: leaf} of all that `root` can reach; parameters and buffers bear the names that torch gives them.

    Followed are attributes, slots, containers, closures, defaults, partial functions and hooks; classes and functions
    that belong to no well-known library, with the globals that their code names. What is kept in a file, or in the
    memory of a library, is not seen.

    Raises:
        ModelError: there are more than two million objects.
    """
    leaves: dict[str, Leaf] = {}
    seen: set[int] = set()
    alive: list[Any] = []  # an id is only unique while its object lives
    waiting: list[tuple[str, Any]] = [("", root)]
    if isinstance(root, nn.Module):  # first, so that no list that a layer keeps of them names them otherwise
        waiting += [*root.named_parameters(), *root.named_buffers()]
    while waiting:
        name, value = waiting.pop()
        if id(value) in seen or (isinstance(value, _PASSED_OVER) and not isinstance(value, _IN_MEMORY)):
            continue
        if len(alive) > MOST:
            raise ModelError(f"the model reaches more than {MOST:,} objects, too many to look into; last {name!r}")
        if not isinstance(value, _PLAIN):
            seen.add(id(value))
            alive.append(value)
        leaf = _leaf(value)
        if leaf is not None:
            while name in leaves:
                name += "'"
            leaves[name] = leaf
        waiting += [(f"{name}.{part}".strip("."), inside) for part, inside in _inside(value)]
    return leaves


def _leaf(value: Any) -> Leaf | None:
    if isinstance(value, torch.Tensor):
        return Leaf(_digest_of_tensor(value), tuple(value.shape), value.detach())
    if isinstance(value, np.ndarray) and value.dtype != object:
        return Leaf(_digest(value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes()), value.shape, value)
    if isinstance(value, str | bytes | bytearray | memoryview) and len(value) > 4 * FEW:
        return Leaf(_digest("text", (len(value),), repr(bytes(value) if not isinstance(value, str) else value)),
                    (len(value),), (value,))  # fmt: skip
    if isinstance(value, np.void) or (isinstance(value, int) and abs(value) >= _LONG):
        content = hex(value) if isinstance(value, int) else value.tobytes()
        return Leaf(_digest(type(value).__name__, (), content), (), (value,))
    if isinstance(value, _PLAIN):
        return Leaf(_digest(type(value).__name__, (), repr(value)), (), value)
    if isinstance(value, types.FunctionType):
        code = code_of(value)
        return Leaf(_digest("code", (), code), (), None) if code else None
    if isinstance(value, torch.Generator):  # that it moved is seen; that copies begin alike is no fault
        return Leaf(_digest("generator", (), value.get_state().cpu().numpy().tobytes()), (), None)
    plain = _many_plain(value)
    return Leaf(_digest("values", (len(plain),), repr(plain)), (len(plain),), plain) if plain else None


def _many_plain(value: Any) -> tuple[Any, ...]:
    """The plain values of a container, and of those in it, where there are many, in an order of their own."""
    plain: list[Any] = []
    waiting, seen = [value], set[int]()
    while waiting:
        container = waiting.pop()
        if id(container) in seen:
            continue
        seen.add(id(container))
        if isinstance(container, Mapping):
            members = _members(container)
            plain += [(key, member) for key, member in members if isinstance(member, _PLAIN)]
            waiting += [part for member in reversed(members) for part in member]
        elif isinstance(container, _CONTAINERS) or type(container).__module__ == "array":
            values = sorted(container, key=_spelled) if isinstance(container, set | frozenset) else list(container)
            plain += [member for member in values if isinstance(member, _PLAIN)]
            waiting += reversed(values)
    # a few whole numbers are sizes; fractions that stand together may be means
    fractions = [number for number in plain if isinstance(number, float | np.floating) and number % 1]
    return tuple(plain) if len(plain) > FEW or len(fractions) > 1 else ()


def _spelled(value: Any) -> str:
    """For an order that is the same in every process."""
    return repr(value) if isinstance(value, (*_PLAIN, tuple, frozenset)) else type(value).__name__


def _members(value: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    try:
        return list(value.items())
    except Exception:  # a mapping of the user's own may do anything
        return []


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    """What an object refers to, each with a name for the place."""
    if isinstance(value, _PLAIN):
        return
    if isinstance(value, Mapping):
        members = _members(value)
        many = bool(_many_plain(value))
        for place, (key, member) in enumerate(members):
            if not (many and isinstance(member, _PLAIN)):
                # a key may itself be a row, which no message may show
                yield key if isinstance(key, str) and key.isidentifier() else str(place), member
        yield from (("key", key) for key, _ in members if not isinstance(key, _PLAIN))
    elif isinstance(value, _CONTAINERS):
        many = bool(_many_plain(value))
        yield from ((str(n), part) for n, part in enumerate(value) if not (many and isinstance(part, _PLAIN)))
    elif isinstance(value, np.ndarray):
        if value.dtype == object:
            yield "values", value.ravel().tolist()
        yield "base", value.base  # a view of nothing can keep all the rest
    elif isinstance(value, type):
        if not of_library(value.__module__):
            yield from (
                (name, part) for name, part in vars(value).items() if not name.startswith("__") or callable(part)
            )
            yield from ((base.__name__, base) for base in value.__bases__)
        return
    elif isinstance(value, _IN_MEMORY):
        yield "content", value.getvalue()
    elif isinstance(value, types.ModuleType):
        if not of_library(value.__name__):
            yield from ((name, part) for name, part in vars(value).items() if not name.startswith("__"))
        return
    elif isinstance(value, contextvars.ContextVar):
        yield "value", value.get(None)
    yield from of_function(value)
    own = next((names for kind, names in _ITS_OWN.items() if isinstance(value, kind)), None)
    if own is None or isinstance(value, _IN_MEMORY):
        yield from _attributes(value)
        yield from _many_attributes(value)
    else:
        yield from ((name, part) for name, part in getattr(value, "__dict__", {}).items() if name not in own)
    kind = type(value)
    if not of_library(kind.__module__):
        yield kind.__name__, kind


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    own = getattr(value, "__dict__", None)
    if isinstance(own, dict):
        for name, part in own.items():
            if name in ("__doc__", "__module__", "__qualname__", "__name__", "__annotations__"):
                continue
            if isinstance(value, nn.Module) and name in ("_parameters", "_buffers", "_modules"):
                yield from part.items()  # their names are those of the state dict
            else:
                yield name, part
    if isinstance(value, torch.Tensor):
        yield "grad", value.grad if value.is_leaf else None
        # no attribute dictionary shows them, and they live as long as the parameter
        yield from ((name, getattr(value, name, None)) for name in _HOOKS_OF_TENSORS)
        return
    slots = [name for kind in type(value).__mro__ for name in _slots(kind)]
    yield from ((name, getattr(value, name)) for name in slots if hasattr(value, name))
    if _keeps_apart(value):
        try:
            yield "state", value.__reduce_ex__(4)[1:]
        except Exception:  # what cannot be written in parts is asked what it refers to
            yield "state", gc.get_referents(value)


def _many_attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """The plain attributes of an object together, where there are too many for settings."""
    own = getattr(value, "__dict__", None)
    if isinstance(own, dict) and (isinstance(value, nn.Module) or not of_library(type(value).__module__)):
        plain = {name: part for name, part in own.items() if isinstance(part, _PLAIN)}
        if len(plain) > MANY:
            yield "attributes", plain


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return tuple(name for name in names if name not in ("__dict__", "__weakref__") and not name.startswith("__"))


def _keeps_apart(value: Any) -> bool:
    """Whether it may hold something that is neither attribute nor slot nor member: its class is written in C."""
    known = (
        types.FunctionType, types.MethodType, types.BuiltinMethodType, types.CellType, functools.partial, property,
        staticmethod, classmethod, weakref.ref, functools._lru_cache_wrapper, types.GeneratorType, list,
        tuple, set, frozenset, dict,
        collections.deque, np.ndarray, type, types.MemberDescriptorType, types.GetSetDescriptorType,
        types.WrapperDescriptorType, types.MethodDescriptorType, types.MappingProxyType, torch.Tensor, torch.Size,
        torch.Generator,
    )  # fmt: skip
    kind = type(value)
    says_how = any("__reduce__" in vars(base) or "__reduce_ex__" in vars(base) for base in kind.__mro__[:-1])
    in_c = any(base is not object and not base.__flags__ & _HEAP for base in kind.__mro__)
    return not isinstance(value, known) and (says_how or in_c)


def _digest(kind: str, shape: tuple[int, ...], content: bytes | str) -> str:
    state = hashlib.sha256(f"{kind}{tuple(shape)}".encode())
    state.update(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return state.hexdigest()


def _digest_of_tensor(tensor: torch.Tensor) -> str:
    dense = tensor.detach()
    dense = dense.to_dense() if dense.layout is not torch.strided else dense
    dense = dense.dequantize() if dense.is_quantized else dense
    values = dense.cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    state = hashlib.sha256(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
    state.update(values.data)
    if not tensor.requires_grad and tensor.layout is torch.strided:
        storage = tensor.untyped_storage()
        if storage.nbytes() > values.nbytes:  # a view of one number can keep all the rest
            whole = torch.empty(0, dtype=torch.uint8, device=dense.device).set_(storage)
            state.update(whole.cpu().numpy().data)
    return state.hexdigest()
