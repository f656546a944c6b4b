"""Keras models on the torch backend, live or from `.keras` files: gradients of the inputs, and no layer is hooked."""

from __future__ import annotations

import io
import json
import os
import pathlib
import tempfile
import warnings
from types import ModuleType
from typing import Any
from unittest import mock

import torch

from auditkit.errors import ModelError, require
from auditkit.models import ModelOptions
from auditkit.plugins.models import keras_files
from auditkit.plugins.models.fingerprints import fingerprint
from auditkit.plugins.models.torch.adapter import TorchModel
from auditkit.text import one_line

OLDEST = (3, 12)
"""Files of other versions open in it, and its safe mode refuses what those before it let through."""


def library() -> ModuleType:
    """Keras on torch; nothing is written to the home directory of who imports it.

    Raises:
        MissingExtra: Keras or torch is not installed.
        ModelError: it is too old, or runs on another backend.
    """
    chosen = os.environ.get("KERAS_BACKEND", "torch")
    home = pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path("~/.keras").expanduser())
    if chosen != "torch":
        raise ModelError(_backend(chosen))
    with tempfile.TemporaryDirectory() as folder:
        # it writes its defaults there as it is imported, unless its owner did so before
        settings = {} if (home / "keras.json").is_file() else {"KERAS_HOME": folder}
        with mock.patch.dict(os.environ, {"KERAS_BACKEND": "torch", **settings}):
            keras = require("keras", "keras")
    if tuple(int(part) for part in keras.__version__.split(".")[:2]) < OLDEST:
        raise ModelError(
            f"keras must be at least {'.'.join(map(str, OLDEST))}, of which the safe mode is; {keras.__version__} is "
            "installed. Install a newer one: pip install -U keras"
        )
    if keras.config.backend() != "torch":
        raise ModelError(_backend(keras.config.backend()))
    return keras


def _backend(name: str) -> str:
    return (
        f"keras must run on torch, whose gradients the checks take; in this process it runs on {one_line(name, 40)!r}. "
        "Set KERAS_BACKEND=torch before it is imported; a .keras file opens on any backend"
    )


class KerasGraph(torch.nn.Module):
    """A Keras model as a module of torch, asked as it answers in use: dropout off, batch norms as they were learnt.

    Args:
        model: of `keras.Model`.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: torch.Tensor) -> Any:
        """(n, ...) to whatever the model gives; several outputs by their names."""
        outputs = self.model(inputs, training=False)
        names = getattr(self.model, "output_names", ())
        return dict(zip(names, outputs, strict=True)) if isinstance(outputs, list | tuple) and names else outputs


class KerasModel(TorchModel):
    """A Keras model, read as a module of torch is.

    Its layers are no modules within a module that torch could list, so that none can be hooked.

    Args:
        model: of `keras.Model`, on the torch backend.
        options: as for a module of torch.

    Raises:
        ModelError: it takes several inputs or is not built, or Keras runs on another backend.
    """

    kind = "keras"

    def __init__(self, model: Any, options: ModelOptions) -> None:
        library()
        name = options.name or str(model.name)
        if not model.built:
            raise ModelError(f"{name}: the model must be built; ask it about a row first, or give it an Input layer")
        if isinstance(getattr(model, "inputs", None), list | dict) and len(model.inputs) != 1:
            raise ModelError(
                f"{name}: the model must have one input; it has {len(model.inputs)}. Wrap a function of its answers in "
                "place of it"
            )
        super().__init__(KerasGraph(model), options, hookable=False)
        self.name, self._keras = name, model

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the layers, their weights, preprocessing, classes and threshold; never over seeds of dropout."""
        chosen, model = self._user_options, self._keras
        weights = [weight.numpy() for weight in model.weights if "seed_generator" not in weight.path]
        layers = json.dumps(_deciding(model.get_config()), sort_keys=True, default=str)
        return fingerprint(
            "keras", layers, weights, chosen.preprocess, chosen.classes, chosen.output, chosen.task, self.threshold,
            *(() if chosen.target is None else (chosen.target,)),
        )  # fmt: skip


def _deciding(config: Any) -> Any:
    """What a model says of its layers, without numbers that are drawn anew each time."""
    if isinstance(config, dict):
        idle = ("shared_object_id", "seed", "build_config")
        return {str(key): _deciding(value) for key, value in config.items() if key not in idle}
    return [_deciding(value) for value in config] if isinstance(config, list | tuple) else config


def opened(data: bytes, name: str, most: int) -> Any:
    """The model in a `.keras` file.

    Raises:
        MissingExtra: Keras is not installed.
        ModelError: Keras is too old or runs on another backend.
        ModelFileRejected: the file holds code, names layers that are not Keras's own, or takes too much memory.
    """
    keras = library()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = pathlib.Path(folder) / "model.keras"
        path.write_bytes(keras_files.checked(io.BytesIO(data), name, most))
        warnings.simplefilter("ignore", DeprecationWarning)  # numpy's, of what Keras does
        return keras.saving.load_model(path, compile=False, safe_mode=True)
