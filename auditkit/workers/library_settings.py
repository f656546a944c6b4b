"""Settings of libraries that change what a model or a check computes: a fresh process is given them too."""

import decimal
import locale
import sys
import warnings
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from auditkit.workers.parcel import from_bytes, to_bytes

OF_TORCH: Final = ("float32", "highest")
"""What torch begins with: it is slow to import, so that a process is not told of it that may not need it."""


def settings_here() -> str:
    """Settings in this process, of those libraries that are loaded, for `take_settings`."""
    settings: dict[str, Any] = {
        "numpy": {kind: how for kind, how in np.geterr().items() if how not in ("call", "log")},
        "recursion": sys.getrecursionlimit(),
        "decimal": decimal.getcontext(),
        "locale": locale.setlocale(locale.LC_ALL),
        "warnings": list(warnings.filters),
    }
    sklearn: Any = sys.modules.get("sklearn")
    if sklearn is not None:
        settings["sklearn"] = sklearn.get_config()
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        of_torch = str(torch.get_default_dtype()).removeprefix("torch."), torch.get_float32_matmul_precision()
        if of_torch != OF_TORCH:
            settings["torch"] = of_torch
    pandas: Any = sys.modules.get("pandas")
    if pandas is not None:
        settings["pandas"] = dict(_options(pandas.options))
    return "".join(f"{name}={packed} " for name, value in settings.items() if (packed := _packed(value)))


def take_settings(settings: str) -> None:
    """Set the same in this process.

    Args:
        settings: as `settings_here` gave them.
    """
    given = {
        name: from_bytes(bytes.fromhex(packed)) for name, _, packed in (one.partition("=") for one in settings.split())
    }
    sys.setrecursionlimit(given["recursion"])
    np.seterr(**given["numpy"])
    decimal.setcontext(given["decimal"])
    locale.setlocale(locale.LC_ALL, given["locale"])
    if "sklearn" in given:
        import sklearn

        sklearn.set_config(**given["sklearn"])
    if "torch" in given:
        import torch

        kind, precision = given["torch"]
        torch.set_default_dtype(getattr(torch, kind))
        torch.set_float32_matmul_precision(precision)
    if "pandas" in given:
        import pandas

        here = dict(_options(pandas.options))
        for name, value in given["pandas"].items():
            if here.get(name, value) != value:
                pandas.set_option(name, value)
    # last, for what is imported above adds filters of its own
    if "warnings" in given:
        warnings.resetwarnings()
        warnings.filters[:] = given["warnings"]  # type: ignore[index] # a list, which it is not typed as


def _packed(value: Any) -> str:
    """In letters; nothing where no pickle takes it."""
    try:
        return to_bytes(value).hex()
    except Exception:  # a class may raise anything at all where it is pickled
        return ""


def _options(options: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every option of pandas, by its whole name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of options that will be gone
        for name in dir(options):
            value = getattr(options, name)
            if isinstance(value, type(options)):
                yield from _options(value, f"{above}{name}.")
            else:
                yield f"{above}{name}", value
