"""What functions and their like refer to: closures, defaults, the globals of their code; and the code itself."""

from __future__ import annotations

import builtins
import dis
import functools
import gc
import sys
import types
import weakref
from collections.abc import Iterator
from typing import Any

LIBRARIES = frozenset({
    "torch", "torchvision", "torchaudio", "numpy", "scipy", "pandas", "sklearn", "opacus", "transformers", "peft",
    "safetensors", "auditkit", "pluggy", "pydantic", "pyarrow", "polars", "xgboost", "lightgbm", "matplotlib",
}) | sys.stdlib_module_names  # fmt: skip
"""Packages whose classes and globals hold code and no state of a model."""
BY_ANY_NAME = {"globals", "exec", "eval"}
"""Code that calls one of these can write globals that it does not name."""
OF_FRAMES = {"__globals__", "f_globals"}
"""The same of attributes."""
OF_MODULES = {"setattr", "vars", "__dict__"}
"""Code that names one of these can write attributes of modules that it does not name."""


def of_library(module: str | None) -> bool:
    """Whether a module belongs to a well-known package."""
    return (module or "builtins").partition(".")[0] in LIBRARIES


def of_function(value: Any) -> Iterator[tuple[str, Any]]:
    """What a function, a method, a partial function, a property or a generator refers to, each with a name."""
    if isinstance(value, types.FunctionType):
        closure = value.__closure__ or ()
        yield from zip(value.__code__.co_freevars, closure, strict=True)
        yield "defaults", value.__defaults__
        yield "defaults", value.__kwdefaults__
        yield from _globals_of(value)
    elif isinstance(value, types.CellType):
        try:
            yield "", value.cell_contents
        except ValueError:  # not filled yet
            return
    elif isinstance(value, types.MethodType | types.BuiltinMethodType):
        yield "self", value.__self__
        yield getattr(value, "__name__", "function"), getattr(value, "__func__", None)
    elif isinstance(value, functools.partial):
        yield from (("function", value.func), ("arguments", value.args), ("arguments", value.keywords))
    elif isinstance(value, property):
        yield from (("get", value.fget), ("set", value.fset))
    elif isinstance(value, staticmethod | classmethod):
        yield "", value.__func__
    elif isinstance(value, weakref.ref):
        yield from (("", held) for held in (value(),) if held is not None)
    elif isinstance(value, functools._lru_cache_wrapper):
        yield "cache", [held for held in gc.get_referents(value) if held is not vars(value)]
    elif isinstance(value, types.GeneratorType) and value.gi_frame is not None:
        yield "locals", dict(value.gi_frame.f_locals)


def code_of(function: types.FunctionType) -> bytes:
    """The code of a function with its constants, the same in every process; empty for a library's."""
    if of_library(str(function.__globals__.get("__name__", ""))):
        return b""
    parts: list[bytes] = []
    for code in _codes(function):
        constants = [constant for constant in code.co_consts if not isinstance(constant, types.CodeType)]
        parts += [code.co_code, repr((code.co_names, [_ordered(one) for one in constants])).encode()]
    return b"".join(parts)


def _ordered(constant: Any) -> Any:
    return sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant


def _codes(function: types.FunctionType) -> Iterator[types.CodeType]:
    """The code of a function, and of what is defined in it."""
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        yield code
        codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]


def _globals_of(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """The globals that a function's code names, or may reach by any name, and attributes of modules likewise."""
    space = function.__globals__
    if of_library(str(space.get("__name__", ""))):
        return
    names = {name for code in _codes(function) for name in code.co_names}
    own = _globals_named(function)
    any_name = bool(own & BY_ANY_NAME or names & OF_FRAMES or {"sys", "modules"} <= names)
    for name in _named(own, space, any_name):
        value = space[name]
        if isinstance(value, types.ModuleType):
            if not of_library(value.__name__):
                named = _named(names, vars(value), bool(names & OF_MODULES))
                yield from ((f"{name}.{part}", vars(value)[part]) for part in named)
        elif not hasattr(builtins, name):
            yield name, value


def _globals_named(function: types.FunctionType) -> set[str]:
    """The names that its code means as globals, and not as attributes."""
    return {
        str(instruction.argval)
        for code in _codes(function)
        for instruction in dis.get_instructions(code)
        if instruction.opname.endswith(("_GLOBAL", "_NAME"))
    }


def _named(names: set[str], space: dict[str, Any], any_name: bool) -> list[str]:
    return sorted(name for name in space if name in names or (any_name and not name.startswith("__")))
