"""SHA-256 over the state of an object: the same for the same parameters in any process, saved, loaded or live.

Nothing is pickled and no memory address enters. What decides no answer is left out: random generators, thread counts,
verbosity, timings.
"""

import functools
import hashlib
import json
import pathlib
import re
import sys
import tempfile
import types
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import numpy as np

from auditkit.text import written

_IDLE = {
    "n_jobs", "n_threads", "nthread", "verbose", "verbosity", "random_state", "_random_state", "_rng", "_random_seed",
    "_feature_subsample_rng", "_stop_words_id", "memory", "callbacks", "_sklearn_version", "_evals_result",
    "_best_score", "refit_time_", "cv_results_", "_has_sorted_indices", "_has_canonical_format",
}  # fmt: skip
_KNOWN = frozenset({"catboost", "lightgbm", "numpy", "pandas", "scipy", "sklearn", "torch", "xgboost"})
"""Libraries whose functions decide by their arguments alone."""
_SEARCHES = ("best_estimator_", "classes_")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


CHUNK: Final = 2**20
"""Texts put together at once."""


def _written(kind: str, value: object) -> bytes:
    raw = str(value).encode("utf-8", "surrogatepass")
    return f"{kind}:{len(raw)}:".encode() + raw


class Fingerprint(str):
    """SHA-256 in hexadecimal, and whether it covers all that decides the answers."""

    __slots__ = ("opaque",)
    opaque: bool
    """Something could not be looked into: code that may read whatever it likes, an open file, a connection."""

    def __new__(cls, digest: str, opaque: bool) -> Self:
        """The digest with that fact beside it."""
        made = super().__new__(cls, digest)
        made.opaque = opaque
        return made

    def __getnewargs__(self) -> tuple[str, bool]:  # type: ignore[override] # of its own `__new__`
        return str(self), self.opaque


def fingerprint(*values: Any) -> Fingerprint:
    """SHA-256 in hexadecimal over the state of these things, in order; it never raises."""
    walk = _Walk()
    for value in values:
        walk.add(value)
    return Fingerprint(walk.hash.hexdigest(), walk.opaque)


class _Walk:
    """One pass over an object graph, each object once."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.seen: dict[int, int] = {}
        self.alive: list[Any] = []  # an id is only unique while its object lives
        self.opaque = False

    def text(self, kind: str, value: object = "") -> None:
        self.hash.update(_written(kind, value))

    def texts(self, values: Sequence[str]) -> None:
        """Add texts, each different one written once: recorded answers are millions of a few texts."""
        raw = {value: _written("str", repr(value)) for value in set(values)}
        for start in range(0, len(values), CHUNK):
            self.hash.update(b"".join([raw[value] for value in values[start : start + CHUNK]]))

    def add(self, value: Any) -> None:
        """Add any object."""
        # numpy's scalars and Python's are one: a saved and loaded model may have the other kind.
        if isinstance(value, np.generic) and not isinstance(value, np.void):
            value = value.item()
        if value is None or isinstance(value, (bool, int, float, complex, str)):
            self.text(type(value).__name__, repr(value))
        elif isinstance(value, (bytes, bytearray)):
            self.text("bytes", hashlib.sha256(value).hexdigest())
        elif isinstance(value, np.dtype):
            self.text("dtype", value.str)
        elif isinstance(value, type):
            self.text("type", f"{value.__module__}.{value.__qualname__}")
        # An object that holds itself, as a graph of layers may, would be walked for ever.
        elif id(value) in self.seen:
            self.text("again", self.seen[id(value)])
        else:
            self.seen[id(value)] = len(self.seen)
            self.alive.append(value)
            try:
                self.composite(value)
            except Exception:  # a session, an open file, an object of C: whatever cannot be read through
                self.unknown(value)

    def unknown(self, value: Any) -> None:
        """Add an object into which nobody can look, by its kind alone."""
        self.opaque = True
        self.text("unknown", f"{type(value).__module__}.{type(value).__qualname__}")

    def composite(self, value: Any) -> None:
        """Add an object that holds others."""
        if isinstance(value, np.ndarray):
            self.array(value)
        elif isinstance(value, Mapping):
            self.mapping("dict", value)
        elif isinstance(value, (list, tuple)):
            self.text("list" if isinstance(value, list) else "tuple", len(value))
            if all(type(item) is str for item in value):
                self.texts(value)
            else:
                for item in value:
                    self.add(item)
        elif isinstance(value, (set, frozenset)):
            # Sets have no order that is the same in two processes, so their members' digests are sorted.
            self.text("set", sorted(fingerprint(item) for item in value))
        elif isinstance(value, (np.random.Generator, np.random.RandomState)):
            self.text("random")
        elif isinstance(value, types.ModuleType):
            self.text("module", value.__name__)
        elif hasattr(value, "__code__"):
            self.function(value)
        elif isinstance(value, types.MethodType):
            self.add(value.__func__)
            self.add(value.__self__)
        elif isinstance(value, functools.partial):
            self.add((value.func, value.args, value.keywords))
        else:
            self.instance(value)

    def array(self, array: np.ndarray) -> None:
        """Add an array: field by field, for the bytes between fields are not defined."""
        self.text("array", array.shape)
        if array.dtype.names:
            for name in array.dtype.names:
                self.text("field", name)
                self.array(array[name])
        elif array.dtype.hasobject:
            for item in array.ravel():
                self.add(item)
        else:
            little = array.dtype.newbyteorder("<")
            self.text("dtype", little.str)
            self.hash.update(np.ascontiguousarray(array, dtype=little).tobytes())

    def mapping(self, kind: str, values: Mapping[Any, Any]) -> None:
        """Add the items of a mapping, sorted by key."""
        items = sorted((str(key), type(key).__name__, key) for key in values if str(key) not in _IDLE)
        self.text(kind, len(items))
        for name, _, key in items:
            self.text("key", name)
            self.add(values[key])

    def function(self, function: Any) -> None:
        """Add a function: bytecode, constants, defaults, closure, and the globals that it names."""
        # it may read a file or ask a server, unless it is of a library that is known to do neither
        self.opaque = self.opaque or str(function.__module__).partition(".")[0] not in _KNOWN
        self.text("function", function.__qualname__)
        names = self.code(function.__code__)
        self.add((function.__defaults__, function.__kwdefaults__))
        self.add([_cell(cell) for cell in function.__closure__ or ()])
        known = function.__globals__
        # A function may call another of its module, which decides its answers as much as its own code.
        self.mapping("globals", {name: known[name] for name in names if name in known})

    def code(self, code: types.CodeType) -> set[str]:
        """Add a code object and those inside it; the names that they look up."""
        self.text("code", hashlib.sha256(code.co_code).hexdigest())
        names = set(code.co_names)
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                names |= self.code(constant)
            else:
                self.add(constant)
        return names

    def instance(self, value: Any) -> None:
        """Add any other object by its state."""
        kind = type(value)
        self.text("object", f"{kind.__module__}.{kind.__qualname__}")
        if is_tensor(value):
            self.add(tensor_bytes(value))
        elif hasattr(value, "state_dict") and hasattr(value, "named_modules"):
            self.add([_ADDRESS.sub("", written(value, repr)), *module_state(value)])
        elif kind.__name__ == "Booster":
            self.add(booster_bytes(value))
        elif kind.__module__ == "catboost.core" and hasattr(value, "load_model"):
            self.add(catboost_bytes(value))
        elif kind.__module__ in ("sklearn.neighbors._kd_tree", "sklearn.neighbors._ball_tree"):
            self.add(value.__getstate__()[:7])  # the rest counts how often it was asked
        elif hasattr(value, "tocoo") and hasattr(value, "shape"):
            matrix = value.tocoo()
            # Equal sparse matrices may hold their entries in another order.
            order = np.lexsort((matrix.col, matrix.row))
            self.add([matrix.shape, matrix.row[order], matrix.col[order], matrix.data[order]])
        elif hasattr(value, "to_numpy"):
            labels = [list(map(str, getattr(value, "columns", ()))), str(getattr(value, "dtype", ""))]
            self.add([labels, value.to_numpy()])
        elif all(hasattr(value, name) for name in ("best_estimator_", "cv_results_")):
            self.add([getattr(value, name, None) for name in _SEARCHES])
        else:
            self.state(value)

    def state(self, value: Any) -> None:
        """Add what `__dict__` holds, or what the object would hand to a copy of itself."""
        if vars_of := getattr(value, "__dict__", None):
            self.mapping("state", vars_of)
            return
        try:
            reduced = value.__reduce_ex__(2)
        except Exception:  # an object that cannot be copied either
            self.unknown(value)
            return
        if isinstance(reduced, str):
            self.text("name", reduced)
            return
        rebuild, arguments, *rest = reduced
        self.text("rebuild", getattr(rebuild, "__qualname__", ""))
        self.add(arguments)
        if rest:
            self.add(rest[0])


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor of torch; the `detach` of a socket or an open file takes it from its owner."""
    torch: Any = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def tensor_bytes(tensor: Any) -> list[Any]:
    """What a torch tensor holds, for hashing: type, shape and bytes."""
    import torch  # only a tensor gets here

    flat = tensor.detach().cpu().contiguous()
    raw = flat.reshape(-1).view(torch.uint8).numpy() if flat.numel() else np.empty(0, np.uint8)
    return [str(flat.dtype), tuple(flat.shape), raw]


def module_state(module: Any) -> list[Any]:
    """What a torch module decides by: parameters, buffers, and plain attributes of every layer; never its mode."""
    layers = {
        name: [type(layer), {key: value for key, value in vars(layer).items() if _plain(key, value)}]
        for name, layer in module.named_modules()
    }
    return [dict(module.state_dict()), dict(module.named_buffers()), layers]


def _plain(key: str, value: Any) -> bool:
    simple = isinstance(value, (bool, int, float, str, tuple)) or is_tensor(value)
    # networks of transformers keep where they were opened from
    return simple and key not in ("training", "name_or_path") and not key.startswith("_")


def booster_bytes(booster: Any) -> list[Any]:
    """What an XGBoost or LightGBM booster decides by: its trees, without the settings of its training."""
    if hasattr(booster, "save_raw"):
        return [bytes(booster.save_raw("ubj"))]
    dump: str = booster.model_to_string()
    # The settings of training hold threads and paths, which decide no answer.
    trees, _, settings = dump.partition("\nparameters:")
    return [trees, settings.partition("pandas_categorical:")[2]]


def catboost_bytes(model: Any) -> list[Any]:
    """What a model of CatBoost decides by: its trees, without the notes of its training."""
    if not model.is_fitted():
        return [model.get_params()]
    if model.get_text_feature_indices():  # which no other format holds, and its own is written otherwise every time
        leaves, borders = model.get_leaf_values(), dict(model.get_borders())
        return [leaves, model.get_tree_leaf_counts(), borders, list(model.feature_names_), list(model.classes_)]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        document = json.loads(path.read_text())
    document.pop("model_info", None)
    return [document, list(model.classes_)]


def _cell(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # an empty cell: a name that is not bound yet
        return None
