"""What a plugin object offers, and what is wrong with it before it is ever called."""

import inspect
import math
import os
import re
import types
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from auditkit import hookspecs
from auditkit.checks import BUDGETS, MODALITIES, NEEDS, Check
from auditkit.config import parse
from auditkit.errors import ConfigError, closest
from auditkit.io.atomic_files import plain_name
from auditkit.results import Definition
from auditkit.runfolder.folder import CHECKS, MODELS, RESULTS
from auditkit.runfolder.manifest import UNSEALED
from auditkit.text import class_name, one_line, shown
from auditkit.trainers import Trainer

HOOKS = tuple(name for name, value in vars(hookspecs).items() if hasattr(value, f"{hookspecs.PROJECT}_spec"))
"""Every hook of the contract."""

WRAPPABLE = frozenset({"run_check"})
"""Hooks that an implementation may wrap."""


def offered(module: types.ModuleType, kind: type) -> list[type]:
    """Every check, or trainer, that a module decorates or subclasses itself; what it imported is not its own."""
    values = map(decorated, vars(module).values())
    return list(dict.fromkeys(value for value in values if _own_class(value, kind, module)))


def decorated(value: Any) -> Any:
    """The class that a decorated function carries as `check`; anything else as it is, and without asking it."""
    return value if _is_class(value) else inspect.getattr_static(value, "check", value)


def _is_class(value: Any) -> bool:
    """Whether it is a class; `isinstance` believes what an object says of itself, and runs its code for it."""
    return issubclass(type(value), type)


def problems(plugin: Any) -> list[str]:
    """Why this plugin cannot be registered: each a sentence; empty where it can."""
    kind = plugin if inspect.isclass(plugin) else type(plugin)
    if inspect.isfunction(plugin):
        kind = getattr(plugin, "check", kind)
    if inspect.isclass(kind) and issubclass(kind, Check):
        return [f"it is a check; give it as one, checks=[{getattr(plugin, '__name__', kind.__name__)}]"]
    if inspect.isclass(plugin):
        return [f"an instance is required, and the class {plugin.__name__} was given; call it: {plugin.__name__}()"]
    texts, hooks = [], 0
    for name in dir(plugin):
        # static, for a property would run code of the plugin before it is known to be one
        function = inspect.getattr_static(plugin, name, None)
        marks = getattr(getattr(function, "__func__", function), f"{hookspecs.PROJECT}_impl", None)
        if marks is None:
            if name in HOOKS and callable(function):
                texts.append(f"{name} is named like a hook and is none; mark it with @auditkit.hookimpl")
            continue
        hooks += 1
        hook = marks.get("specname") or name
        if hook not in HOOKS:
            # pluggy passes over an unknown hook in silence, and the plugin would seem to do nothing
            if not marks.get("optionalhook"):
                texts.append(f"{hook!r} is not a hook; {closest(hook, HOOKS)}")
        else:
            texts += _bad_signature(getattr(plugin, name), hook, marks)
    is_module = isinstance(plugin, types.ModuleType)
    if not hooks and not (is_module and (offered(plugin, Check) or offered(plugin, Trainer))):
        texts.append("it offers nothing; mark a function with @auditkit.hookimpl, or decorate or subclass a check")
    return texts


def _bad_signature(function: Any, hook: str, marks: dict[str, Any]) -> list[str]:
    wrong = []
    known = inspect.signature(getattr(hookspecs, hook)).parameters
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in known:
            hint = closest(name, known) if known else "it takes no arguments"
            wrong.append(f"{hook} has no argument {name!r}; {hint}")
        elif parameter.default is not inspect.Parameter.empty:
            wrong.append(f"{hook}: the argument {name!r} must not have a default")
        elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            wrong.append(f"{hook}: the argument {name!r} must not be keyword-only")
    if (marks.get("wrapper") or marks.get("hookwrapper")) and hook not in WRAPPABLE:
        wrong.append(f"{hook} cannot be wrapped; only run_check can")
    return wrong


def _own_class(value: Any, kind: type, module: types.ModuleType) -> bool:
    return bool(
        _is_class(value)
        and issubclass(value, kind)
        # without an id it is a base of others; with one, its method may be misspelt
        and (getattr(value, "id", "") or not inspect.isabstract(value))
        # what a package brings from its own files is its own
        and f"{value.__module__}.".startswith(f"{module.__name__}.")
    )


def wrong_class(value: Any, kind: type) -> str | None:
    """A value that a plugin gave in place of a class of check or trainer, and why it is none; None where it is one."""
    wrong = wrong_kind(value, kind)
    return f"{one_line(value)}: {wrong}" if wrong else None


def wrong_kind(value: Any, kind: type) -> str | None:
    """What is wrong with a class of check or trainer that a plugin gave; None where nothing is."""
    if not (isinstance(value, type) and issubclass(value, kind)):
        return f"a {kind.__name__} class or a function decorated with @auditkit.check is required"
    form, example = (CHECK_ID, "acme.share") if kind is Check else (TRAINER_ID, "acme-sgd")
    id = value.id  # type: ignore[attr-defined]
    if not (isinstance(id, str) and form.fullmatch(id)):
        return f"id must be a name in lower case such as {example!r}; {shown(id)} was given"
    if not isinstance(value.needs, set | frozenset):  # type: ignore[attr-defined]
        return f"needs must be a set of names; {shown(value.needs)} was given"  # type: ignore[attr-defined]
    unknown = sorted(str(need) for need in value.needs if need not in NEEDS)  # type: ignore[attr-defined]
    if unknown:
        return f"need {unknown[0]!r} is not in the vocabulary; {closest(unknown[0], map(str, NEEDS))}"
    return _wrong_facts(value)


def _wrong_facts(kind: Any) -> str | None:
    """What is wrong with the constants and the defaults of a check or trainer; None where nothing is."""
    for method in sorted(getattr(kind, "__abstractmethods__", ())):
        return f"it lacks the method {method}; {closest(method, [name for name in vars(kind) if name[0] != '_'])}"
    for name, meaning in kind.definitions.items() if isinstance(kind.definitions, Mapping) else [("", None)]:
        if not isinstance(name, str) or not isinstance(meaning, Definition):
            return f"definitions must be {{name: auditkit.Definition}}; {shown(kind.definitions)} was given"
    if not isinstance(kind.presets, Mapping) or not all(
        isinstance(preset, Mapping) for preset in kind.presets.values()
    ):
        return f"presets must be {{budget: {{parameter: value}}}}; {shown(kind.presets)} was given"
    for budget in kind.presets:
        if budget not in BUDGETS:
            return f"presets: {shown(budget)} is not a budget; {closest(str(budget), BUDGETS)}"
    try:
        for preset in ({}, *kind.presets.values()):
            parse(kind, preset, "its own defaults and presets")
    except ConfigError as error:
        return str(error)
    return None


def wrong_pack(path: Any) -> str | None:
    """What is wrong with the path of a rule pack that a plugin gave; None where nothing is."""
    if not isinstance(path, str | os.PathLike):
        return f"a {class_name(path)} was given"
    return None if os.path.isfile(path) else f"there is no file {os.fspath(path)!r}"


class Field(NamedTuple):
    """What a field of a row must be."""

    name: str
    wanted: str
    holds: Callable[[Any], bool]


DOTTED = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
CHECK_ID = re.compile(r"(?!train\.)[a-z0-9_-]+(\.[a-z0-9_-]+)+")
"""`family.name`; `train.` begins the account of a trainer."""
TRAINER_ID = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
WORD = re.compile(r"[A-Za-z0-9_.-]+")
SEVERITIES = 5
NORMS = ("Linf", "L2", "L1")


def _numbers(value: Any) -> bool:
    return all(
        isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number) for number in value
    )


def _has_one_place(words: Any) -> bool:
    """Whether words have a place for one number."""
    return isinstance(words, str) and words.format(0.25) != words


def _dotted(value: Any) -> bool:
    return isinstance(value, str) and bool(DOTTED.fullmatch(value))


def _free_file(name: Any) -> bool:
    """Whether a format may write a file of this name: plain, and none of those that auditkit writes itself."""
    return plain_name(name).lower() not in (RESULTS, *UNSEALED, CHECKS, MODELS)


_NAME = Field("name", "a dotted name in lower case such as 'acme.fog'", _dotted)
_MAKE = Field("make", "a callable", callable)
ROWS: dict[str, tuple[type, tuple[Field, ...]]] = {
    "register_attacks": (hookspecs.Attack, (
        _NAME, _MAKE,
        Field("cost", "a number above 0", lambda value: _numbers([value]) and value > 0),
        Field("norms", f"one or more of {', '.join(NORMS)}", lambda value: bool(value) and set(value) <= set(NORMS)),
    )),
    "register_corruptions": (hookspecs.Corruption, (
        _NAME, _MAKE,
        Field("severities", "five finite numbers", lambda value: len(value) == SEVERITIES and _numbers(value)),
        Field("modality", "one of image, sequence, table, text", lambda value: value in MODALITIES),
        Field("words", "a text with a place for one number, such as 'strength {:g}'", _has_one_place),
    )),
    "register_formats": (hookspecs.Format, (
        Field("name", "a word such as 'csv'", lambda value: bool(WORD.fullmatch(value))),
        Field("file", "a plain name of a file that auditkit does not write itself, such as 'acme.csv'", _free_file),
        Field("render", "a callable", callable),
    )),
    "register_sections": (hookspecs.ReportSection, (
        Field("id", "a dotted name in lower case such as 'acme.energy'", _dotted),
        Field("title", "a text", lambda value: isinstance(value, str) and bool(value.strip())),
        Field("build", "a callable", callable),
    )),
}  # fmt: skip
"""{hook: the class of its rows, and what their fields must be}; a row is known by its first field."""


def wrong_row(hook: str, row: Any) -> str | None:
    """What is wrong with a row that a plugin gave; None where nothing is."""
    kind, fields = ROWS[hook]
    if type(row) is not kind:  # a class of its own could give another text each time that it is asked
        return f"rows must be {kind.__module__}.{kind.__name__}; a {class_name(row)} was given"
    for field in fields:
        value = getattr(row, field.name)
        try:
            holds = (type(value) is str or not isinstance(value, str)) and field.holds(value)
        except Exception:  # a number in place of a list, or an array that is neither true nor false
            holds = False
        if not holds:
            described = _described(value)
            row_name = "" if field is fields[0] else f"{_described(getattr(row, fields[0].name))}: "
            return f"{row_name}{field.name} must be {field.wanted}; {described} was given"
    return None


def _described(value: Any) -> str:
    plain = type(value) in (str, bool, int, float, tuple, list)  # the address of an object differs every time
    return shown(value) if plain else f"a {class_name(value)}"
