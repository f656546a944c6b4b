"""Libraries that are loaded part by part where they are first used, for what can do without them starts sooner."""

import importlib
from typing import TYPE_CHECKING, Any

__all__ = ["pandas", "pyarrow"]


class _Lazy:
    """A library that is imported when something of it is asked for, a part such as `pyarrow.csv` too."""

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
    pandas, pyarrow = _Lazy("pandas"), _Lazy("pyarrow")
