"""What a plugin object offers, and what is wrong with it before it is ever called."""

from __future__ import annotations

import inspect
import types
from typing import Any

from auditkit import hookspecs
from auditkit.checks import Check
from auditkit.errors import closest
from auditkit.hookspecs import PROJECT
from auditkit.trainers import Trainer

HOOKS = tuple(name for name, value in vars(hookspecs).items() if hasattr(value, f"{PROJECT}_spec"))
"""Every hook of the contract."""

WRAPPABLE = frozenset({"run_check"})
"""Hooks that an implementation may wrap."""


def offered_checks(module: types.ModuleType) -> list[type[Check]]:
    """Every check that a module decorates or subclasses itself; what it imported is not its own."""
    found: list[type[Check]] = []
    for value in vars(module).values():
        kind = getattr(value, "check", value) if callable(value) else value
        if _own_class(kind, Check, module):
            found.append(kind)
    return list(dict.fromkeys(found))


def offered_trainers(module: types.ModuleType) -> list[type[Trainer]]:
    """Every trainer that a module subclasses itself."""
    found: list[type[Trainer]] = []
    for value in vars(module).values():
        if _own_class(value, Trainer, module) and value not in found:
            found.append(value)
    return found


def problems(plugin: Any) -> list[str]:
    """Why this plugin cannot be registered: each a sentence; empty where it can."""
    if inspect.isclass(plugin):
        return [f"an instance is required, and the class {plugin.__name__} was given; call it: {plugin.__name__}()"]
    found = []
    for name in dir(plugin):
        function = inspect.getattr_static(plugin, name, None)
        marks = getattr(getattr(function, "__func__", function), f"{PROJECT}_impl", None)
        if marks is None:
            continue
        hook = marks.get("specname") or name
        if hook not in HOOKS:
            if not marks.get("optionalhook"):
                found.append(f"{hook!r} is not a hook; {closest(hook, HOOKS)}")
        else:
            found += _bad_signature(getattr(plugin, name), hook, marks)
    return found


def _bad_signature(function: Any, hook: str, marks: dict[str, Any]) -> list[str]:
    found = []
    known = inspect.signature(getattr(hookspecs, hook)).parameters
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in known:
            wanted = closest(name, known) if known else "it takes no arguments"
            found.append(f"{hook} has no argument {name!r}; {wanted}")
        elif parameter.default is not inspect.Parameter.empty:
            found.append(f"{hook}: the argument {name!r} must not have a default")
        elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            found.append(f"{hook}: the argument {name!r} must not be keyword-only")
    if (marks.get("wrapper") or marks.get("hookwrapper")) and hook not in WRAPPABLE:
        found.append(f"{hook} cannot be wrapped; only run_check can")
    return found


def _own_class(value: Any, kind: type, module: types.ModuleType) -> bool:
    return (
        inspect.isclass(value)
        and issubclass(value, kind)
        and not inspect.isabstract(value)
        and value.__module__ == module.__name__
    )
