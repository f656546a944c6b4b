"""`.keras` files: what they may hold, so that opening one runs no foreign code and reads no other file.

Keras builds whatever a file's configuration names, and its weights lie in HDF5, which can refer to other files. So each
name is compared with Keras's own layers, each link of the weights is looked at, and Keras is given an archive rebuilt
from what was checked.
"""

import io
import json
import re
import zipfile
from typing import IO, Any, Final

from auditkit.errors import ModelFileRejected, require
from auditkit.io.zip_directories import content
from auditkit.memory import json_size
from auditkit.plugins.models.archives import check_size, members
from auditkit.plugins.models.forests import refuse
from auditkit.text import one_line

MEMBERS: Final = ("metadata.json", "config.json", "model.weights.h5")
_MODULES: Final = re.compile(
    r"keras(\.(layers|initializers|regularizers|constraints|activations|models|dtype_policies|ops)"
    r"|\.src\.(models|ops|layers)(\.\w+)*)?"
)
_PARTS: Final = (
    "Layer",
    "Operation",
    "Initializer",
    "Regularizer",
    "Constraint",
    "DTypePolicy",
    "Model",
    "KerasTensor",
)
_CODE: Final = frozenset(
    {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "__lambda__", "__typespec__", "function"}
)
_VALUES: Final = frozenset(
    {"__tuple__", "__keras_tensor__", "__tensor__", "__numpy__", "__slice__", "__ellipsis__", "__bytes__"}
)
"""What stands in a configuration as a class and is a value."""
DEEPEST: Final = 100


def checked(file: IO[bytes], name: str, most: int) -> bytes:
    """An archive with the members of a file, each of which is harmless.

    Args:
        file: the archive.
        name: what messages call it.
        most: bytes of memory that opening it may take.

    Raises:
        Damaged: it is no such archive.
        ModelFileRejected: it holds code, names what is not Keras's own, refers to other files, or takes too much.
    """
    entries = members(file, name, most)
    strange = [member for member in entries if member not in MEMBERS]
    if strange or len(entries) < len(MEMBERS):
        has = f"also holds {one_line(strange[0], 60)!r}" if strange else "lacks one of them"
        raise ModelFileRejected(
            f"{name}: a .keras file must hold {', '.join(MEMBERS)}; this one {has}. Save it again with model.save from "
            "layers that need no files of their own"
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(buffer, "w") as rebuilt:
        raw = {member: content(archive, entries[member]) for member in MEMBERS}
        for member in ("metadata.json", "config.json"):
            check_size(json_size(raw[member]), name, most, f"what {member} states would take")
        config = json.loads(raw["config.json"])
        if not isinstance(config, dict):
            refuse("its configuration must be one object")
        config.pop("compile_config", None)  # of the training, which decides no answer
        _check_config(config, name, 0)
        _check_weights(raw["model.weights.h5"], name, most)
        raw["config.json"] = json.dumps(config).encode()
        for member, part in raw.items():
            rebuilt.writestr(member, part)
    return buffer.getvalue()


def _check_config(value: Any, name: str, depth: int) -> None:
    """Whatever Keras would build must be a part of Keras."""
    if depth > DEEPEST:
        refuse(f"its configuration is nested deeper than {DEEPEST} times")
    if isinstance(value, list):
        for part in value:
            _check_config(part, name, depth + 1)
    elif isinstance(value, dict):
        if "class_name" in value:
            _check_class(value, name)
        for part in value.values():
            _check_config(part, name, depth + 1)


def _check_class(value: dict[str, Any], name: str) -> None:
    kind, module, registered = value["class_name"], value.get("module"), value.get("registered_name")
    shown = one_line(registered or kind, 60)
    if kind in _CODE:
        raise ModelFileRejected(
            f"{name}: the file holds code of its own, as {shown!r}; it was not opened. Write it with layers of Keras, "
            "or "
            'give object = "package.module:factory" with a function that makes the model and loads its weights'
        )
    if kind in _VALUES and module in (None, "builtins"):
        return
    config = value.get("config")
    if isinstance(config, dict) and isinstance(config.get("vocabulary"), str):
        raise ModelFileRejected(f"{name}: a layer of it reads its words from another file, which is not opened")
    own = isinstance(kind, str) and isinstance(module, str) and _MODULES.fullmatch(module) and kind.isidentifier()
    if not own or (registered is not None and registered != kind) or not _is_part(module, str(kind)):
        raise ModelFileRejected(
            f"{name}: the file names {shown!r} of {one_line(module, 60)!r}, which is none of Keras's own layers; its "
            "code is "
            'not in the file, and none is looked for. Give object = "package.module:factory" with a function that '
            "makes "
            "the model and loads its weights"
        )


def _is_part(module: Any, kind: str) -> bool:
    """Whether a name is that of a part of a model: Keras has functions that fetch files, too."""
    keras = require("keras", "keras")
    parent: Any = keras
    for part in str(module).split(".")[1:]:
        parent = getattr(parent, part, None)
    # what Keras calls by its place within is asked by its public name where that place is not public
    made = getattr(parent, kind, None) or getattr(keras, kind, None) or getattr(keras.layers, kind, None)
    if made is None and kind == "Functional":
        made = keras.Model
    return isinstance(made, type) and any(base.__name__ in _PARTS for base in made.__mro__)


def _check_weights(data: bytes, name: str, most: int) -> None:
    """Weights must lie in the file itself, and take no more memory than they may."""
    h5py = require("h5py", "keras")
    total = 0
    with h5py.File(io.BytesIO(data), "r") as file:
        waiting, visited = [file], 0
        while waiting:
            group = waiting.pop()
            for key in group:
                visited += 1
                if visited > 100_000 or not isinstance(group.get(key, getlink=True), h5py.HardLink):
                    raise ModelFileRejected(
                        f"{name}: its weights refer to other places or files; save it again with model.save"
                    )
                part = group[key]
                if isinstance(part, h5py.Group):
                    waiting.append(part)
                    continue
                if (
                    not isinstance(part, h5py.Dataset)
                    or part.external
                    or part.is_virtual
                    or part.dtype.kind not in "fiubV"
                ):
                    raise ModelFileRejected(f"{name}: its weights hold what is no array of numbers; save it again")
                total += part.size * part.dtype.itemsize
                check_size(total, name, most, "its weights would take")
