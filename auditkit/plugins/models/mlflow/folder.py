"""A folder with an MLmodel file, opened by the safest flavour that it names through auditkit's own doors."""

import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from auditkit.adapters import note
from auditkit.errors import ModelFileRejected, require
from auditkit.models import Model, ModelOptions
from auditkit.plugins.models.mlflow.registry import library
from auditkit.text import class_name, one_line

MLMODEL: Final = "MLmodel"
MOST: Final = 2**20
"""Bytes of an MLmodel file; those of real models have a few thousand."""
FLAVOURS: Final[Mapping[str, str]] = {
    "sklearn": "pickled_model", "onnx": "data", "xgboost": "data", "lightgbm": "data", "catboost": "data",
    "pytorch": "model_data", "keras": "data", "transformers": "model_binary", "statsmodels": "data",
}  # fmt: skip
"""{flavour: which of its keys names the file}; in the order of preference."""
INSIDE: Final[Mapping[str, tuple[str, ...]]] = {"pytorch": ("model.pt2", "model.pth"), "keras": ("model.keras",)}
"""Files within the folder that a flavour names."""


class Described(NamedTuple):
    """What an MLmodel file says."""

    flavour: str | None
    """The one to open it by; None where none but pyfunc is known."""
    path: pathlib.Path | None
    """Of the model's own file or folder."""
    inputs: tuple[str, ...]
    """The columns that the signature names; empty where there are none."""


def open_folder(
    folder: pathlib.Path, options: ModelOptions, load: Callable[..., Model | None], refuse_pickle: Callable[..., None]
) -> Model:
    """The Model in a folder of MLflow.

    Args:
        folder: with the MLmodel file.
        options: as the user gave them.
        load: opens the file of a flavour, as any other model file.
        refuse_pickle: raises unless the user vouches for what runs code.

    Raises:
        ModelFileRejected: the MLmodel file is hostile or broken, or what it names runs code and nobody vouches for it.
    """
    described = describe(folder)
    stated = options.inputs if options.inputs is not None else described.inputs or None
    named = dataclasses.replace(options, name=options.name or folder.name, inputs=stated)
    if described.path is None:
        refuse_pickle(
            folder.name, "flavour python_function of MLflow, the only one here that could be opened,", options
        )
        return _pyfunc(folder, named)
    tokenizer = folder / "components" / "tokenizer"
    if described.flavour == "transformers" and options.tokenizer is None and tokenizer.is_dir():
        named = dataclasses.replace(named, tokenizer=_inside(folder, "components/tokenizer"))
    model = load(described.path, named)
    if model is None:
        raise ModelFileRejected(
            f"{folder.name}: the file {one_line(described.path.name)} of the flavour {described.flavour} is of no "
            "format that is known. Save the model in a safe one: skops, onnx, pt2, ubj"
        )
    note(model, f"an MLflow model, opened by its flavour {described.flavour}")
    if options.inputs is None and described.inputs:
        note(model, "the columns that the model is given are those of its MLflow signature")
    return model


def describe(folder: pathlib.Path) -> Described:
    """What the MLmodel file of a folder says.

    Raises:
        ModelFileRejected: it cannot be trusted: too large, no plain YAML, of wrong types, or naming files elsewhere.
    """
    content = _read(folder)
    flavours = content.get("flavors")
    if not isinstance(flavours, Mapping) or not all(isinstance(facts, Mapping) for facts in flavours.values()):
        raise ModelFileRejected(f"{folder.name}: the MLmodel file must have a table of flavors; it has none")
    inputs = _signature(content.get("signature"))
    for flavour, key in FLAVOURS.items():
        place = flavours.get(flavour, {}).get(key)
        if flavour in flavours and place is not None:
            path = _inside(folder, place)
            within = [path / name for name in INSIDE.get(flavour, ()) if (path / name).exists()]
            return Described(flavour, _inside(folder, within[0].relative_to(folder)) if within else path, inputs)
    return Described(None, None, inputs)


def _read(folder: pathlib.Path) -> Mapping[str, Any]:
    path = _inside(folder, MLMODEL)
    try:
        if path.stat().st_size > MOST:
            raise ModelFileRejected(f"{folder.name}: the MLmodel file may have {MOST:,} bytes; it has more")
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeError) as error:
        raise ModelFileRejected(f"{folder.name}: the MLmodel file cannot be read: {one_line(error)}") from error
    try:
        content = require("yaml", "mlflow").safe_load(text)
    except RecursionError as error:
        raise ModelFileRejected(f"{folder.name}: the MLmodel file is nested too deeply") from error
    except Exception as error:  # of YAML, or of a value that is none, such as a date of the 40th
        raise ModelFileRejected(
            f"{folder.name}: the MLmodel file is no plain YAML: {class_name(error)}: {one_line(error, 200)}"
        ) from error
    if not isinstance(content, Mapping):
        raise ModelFileRejected(f"{folder.name}: the MLmodel file must be a table; it is a {class_name(content)}")
    return content


def _inside(folder: pathlib.Path, place: Any) -> pathlib.Path:
    """The path of a member of the folder.

    Raises:
        ModelFileRejected: it is elsewhere, also behind a link, or no path.
    """
    if not isinstance(place, str | pathlib.PurePath) or not str(place):
        raise ModelFileRejected(f"{folder.name}: MLmodel must name a file; it names a {class_name(place)}")
    path, root = folder / place, folder.resolve()
    if "\0" in str(place) or "\\" in str(place) or not path.resolve().is_relative_to(root):
        raise ModelFileRejected(f"{folder.name}: MLmodel names a file outside of its folder, {one_line(place, 100)!r}")
    if not path.exists():
        raise ModelFileRejected(f"{folder.name}: MLmodel names {one_line(place, 100)!r}, and there is no such file")
    return path


def _signature(signature: Any) -> tuple[str, ...]:
    """The names of columns of a signature; none where it has none or is about tensors."""
    text = signature.get("inputs") if isinstance(signature, Mapping) else None
    try:
        columns = json.loads(text) if isinstance(text, str) else []
    except (ValueError, RecursionError):
        return ()
    if not isinstance(columns, list):
        return ()
    names = [column.get("name") if isinstance(column, Mapping) else None for column in columns]
    texts = tuple(name for name in names if isinstance(name, str))
    return texts if len(texts) == len(names) else ()


def _pyfunc(folder: pathlib.Path, options: ModelOptions) -> Model:
    from auditkit.plugins.models.mlflow.pyfunc import wrap_pyfunc

    library()
    try:
        live = require("mlflow.pyfunc", "mlflow").load_model(str(folder))
    except Exception as error:  # it runs any code
        raise ModelFileRejected(
            f"{folder.name}: MLflow could not open it: {class_name(error)}: {one_line(error, 500)}"
        ) from error
    model = wrap_pyfunc(live, options)
    model.loaded = "MLflow python_function, trusted by the user (--trust-pickle): its code was run"
    model.source = {"path": str(folder), "format": "mlflow", "sha256": _digest(folder.rglob("*")), "trust_pickle": True}
    return model


def _digest(paths: Iterable[pathlib.Path]) -> str:
    """SHA-256 over names and contents of files."""
    state = hashlib.sha256()
    for path in sorted(paths):
        if path.is_file():
            content = path.read_bytes()
            state.update(f"{path.name} {len(content)} ".encode() + content)
    return state.hexdigest()
