"""A trained model in plain words and arrays: how it leaves the process that a trainer made it in.

Networks cross as weights, estimators as `.skops`, and auditkit's own models by their attributes, over the parent that
both processes know. Nothing is unpickled. What comes back must have the fingerprint that the trainer's model has.
"""

import importlib
from typing import Any

import numpy as np

from auditkit.errors import CapabilityError
from auditkit.models import Model
from auditkit.run.learned import plain_attributes, set_plain
from auditkit.run.plain_values import NotPlain, plain, value_of
from auditkit.workers.shared_arrays import SharedArrays


def record_of_model(model: Model, parent: Model, arrays: SharedArrays) -> dict[str, Any]:
    """Write a model to shared arrays, and say how to read it.

    Raises:
        NotPlain: it holds what cannot be handed over.
    """
    if model is parent:
        return {"form": "parent"}
    if type(model) is type(parent):
        for form, content in (("weights", model.weights()), ("skops", model.as_skops())):
            if content is not None:
                return {
                    "form": form, "content": arrays.write(np.frombuffer(content, np.uint8)),
                    "plain": plain_attributes(model), "fingerprint": model.fingerprint,
                }  # fmt: skip
    attributes = {name: _value(value, parent, arrays) for name, value in vars(model).items()}
    return {
        "form": "attributes", "class": _address(type(model)), "attributes": attributes,
        "fingerprint": model.fingerprint,
    }  # fmt: skip


def model_in(record: dict[str, Any], parent: Model, arrays: SharedArrays) -> Model:
    """The model that was written.

    Args:
        record: what `record_of_model` gave.
        parent: the model that it was made from.
        arrays: that it was written to.

    Raises:
        Exception: it is another one now, or cannot be read; then it must be trained here.
    """
    form = record["form"]
    if form == "parent":
        return parent
    if form == "attributes":
        model: Model = _class(record["class"], Model).__new__(_class(record["class"], Model))
        for name, value in record["attributes"].items():
            vars(model)[name] = _read(value, parent, arrays)
    else:
        content = arrays.read(record["content"]).tobytes()
        model = parent.with_weights(content) if form == "weights" else parent.with_skops(content)
        set_plain(model, record["plain"])
    if model.fingerprint != record["fingerprint"]:
        raise CapabilityError(f"{parent.name}: the model that was trained from it is another one after it was sent")
    return model


def _value(value: Any, parent: Model, arrays: SharedArrays) -> dict[str, Any]:
    if isinstance(value, Model):
        return {"model": record_of_model(value, parent, arrays)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {"named": [_address(type(value)), [_value(part, parent, arrays) for part in value]]}
    if type(value) in (tuple, list):
        return {type(value).__name__: [_value(part, parent, arrays) for part in value]}
    return {"plain": plain(value)}


def _read(record: dict[str, Any], parent: Model, arrays: SharedArrays) -> Any:
    ((kind, content),) = record.items()
    if kind == "model":
        return model_in(content, parent, arrays)
    if kind == "named":
        return _class(content[0], tuple)(*(_read(part, parent, arrays) for part in content[1]))
    if kind in ("tuple", "list"):
        parts = [_read(part, parent, arrays) for part in content]
        return tuple(parts) if kind == "tuple" else parts
    return value_of(record["plain"])


def _address(kind: type) -> list[str]:
    """Where a class stands; only auditkit's own are known to be made of their attributes."""
    if kind.__module__.partition(".")[0] != "auditkit" or "." in kind.__qualname__:
        raise NotPlain(f"a {kind.__name__} is not handed over")
    return [kind.__module__, kind.__qualname__]


def _class(address: list[str], base: type) -> Any:
    module, name = address
    kind = getattr(importlib.import_module(module), name) if module.partition(".")[0] == "auditkit" else None
    if not (isinstance(kind, type) and issubclass(kind, base)):
        raise ValueError(f"{name} of {module} is not handed over")
    return kind
