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
    from auditkit.checks import Check as Check
    from auditkit.checks import Context as Context
    from auditkit.checks import Findings as Findings
    from auditkit.data import AuditData as AuditData
    from auditkit.decorator import check as check
    from auditkit.errors import AuditkitError as AuditkitError
    from auditkit.hookspecs import Format as Format
    from auditkit.hookspecs import hookimpl as hookimpl
    from auditkit.host import Host as Host
    from auditkit.host import wrap as wrap
    from auditkit.models import Capability as Capability
    from auditkit.models import Model as Model
    from auditkit.results import AuditResult as AuditResult
    from auditkit.results import Comparison as Comparison
    from auditkit.results import Control as Control
    from auditkit.results import Limit as Limit
    from auditkit.results import Measurement as Measurement
    from auditkit.results import Waiver as Waiver
    from auditkit.run.audit import audit as audit
    from auditkit.run.audit import compare as compare
    from auditkit.trainers import Trained as Trained
    from auditkit.trainers import Trainer as Trainer


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'auditkit' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
