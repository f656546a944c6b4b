"""Bringing a plugin in: from a module, an entry point or a `.py` file."""

import ast
import hashlib
import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import pathlib
import sys
import types
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from auditkit.errors import ConfigError, PluginError, closest
from auditkit.foreign_code import foreign
from auditkit.text import class_name


@dataclass(frozen=True)
class Seen:
    """A plugin that was found, loaded or not."""

    name: str
    distribution: str
    version: str
    source: str
    plugin: Any = None
    error: str | None = None

    @property
    def as_loaded(self) -> tuple[str, str, bool]:
        """By which it is told that the same plugin was loaded: its name, its version, whether it is missing."""
        return self.name, self.version, self.plugin is None


def describe(source: Any, installed: Collection[str]) -> Seen:
    """What is known of a plugin that was named, before it is imported.

    Args:
        source: a dotted module, the path of a `.py` file, or a live object.
        installed: the names of installed plugins, for the nearest in the message.

    Raises:
        ConfigError: a text that is neither a module nor a `.py` file.
    """
    if not isinstance(source, str | pathlib.Path):
        return Seen(str(getattr(source, "__name__", class_name(source))), "", "object", "object")
    path = pathlib.Path(source)
    if path.suffix == ".py":
        if not path.is_file():
            raise ConfigError(f"plugin {path.name!r}: there is no such file; give its path from the folder you are in")
        return Seen(path.stem, "", _version(path), "file")
    if importable(str(source)):
        return Seen(str(source), "", "module", "object")
    known = closest(str(source), installed) if installed else "no plugin is installed"
    raise ConfigError(f"plugin {str(source)!r} is neither an installed plugin, nor a module, nor a .py file; {known}")


def _version(path: pathlib.Path) -> str:
    """A digest in place of the version of a plugin in a file: of its text, and of what it imports from beside it."""
    texts: dict[pathlib.Path, bytes] = {}
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file not in texts and file.is_file():
            texts[file] = file.read_bytes()
            for name in _imported(texts[file]):
                waiting += [path.parent / f"{name}.py", *sorted((path.parent / name).rglob("*.py"))]
    digests = [hashlib.sha256(text) for _, text in sorted(texts.items())]
    whole = digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(digest.digest() for digest in digests))
    return whole.hexdigest()[:12]


def _imported(text: bytes) -> set[str]:
    """The names of the modules and packages that a file of Python imports; none where it is no Python."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # said where it is imported
        return set()
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name.partition(".")[0] for name in names} - {"auditkit"}  # which has a version of its own


def import_plugin(source: Any) -> Any:
    """The live plugin behind a dotted name or the path of a file; any other object is one.

    Raises:
        Exception: whatever the plugin raises while it is imported.
    """
    if isinstance(source, str | pathlib.Path):
        path = pathlib.Path(source)
        return _import_file(path) if path.suffix == ".py" else importlib.import_module(str(source))
    return source


class _AsWritten(importlib.machinery.SourceFileLoader):
    """Compiles the text that stands in the file.

    Python tells cached bytecode by the file's size and full seconds, so a plugin that is edited at once could run as it
    was before under the version of its new text. Nothing is written beside the user's file either.
    """

    def get_code(self, fullname: str) -> types.CodeType:
        code: types.CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


def _import_file(path: pathlib.Path) -> types.ModuleType:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path.name!r}")
    name = f"auditkit_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path, loader=_AsWritten(name, str(path)))
    if spec is None or spec.loader is None:
        raise PluginError(f"{path.name!r} cannot be imported as a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pydantic look their module up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def importable(dotted: str) -> bool:
    """Whether there is such a module; it is not imported, but the packages that it lies in are."""
    try:
        if importlib.util.find_spec(dotted.partition(".")[0]) is None:
            return False
    except (ImportError, ValueError):
        return False
    try:
        with foreign(f"plugin {dotted!r}: its import"):
            return importlib.util.find_spec(dotted) is not None
    except ModuleNotFoundError as error:  # of one of its own packages, or of what one of them needs
        return not f"{dotted}.".startswith(f"{error.name}.")
    except Exception:  # a package may raise anything at all, and raises it again where the plugin is loaded
        return True


def distribution(point: importlib.metadata.EntryPoint) -> tuple[str, str]:
    """Name and version of what installed an entry point; empty where nobody knows."""
    return (point.dist.name, point.dist.version) if point.dist is not None else ("", "")
