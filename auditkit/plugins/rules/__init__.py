"""The rule packs that auditkit brings: one TOML file each."""

import pathlib

from auditkit.hookspecs import hookimpl


@hookimpl
def register_rules() -> list[pathlib.Path]:
    """Every TOML file beside this one."""
    return sorted(pathlib.Path(__file__).parent.glob("*.toml"))
