"""Folders as MLflow 3.17 writes them, made by hand: to import MLflow and let it save takes half a minute."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import yaml


def write(folder: pathlib.Path, flavours: Any, *, columns: list[str] | None = None, **files: bytes) -> pathlib.Path:
    """A folder with an MLmodel file of these flavours, and files of these names (`__` stands for a point)."""
    folder.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {"flavors": flavours, "mlflow_version": "3.17.2", "model_uuid": "0" * 32}
    if columns is not None:
        inputs = [{"type": "double", "name": name, "required": True} for name in columns]
        content["signature"] = {"inputs": json.dumps(inputs), "outputs": None, "params": None}
    (folder / "MLmodel").write_text(yaml.safe_dump(content))
    for name, raw in files.items():
        path = folder / name.replace("__", ".").replace("_in_", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(raw)
    return folder


def skops_folder(folder: pathlib.Path, estimator: Any, **more: Any) -> pathlib.Path:
    """As `mlflow.sklearn.save_model` writes it by default."""
    import skops.io

    flavour = {"pickled_model": "model.skops", "serialization_format": "skops", "skops_trusted_types": None}
    pyfunc = {"loader_module": "mlflow.sklearn", "model_path": "model.skops", "predict_fn": "predict"}
    flavours = {"python_function": pyfunc, "sklearn": flavour}
    return write(folder, flavours, model__skops=skops.io.dumps(estimator), **more)
