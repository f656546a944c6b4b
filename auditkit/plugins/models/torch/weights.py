"""Weights without an architecture, and the class of the user's own that they belong to."""

import importlib
import io
import pickle
from typing import Any

from auditkit.errors import ConfigError, ModelFileRejected, closest, require
from auditkit.foreign_code import foreign, raised
from auditkit.models import ModelOptions
from auditkit.text import one_line


def torch_weights(data: bytes) -> Any:
    """The tensors of a file of `torch.save`, read with the restricted unpickler; None where it holds more."""
    try:
        return require("torch", "torch").load(io.BytesIO(data), weights_only=True, map_location="cpu")
    except pickle.UnpicklingError:
        return None


def module_with(weights: Any, options: ModelOptions, name: str) -> Any:
    """A module of the user's class with these weights.

    Raises:
        ConfigError: `class_path` or `arguments` do not make a module.
        ModelFileRejected: the weights do not fit it.
    """
    module = build(options, name)
    if not isinstance(weights, dict):
        raise ModelFileRejected(
            f"{name}: it must hold a mapping of names to tensors; it holds a {type(weights).__name__}"
        )
    try:
        module.load_state_dict(weights)
    except (RuntimeError, AttributeError, TypeError) as error:
        raise ModelFileRejected(
            f"{name}: the weights do not fit {options.class_path}: {one_line(error, 600)}. "
            "Check class_path and its arguments"
        ) from error
    return module


def build(options: ModelOptions, name: str) -> Any:
    """An instance of `class_path`, made with `arguments`."""
    torch = require("torch", "torch")
    if options.class_path is None:
        raise ConfigError(
            f'{name}: weights need the class that they belong to; write class_path = "package.module:Class" under '
            "[model], and its arguments under [model.arguments]"
        )
    module_name, colon, attribute = options.class_path.partition(":")
    if not colon or not module_name or not attribute:
        raise ConfigError(f"class_path must be 'package.module:Class'; {options.class_path!r} was given")
    try:
        # The user names the class, so that its code is run with the user's consent.
        with foreign(f"class_path {options.class_path!r}: its import", needed=True):
            module_ = importlib.import_module(module_name)
    except Exception as error:  # the user's own module, which may fail in any way
        raise ConfigError(
            f"class_path {options.class_path!r}: {module_name!r} cannot be imported: {raised(error)}"
        ) from error
    if not hasattr(module_, attribute):
        raise ConfigError(
            f"class_path {options.class_path!r}: no {attribute!r} there; {closest(attribute, dir(module_))}"
        )
    try:
        with foreign(f"class_path {options.class_path!r}", needed=True):
            module = getattr(module_, attribute)(**options.arguments)
    except Exception as error:
        raise ConfigError(
            f"class_path {options.class_path!r} with arguments {dict(options.arguments)}: {raised(error)}"
        ) from error
    if not isinstance(module, torch.nn.Module):
        raise ConfigError(
            f"class_path {options.class_path!r} must make a torch module; it made a {type(module).__name__}"
        )
    return module
