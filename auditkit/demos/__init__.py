"""Embedded examples: synthetic or shipped data, models trained on the spot, an audit that finds what was planted."""

import functools
import importlib
from collections.abc import Callable

from auditkit.demos.built import Built


def _build(name: str) -> Built:
    # imported where the demo is run: its module needs torch, and whoever lists the demos does not
    built: Built = importlib.import_module(f"auditkit.demos.{name}").build()
    return built


DEMOS: dict[str, Callable[[], Built]] = {name: functools.partial(_build, name) for name in ("credit", "digits")}
"""{name: builder}."""

__all__ = ["DEMOS", "Built"]
