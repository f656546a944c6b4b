"""auditkit audits machine-learning models for responsible use and leaves the evidence.

Every public name is imported when it is first used, so that `import auditkit` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from auditkit.version import __version__

_HOMES = {
    "AuditData": "auditkit.data",
    "AuditResult": "auditkit.results",
    "AuditkitError": "auditkit.errors",
    "Capability": "auditkit.models",
    "Check": "auditkit.checks",
    "Comparison": "auditkit.results",
    "Context": "auditkit.checks",
    "Endpoint": "auditkit.endpoints",
    "Control": "auditkit.results",
    "Findings": "auditkit.checks",
    "Format": "auditkit.hookspecs",
    "Host": "auditkit.host",
    "Limit": "auditkit.results",
    "Measurement": "auditkit.results",
    "Model": "auditkit.models",
    "Trained": "auditkit.trainers",
    "Trainer": "auditkit.trainers",
    "Waiver": "auditkit.results",
    "audit": "auditkit.run.audit",
    "check": "auditkit.decorator",
    "compare": "auditkit.run.audit",
    "hookimpl": "auditkit.hookspecs",
    "wrap": "auditkit.host",
}

__all__ = ["__version__", *sorted(_HOMES)]

if TYPE_CHECKING:
    from auditkit.checks import Check as Check, Context as Context, Findings as Findings
    from auditkit.data import AuditData as AuditData
    from auditkit.decorator import check as check
    from auditkit.endpoints import Endpoint as Endpoint
    from auditkit.errors import AuditkitError as AuditkitError
    from auditkit.hookspecs import Format as Format, hookimpl as hookimpl
    from auditkit.host import Host as Host, wrap as wrap
    from auditkit.models import Capability as Capability, Model as Model
    from auditkit.results import (
        AuditResult as AuditResult,
        Comparison as Comparison,
        Control as Control,
        Limit as Limit,
        Measurement as Measurement,
        Waiver as Waiver,
    )
    from auditkit.run.audit import audit as audit, compare as compare
    from auditkit.trainers import Trained as Trained, Trainer as Trainer


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'auditkit' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
