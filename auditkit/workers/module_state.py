"""What a program changed in its own modules after their import: a fresh process imports them as they are written."""

import hashlib
import pathlib
import sys
import sysconfig
import types
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

LIBRARIES: Final = tuple(
    str(pathlib.Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
"""Folders of modules that are no program's own."""
PLAIN: Final = (bool, int, float, complex, str, bytes, type(None))
OWN_PACKAGE: Final = __name__.partition(".")[0]


def state_here() -> dict[str, dict[str, str]]:
    """{module: {name: digest}} of the plain values, functions and classes of modules that are no library's."""
    return {name: dict(_digests(module)) for name, module in list(sys.modules.items()) if _is_the_users(name, module)}


def changed_since(state: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The names, `module.name`, that are otherwise in this process, of modules that are loaded here.

    Args:
        state: as `state_here` gave it in another process.
    """
    here = state_here()
    return sorted(
        f"{module}.{name}"
        for module, digests in state.items()
        if module in here
        for name in digests.keys() | here[module].keys()
        if digests.get(name) != here[module].get(name)
    )


def _is_the_users(name: str, module: Any) -> bool:
    top = name.partition(".")[0]
    if name in ("__main__", "__mp_main__") or top == OWN_PACKAGE:
        return False
    # some modules that libraries make as they run have a file that is none
    files = [getattr(one, "__file__", None) for one in (module, sys.modules.get(top, module))]
    paths = [pathlib.Path(file) for file in files if isinstance(file, str)]
    return bool(paths) and all(path.is_absolute() and not _is_of_a_library(path) for path in paths)


def _is_of_a_library(path: pathlib.Path) -> bool:
    return str(path.resolve()).startswith(LIBRARIES)


def _digests(module: Any) -> Iterator[tuple[str, str]]:
    for name, value in list(vars(module).items()):
        if name.startswith("__"):
            continue
        if isinstance(value, type) and value.__module__ == module.__name__:
            for part, attribute in list(vars(value).items()):
                if not part.startswith("__") and (digest := _digest(attribute)):
                    yield f"{name}.{part}", digest
        elif digest := _digest(value):
            yield name, digest


def _digest(value: Any) -> str:
    """Of what can be compared between processes; empty for anything else."""
    if isinstance(value, types.FunctionType):
        return f"{value.__module__}.{value.__qualname__}"  # another function may stand in its place
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return hashlib.sha256(f"{value.dtype} {value.shape}".encode() + value.tobytes()).hexdigest()
    try:
        return hashlib.sha256(_text(value).encode("utf-8", "surrogatepass")).hexdigest()
    except (TypeError, RecursionError):
        return ""


def _text(value: Any) -> str:
    """A plain value in letters, the same in every process.

    Raises:
        TypeError: it is not plain.
    """
    kind = type(value)
    if kind in PLAIN:
        return repr(value)
    if kind is dict:
        parts = [f"{_text(key)}: {_text(part)}" for key, part in value.items()]
    elif kind in (list, tuple):
        parts = list(map(_text, value))
    elif kind in (set, frozenset):
        parts = sorted(map(_text, value))
    else:
        raise TypeError(kind.__name__)
    return f"{kind.__name__}({', '.join(parts)})"
