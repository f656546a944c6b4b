"""TorchScript archives: what they may hold, so that opening one runs nothing but known operators on its own tensors.

`torch.jit.load` trusts an archive: it runs methods of it while it reads, believes what it states of tensors, and a
script may call operators that read and write files. So the pickles are read here by an unpickler that makes nothing,
every script is parsed, its calls are held against lists, and torch is given an archive rebuilt from what was checked.
"""

import ast
import io
import pickle
import re
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, Final

import torch

from auditkit.errors import ModelFileRejected
from auditkit.io.zip_directories import content
from auditkit.plugins.models.archives import members
from auditkit.plugins.models.torch.exported import FORBIDDEN
from auditkit.text import one_line

_MEMBERS: Final = re.compile(
    r"[^/]+/((data|constants)\.pkl|(data|constants)/\d+|code/[\w/]+\.py|version|byteorder|\.data/\w+|\.format_version"
    r"|\.storage_alignment)"
)
_LEFT_OUT: Final = re.compile(r"[^/]+/(code/[\w/]+(\.py)?\.debug_pkl|traced_inputs(\.pkl|/\d+)|extra/.*)")
"""Where a script stood in its source, what it was traced with, what else lies beside it: nothing of the model."""
_STORAGES: Final = {
    "DoubleStorage": 8, "FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2, "LongStorage": 8, "IntStorage": 4,
    "ShortStorage": 2, "CharStorage": 1, "ByteStorage": 1, "BoolStorage": 1,
}  # fmt: skip
_LISTS: Final = {"build_intlist", "build_doublelist", "build_boollist", "build_tensorlist"}
_FUNCTIONS: Final = {
    "annotate", "unchecked_cast", "uninitialized", "getattr", "isinstance", "hasattr", "int", "float", "bool", "str",
    "len", "range", "list", "tuple", "dict", "min", "max", "abs", "sorted", "enumerate", "zip", "round", "complex",
    "print",
}  # fmt: skip
_PRIMITIVES: Final = {
    "data", "dtype", "device", "layout", "is_cuda", "is_cpu", "is_sparse", "is_quantized", "is_nested", "requires_grad",
    "grad", "itemsize", "nbytes", "unchecked_unwrap_optional", "RaiseException", "NumToTensor", "min", "max", "abs",
    "TupleIndex", "TupleUnpack", "type", "name", "shape", "size", "ndim", "mT", "H", "T", "mH", "real", "imag",
}  # fmt: skip
_TYPES: Final = {"device", "Device", "dtype", "Tensor", "Size"}
_RUN_AT_OPENING: Final = ("__setstate__", "__getstate__", "__del__")


def loaded(data: bytes, name: str, most: int) -> torch.jit.ScriptModule:
    """The module of a TorchScript archive.

    Args:
        data: the archive.
        name: of the file, for messages.
        most: bytes that it may unpack to.

    Raises:
        ModelFileRejected: it holds something that could run other code, or is damaged.
    """
    buffer = io.BytesIO()
    infos = members(io.BytesIO(data), name, most)
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(buffer, "w") as rebuilt:
        lengths = {member.partition("/")[2]: info.file_size for member, info in infos.items()}
        for member, info in infos.items():
            if _LEFT_OUT.fullmatch(member):
                continue
            if not _MEMBERS.fullmatch(member):
                raise ModelFileRejected(
                    f"{name}: the TorchScript archive holds {one_line(member, 80)!r}, which is not known to be "
                    "harmless (classes in C++, compiled code and packages are refused)"
                )
            raw = content(archive, info)
            if member.endswith(".pkl"):
                _Inert(raw, name, member.rpartition("/")[2].removesuffix(".pkl"), lengths).load()
            elif member.endswith(".py"):
                _check_script(raw, name)
            rebuilt.writestr(member, raw)
    buffer.seek(0)
    with warnings.catch_warnings():
        # that torch will end TorchScript one day is nothing about this model
        warnings.filterwarnings("ignore", message=".*torch.jit.*")
        return torch.jit.load(buffer, map_location="cpu")  # type: ignore[no-untyped-call]


class _Object:
    """Stands for an object of a script; it does nothing and keeps nothing."""

    def __init__(self, *arguments: Any) -> None:
        del arguments

    def __setstate__(self, state: Any) -> None:
        del state


class _Inert(pickle.Unpickler):
    """Reads a pickle of an archive without making anything, and checks what it states of tensors."""

    def __init__(self, raw: bytes, name: str, folder: str, lengths: Mapping[str, int]) -> None:
        super().__init__(io.BytesIO(raw))
        self._file, self._folder, self._lengths = name, folder, lengths

    def find_class(self, module: str, name: str) -> Any:
        """What stands for a name of the pickle.

        Raises:
            ModelFileRejected: no archive needs it.
        """
        if module.split(".")[0] == "__torch__" and not module.startswith("__torch__.torch.classes"):
            return _Object
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self._tensor
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch.jit._pickle" and (name in _LISTS or name == "restore_type_tag"):
            return _same
        raise ModelFileRejected(
            f"{self._file}: the TorchScript archive names {one_line(f'{module}.{name}', 80)!r}, which is not known to "
            "be harmless"
        )

    def persistent_load(self, pid: Any) -> int:
        """How many numbers a storage has.

        Raises:
            ModelFileRejected: its file holds fewer.
        """
        kind, size, key, _, count = pid
        there = self._lengths.get(f"{self._folder}/{key}", -1)
        if kind != "storage" or type(count) is not int or not 0 <= count * size <= there:
            raise ModelFileRejected(
                f"{self._file}: the TorchScript archive is damaged: it holds {max(there, 0):,} bytes for a tensor of "
                f"{one_line(count, 40)} numbers"
            )
        return count

    def _tensor(self, count: int, offset: int, sizes: Any, strides: Any, *rest: Any) -> None:
        numbers = (*sizes, *strides, offset)
        fits = len(sizes) == len(strides) and all(type(number) is int and number >= 0 for number in numbers)
        steps = sum((length - 1) * stride for length, stride in zip(sizes, strides, strict=False))
        if not fits or (0 not in sizes and offset + steps + 1 > count):
            raise ModelFileRejected(f"{self._file}: the TorchScript archive is damaged: a tensor has no possible shape")


def _same(value: Any, *rest: Any) -> Any:
    return value


def _check_script(raw: bytes, name: str) -> None:
    """Check every call of a script: to operators of torch on tensors, to plain functions, or to its own methods."""
    try:
        tree = ast.parse(raw.decode("utf-8"))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ModelFileRejected(
            f"{name}: a script of the TorchScript archive cannot be read: {one_line(error)}"
        ) from error
    for what in _strange(tree):
        raise ModelFileRejected(
            f"{name}: a script of the TorchScript archive uses {one_line(what, 80)!r}, which is not known to be "
            "harmless, so it was not opened"
        )


def _strange(tree: ast.AST) -> Iterator[str]:
    """What a script names that is neither its own, nor a plain function, nor a known operator."""
    nodes = list(ast.walk(tree))
    inside = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    own = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name in _RUN_AT_OPENING:
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom | ast.Lambda | ast.AsyncFunctionDef | ast.Await):
            yield type(node).__name__
        elif isinstance(node, ast.Attribute | ast.Name) and id(node) not in inside:
            # The whole of a dotted name, also where it is not called: an operator can be given another name.
            path = ast.unparse(node)
            if not _is_harmless(path.split(".")):
                yield path
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in _FUNCTIONS | own:
            yield node.func.id


def _is_harmless(path: list[str]) -> bool:
    if path[:3] == ["__torch__", "torch", "classes"]:
        return False  # classes in C++
    if path[0] == "torch":
        return len(path) == 2 and (path[1] in _TYPES or _is_operator(path[1]))
    if path[0] == "ops":
        known = {"aten": _is_operator, "prim": _PRIMITIVES.__contains__}
        return len(path) == 3 and path[1] in known and known[path[1]](path[2])
    return True


def _is_operator(name: str) -> bool:
    return not FORBIDDEN.fullmatch(name) and bool(torch._C._jit_get_schemas_for_operator(f"aten::{name}"))
