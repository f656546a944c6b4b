"""What a demo gives to be audited."""

from collections.abc import Mapping
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
