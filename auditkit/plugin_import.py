"""Bringing a plugin in: from a module, an entry point or a `.py` file."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import pathlib
import sys
import types
from typing import Any

from auditkit.errors import PluginError


def bring_in(source: Any) -> Any:
    """The live plugin behind a dotted name, an entry point or the path of a file; any other object is one.

    Raises:
        Exception: whatever the plugin raises while it is imported.
    """
    if isinstance(source, str):
        return importlib.import_module(source)
    if isinstance(source, importlib.metadata.EntryPoint):
        return source.load()
    if isinstance(source, pathlib.Path):
        return _import_file(source)
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
    if path.suffix != ".py" or spec is None or spec.loader is None:
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
    """Whether there is such a module; it is not imported."""
    try:
        return importlib.util.find_spec(dotted) is not None
    except (ImportError, ValueError):
        return False


def distribution(point: importlib.metadata.EntryPoint) -> tuple[str, str]:
    """Name and version of what installed an entry point; empty where nobody knows."""
    return (point.dist.name, point.dist.version) if point.dist is not None else ("", "")
