"""Modules that are loaded where they are first used, libraries part by part: what can do without them starts sooner."""

import importlib
from typing import TYPE_CHECKING, Any

__all__ = ["Lazy", "pandas", "pyarrow"]


class Lazy:
    """A module that is imported when something of it is asked for, a part of a library such as `pyarrow.csv` too."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        library = importlib.import_module(self._name)
        if not hasattr(library, attribute):
            importlib.import_module(f"{self._name}.{attribute}")
        return getattr(library, attribute)


if TYPE_CHECKING:
    import pandas
    import pyarrow
else:
    pandas, pyarrow = Lazy("pandas"), Lazy("pyarrow")
