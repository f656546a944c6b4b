"""Language: models that take a text and give one, looked at by what they answer."""

from auditkit.checks import Check
from auditkit.hookspecs import hookimpl


@hookimpl
def register_checks() -> list[type[Check]]:
    """The checks of this family."""
    from auditkit.plugins.language.refusal.check import Refusals

    return [Refusals]
