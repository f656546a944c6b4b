"""Model files: told apart by their bytes, opened by the one loader that fits, never by a less safe one after it.

Only files that are known to run no foreign code are opened without a word. A pickle needs the user's own flag, types in
a `.skops` file that its defaults do not know need to be named, and every foreign failure is a ModelFileRejected.
"""

import contextlib
import dataclasses
import functools
import hashlib
import io
import os
import pathlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, NamedTuple

from auditkit.adapters import is_reference, note, warned
from auditkit.errors import AuditkitError, Mend, ModelFileRejected, require
from auditkit.io.refusals import refusal
from auditkit.memory import machine_memory
from auditkit.models import Model, ModelOptions
from auditkit.plugins.models.archives import ZIP, check_size, members, unpacked
from auditkit.plugins.models.boosters import read_lightgbm, read_xgboost
from auditkit.plugins.models.dispatch import wrap
from auditkit.plugins.models.fitted_arrays import check_fitted, checked_trees
from auditkit.plugins.models.forests import Damaged
from auditkit.plugins.models.mlflow.folder import MLMODEL, open_folder
from auditkit.plugins.models.rehearsal import rehearse_file
from auditkit.text import class_name, one_line

_PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".sav", ".pt", ".pth", ".ckpt", ".bin")
_COMPRESSED = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\x78\x01",
    b"\x78\x5e",
    b"\x78\x9c",
    b"\x78\xda",
    b"\x04\x22\x4d\x18",
)
_ARCHIVES = (
    ("exported", "archive_format"), ("exported", "serialized_exported_program.json"), ("torchscript", "constants.pkl"),
    ("torch", "data.pkl"), ("keras", "model.weights.h5"),
)  # fmt: skip
"""(format, a member that tells it) of zip archives."""
HEAD = 4096
"""Bytes by which a format is told."""
LEAST, TIMES = 512 * 10**6, 20
"""Bytes that opening any file may take, and how many times its own size, whichever is more."""
SHARE = 0.5
"""Of the machine's memory, what a file may have itself."""
_SAFE = (
    ".skops (scikit-learn), .onnx, .safetensors with class_path, .pt2 or TorchScript (torch), a folder of "
    "save_pretrained (transformers), .ubj or .json (XGBoost), .txt (LightGBM), .cbm (CatBoost), .keras"
)


class _Opened(NamedTuple):
    """What a loader gives back."""

    model: Any
    """A live object, or a Model already."""
    loaded: str
    notes: tuple[str, ...] = ()


def load(path: pathlib.Path, options: ModelOptions) -> Model | None:
    """The Model in a file, or None where its bytes are of no format known here.

    Raises:
        ModelFileRejected: the file is missing, broken, unsafe, or of a format that is known and not supported.
    """
    if is_reference(path) or (path / MLMODEL).exists():
        from auditkit.plugins.models.mlflow.registry import folder_of  # MLflow, which few have

        folder = folder_of(str(path)) if is_reference(path) else path
        # of a version the name, for its folder has a number alone
        name = options.name or (str(path).partition("/")[2] if is_reference(path) else path.name)
        return open_folder(folder, dataclasses.replace(options, name=name), load, _refuse_pickle)
    try:
        form, size = _kind_and_size(path, options)
    except OSError as error:
        raise ModelFileRejected(f"{path.name}: it cannot be read: {error.strerror or error}") from error
    if form is None:
        return None
    check_size(size, path.name, options.memory_limit or int(machine_memory() * SHARE), "the file has")

    open_it = functools.partial(_open, form, path, options)
    if options.rehearse:
        rehearse_file(form, path.name, budget(size, options), open_it)
    # Wrapping is inside too, for an estimator of another version may fail only when it is first looked at.
    with _boundary(path.name, form) as caught:
        digest, opened, model = open_it()
    if model is None:
        raise ModelFileRejected(f"{path.name}: it holds a {type(opened.model).__name__}, which is no model")
    model.loaded = opened.loaded
    # how to open it again, and how to tell that it is still the same
    model.source = {
        "path": str(path), "format": form, "sha256": digest,
        "class_path": options.class_path, "arguments": dict(options.arguments), "trust": list(options.trust),
        "trust_pickle": options.trust_pickle,
    }  # fmt: skip
    note(model, *opened.notes, *(warned(warning) for warning in caught))
    return model


def _kind_and_size(path: pathlib.Path, options: ModelOptions) -> tuple[str | None, int]:
    """The format of a file, or of a folder, and how many bytes it has."""
    if path.is_dir() and (path / "config.json").exists():
        return "huggingface", sum(member.stat().st_size for member in path.iterdir() if member.is_file())
    if not path.is_file():
        raise ModelFileRejected(f"path must be a model file; there is none at {one_line(path)}")
    size = path.stat().st_size
    with path.open("rb") as file:
        return sniff(file, path, budget(size, options)), size


def _open(form: str, path: pathlib.Path, options: ModelOptions) -> tuple[str, _Opened, Model | None]:
    if form == "huggingface":
        return _open_folder(path, options)
    data = path.read_bytes()
    opened = _LOADERS[form](data, path.name, options)
    return (
        hashlib.sha256(data).hexdigest(),
        opened,
        wrap(opened.model, dataclasses.replace(options, name=options.name or path.stem)),
    )


def _open_folder(path: pathlib.Path, options: ModelOptions) -> tuple[str, _Opened, Model | None]:
    require("torch", "transformers")  # before the import below, which would not say how to install it
    from auditkit.plugins.models.torch.huggingface.folder import digest, load, read

    files = read(path, options.trust_pickle)
    opened = load(files, path.name, budget(sum(map(len, files.values())), options))
    tokenizer = opened.tokenizer if options.tokenizer is None and options.preprocess is None else options.tokenizer
    named = dataclasses.replace(options, name=options.name or path.name, tokenizer=tokenizer)
    safe = "pytorch_model.bin" not in files
    loaded = "folder of save_pretrained, no foreign code" if safe else "folder with a pickle of weights (weights_only)"
    return digest(files), _Opened(opened.network, loaded), wrap(opened.network, named)


def budget(size: int, options: ModelOptions) -> int:
    """Bytes of memory that opening a file of `size` bytes may take."""
    return options.memory_limit or max(LEAST, TIMES * size)


def sniff(file: IO[bytes], path: pathlib.Path, most: int) -> str | None:
    """The format of a file, from its first bytes and, for an archive, its directory.

    Args:
        file: of which no more is read.
        path: where it is.
        most: bytes that an archive may unpack to.

    Raises:
        ModelFileRejected: an archive that is broken, unsafe, or of no known format.
    """
    head = file.read(HEAD)
    if head.startswith(ZIP):
        return _sniff_archive(file, path.name, most)
    length = os.fstat(file.fileno()).st_size
    # A safetensors file begins with the length of its header, 8 bytes, and the header with a brace.
    header = int.from_bytes(head[:8], "little")
    signs = (
        ("hdf5", head.startswith(b"\x89HDF")),
        ("safetensors", head[8:9] == b"{" and 2 <= header <= length - 8),
        ("xgboost", head.startswith(b"{") and (b"learner" in head[:64] or b'"version"' in head[:64])),
        ("lightgbm", head.startswith((b"tree\nversion=", b"tree\r\nversion="))),
        ("pickle", head[:1] == b"\x80" or head.startswith(_COMPRESSED)),
        ("catboost", head.startswith(b"CBM1")),
        ("onnx", path.suffix == ".onnx"),
        # the oldest pickles begin like any text: there the name may only make us more careful
        ("pickle", path.suffix in _PICKLE_NAMES),
    )
    return next((form for form, fits in signs if fits), None)


def _sniff_archive(file: IO[bytes], name: str, most: int) -> str:
    archive_members = members(file, name, most)
    if "schema.json" in archive_members:
        return "skops"
    names = {member.rpartition("/")[2] for member in archive_members}
    # In this order: an archive of TorchScript holds data.pkl too.
    for form, member in _ARCHIVES:
        if member in names:
            return form
    raise ModelFileRejected(f"{name}: a zip archive, but of no known model format; supported are {_SAFE}")


@contextlib.contextmanager
def _boundary(name: str, form: str) -> Iterator[list[warnings.WarningMessage]]:
    """Turn every foreign failure into a ModelFileRejected; collect warnings, keep prints out of our output."""
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        try:
            yield caught
        except AuditkitError:
            raise
        except Exception as error:
            words = one_line(error, 500)
            wrong = "is damaged" if isinstance(error, Damaged) else f"could not be opened: {class_name(error)}"
            if why := refusal(error):
                wrong, words = "cannot be read", why
            raise ModelFileRejected(f"{name}: the {form} file {wrong}: {words}") from error


def _skops(data: bytes, name: str, options: ModelOptions) -> _Opened:
    import skops.io

    data = unpacked(data, name, budget(len(data), options))
    unknown = skops.io.get_untrusted_types(data=data)
    strange = sorted(set(unknown) - set(options.trust))
    # A type without an address can be trusted by nobody: no other process could import it.
    nowhere = [kind for kind in unknown if "<" in kind or kind.startswith("__main__.")]
    if nowhere:
        raise ModelFileRejected(
            f"{name}: the file names {', '.join(map(one_line, nowhere))}, which no other program can find. Define it "
            "in a module that can be imported, a lambda as a function with a name, and save the model again"
        )
    if strange:
        mend = Mend("model.trust", tuple(one_line(kind) for kind in [*options.trust, *strange]))
        raise ModelFileRejected(
            f"{name}: the file holds types that are not known to be safe: {', '.join(map(one_line, strange))}. "
            f"If you vouch for them, write under [model]:\n{mend.line}",
            mend=mend,
        )
    vouched = sorted(unknown)
    with checked_trees():
        model = skops.io.loads(data, trusted=vouched)
    check_fitted(model)
    sentence = f"skops file; types vouched for: {', '.join(vouched)}" if vouched else "skops file, no foreign code"
    return _Opened(model, sentence)


def _pickle(data: bytes, name: str, options: ModelOptions) -> _Opened:
    _refuse_pickle(name, "pickle", options)
    import joblib  # type: ignore[import-untyped]

    return _Opened(joblib.load(io.BytesIO(data)), "pickle, trusted by the user (--trust-pickle): its code was run")


def _torch(data: bytes, name: str, options: ModelOptions) -> _Opened:
    """A file of `torch.save`: weights alone where a class is named, the whole pickle only by flag."""
    from auditkit.plugins.models.torch.weights import module_with, torch_weights

    if options.class_path is not None:
        if data.startswith(ZIP):
            data = unpacked(data, name, budget(len(data), options))
        weights = torch_weights(data)
        if weights is not None:
            description = f"torch weights (weights_only) into {options.class_path}: the user's own code was run"
            return _Opened(module_with(weights, options, name), description)
        _refuse_pickle(name, "torch.save file that holds more than weights", options)
    _refuse_pickle(name, "torch.save file, which is a pickle and", options)

    module = require("torch", "torch").load(io.BytesIO(data), weights_only=False, map_location="cpu")
    if isinstance(module, Mapping) and options.class_path is not None:
        module = module_with(module, options, name)
    if isinstance(module, Mapping):
        mend = Mend("model.class_path", "package.module:Class")
        raise ModelFileRejected(f"{name}: it holds weights alone; name their architecture with {mend}", mend=mend)
    return _Opened(module, "torch pickle, trusted by the user (--trust-pickle): its code was run")


def _refuse_pickle(name: str, kind: str, options: ModelOptions) -> None:
    if not options.trust_pickle:
        mend = Mend("--trust-pickle")
        raise ModelFileRejected(
            f"{name}: a {kind} can run any code when it is opened, so it was not opened. If you trust whoever made it, "
            f"run again with {mend} (in Python: trust_pickle=True), or save the model as {_SAFE}",
            mend=mend,
        )


def _safetensors(data: bytes, name: str, options: ModelOptions) -> _Opened:
    from auditkit.plugins.models.torch.weights import module_with

    module = module_with(require("safetensors.torch", "torch").load(data), options, name)
    return _Opened(module, f"safetensors weights into {options.class_path}: the user's own code was run")


def _exported(data: bytes, name: str, options: ModelOptions) -> _Opened:
    require("torch", "torch")  # before the import below, which would not say how to install it
    from auditkit.plugins.models.torch.adapter import TorchModel
    from auditkit.plugins.models.torch.exported import loaded, runnable

    most = budget(len(data), options)
    graph, remark = runnable(loaded(data, name, most), name, most)
    named = dataclasses.replace(options, name=options.name or pathlib.PurePath(name).stem)
    notes = ("an exported graph gives gradients of its inputs; its layers can be neither hooked nor trained",)
    model = TorchModel(graph, named, hookable=False)
    return _Opened(model, "torch.export archive, no foreign code", (*notes, remark) if remark else notes)


def _torchscript(data: bytes, name: str, options: ModelOptions) -> _Opened:
    require("torch", "torch")  # as above
    from auditkit.plugins.models.torch.scripted import loaded

    note_of_layers = "a TorchScript module gives gradients of its inputs; its layers can be neither hooked nor trained"
    return _Opened(
        loaded(data, name, budget(len(data), options)), "TorchScript archive, no foreign code", (note_of_layers,)
    )


def _xgboost(data: bytes, name: str, options: ModelOptions) -> _Opened:
    booster = read_xgboost(data, name, budget(len(data), options))
    return _Opened(booster, "XGBoost model file, no foreign code")


def _onnx(data: bytes, name: str, options: ModelOptions) -> _Opened:
    from auditkit.plugins.models.onnx import OnnxModel, opened

    session = opened(data, name, budget(len(data), options))
    named = dataclasses.replace(options, name=options.name or pathlib.PurePath(name).stem)
    return _Opened(OnnxModel(session, named), "ONNX file, no foreign code")


def _catboost(data: bytes, name: str, options: ModelOptions) -> _Opened:
    from auditkit.plugins.models.catboost import opened

    named = dataclasses.replace(options, name=options.name or pathlib.PurePath(name).stem)
    return _Opened(opened(data, named), "CatBoost model file, no foreign code")


def _keras(data: bytes, name: str, options: ModelOptions) -> _Opened:
    require("torch", "keras")
    from auditkit.plugins.models.keras import KerasModel, opened

    named = dataclasses.replace(options, name=options.name or pathlib.PurePath(name).stem)
    return _Opened(KerasModel(opened(data, name, budget(len(data), options)), named), "Keras file, no foreign code")


def _unsupported(format_name: str, instead: str) -> Callable[[bytes, str, ModelOptions], _Opened]:
    def refuse(data: bytes, name: str, options: ModelOptions) -> _Opened:
        raise ModelFileRejected(f"{name}: {format_name} is not supported yet; {instead}")

    return refuse


_LOADERS: Mapping[str, Callable[[bytes, str, ModelOptions], _Opened]] = {
    "skops": _skops,
    "pickle": _pickle,
    "torch": _torch,
    "safetensors": _safetensors,
    "exported": _exported,
    "xgboost": _xgboost,
    "lightgbm": lambda data, _, __: _Opened(read_lightgbm(data), "LightGBM model file, no foreign code"),
    "onnx": _onnx,
    "torchscript": _torchscript,
    "catboost": _catboost,
    "keras": _keras,
    "hdf5": _unsupported("HDF5 (.h5), in which a model of Keras may hold code,", "save it as .keras with model.save"),
}
