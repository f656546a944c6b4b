"""What a model learns while it answers: the attributes that change, handed from the process that asked to another.

Some adapters know their classes, what their output means, or how many rows fit into memory only once they have
answered. Only plain values are handed over. Where an adapter keeps anything else, it has to be asked again.
"""

import functools
import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditkit.models import Model
from auditkit.run.plain_values import NotPlain, plain, value_of


class Learned:
    """The attributes of a model, and of the models in it, before it is asked."""

    def __init__(self, model: Model) -> None:
        self._models = list(_with_those_inside(model))
        self._before = [(dict(vars(part)), plain_attributes(part)) for part in self._models]

    def record(self) -> list[dict[str, Any]]:
        """What changed since, in plain words, of each of the models."""
        return [_changes(part, *before) for part, before in zip(self._models, self._before, strict=True)]


def teach(model: Model, records: Sequence[dict[str, Any]]) -> None:
    """Let a model know what it learned in another process.

    Raises:
        ValueError, TypeError, KeyError: it was not said of such a model.
    """
    for part, record in zip(list(_with_those_inside(model)), records, strict=True):
        for name in record["gone"]:
            vars(part).pop(name, None)
        set_plain(part, record["plain"])


def set_plain(model: Model, attributes: Mapping[str, str]) -> None:
    """Set what `plain_attributes` gave."""
    vars(model).update({str(name): value_of(json.loads(text)) for name, text in attributes.items()})


def opaque(records: Sequence[dict[str, Any]]) -> list[str]:
    """The attributes that changed to what cannot be handed over."""
    return [str(name) for record in records for name in record["opaque"]]


def _with_those_inside(model: Model) -> Iterator[Model]:
    """A model, and those that it holds, each once, in the order of its attributes."""
    waiting, seen = [model], set[int]()
    while waiting:
        part = waiting.pop(0)
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        for value in vars(part).values():
            held = value if isinstance(value, tuple | list) else (value,)
            waiting += [one for one in held if isinstance(one, Model)]


def plain_attributes(model: Model) -> dict[str, str]:
    """{name: JSON, in which True, 1 and 1.0 are three things} of the attributes that are plain."""
    attributes = {}
    for name, value in vars(model).items():
        try:
            attributes[name] = json.dumps(plain(value))
        except (NotPlain, RecursionError):
            continue
    return attributes


def _changes(model: Model, before: dict[str, Any], plain_before: dict[str, str]) -> dict[str, Any]:
    now, plain_now = vars(model), plain_attributes(model)
    unknown = object()
    return {
        "plain": {name: text for name, text in plain_now.items() if plain_before.get(name) != text},
        "opaque": [
            name
            for name, value in now.items()
            if name not in plain_now and value is not before.get(name, unknown) and not _is_derived(model, name)
        ],
        "gone": [name for name in before if name not in now],
    }


def _is_derived(model: Model, name: str) -> bool:
    """Whether an attribute is worked out again wherever it is read."""
    return isinstance(inspect.getattr_static(type(model), name, None), functools.cached_property)
