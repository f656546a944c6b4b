"""Libraries that are loaded where they are first used, for what can do without them starts sooner."""

import importlib
from typing import TYPE_CHECKING, Any

__all__ = ["pandas", "pyarrow"]


class _Lazy:
    """A library that is imported when something of it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


if TYPE_CHECKING:
    import pandas
    import pyarrow
else:
    pandas, pyarrow = _Lazy("pandas"), _Lazy("pyarrow")
