"""Embedded examples: synthetic or shipped data, models trained on the spot, an audit that finds what was planted."""

import functools
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.results import Limit


@dataclass(frozen=True)
class Built:
    """Models, data and limits of one demo."""

    title: str
    models: list[Model]
    data: AuditData
    limits: tuple[Limit, ...] = ()
    card: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    train: tuple[Mapping[str, Any], ...] = ()


def _build(name: str) -> Built:
    # imported where the demo is run: its module needs torch, and whoever lists the demos does not
    built: Built = importlib.import_module(f"auditkit.demos.{name}").build()
    return built


DEMOS: dict[str, Callable[[], Built]] = {name: functools.partial(_build, name) for name in ("credit", "digits")}
"""{name: builder}."""

__all__ = ["DEMOS", "Built"]
