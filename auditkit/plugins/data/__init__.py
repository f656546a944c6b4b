"""Data: whether the audit data itself can be trusted."""

from auditkit.checks import Check
from auditkit.hookspecs import hookimpl


@hookimpl
def register_checks() -> list[type[Check]]:
    """The checks of this family."""
    from auditkit.plugins.data.check import Integrity

    return [Integrity]
