"""Fairness: what decisions do to groups and to their intersections."""

from __future__ import annotations

from auditkit.checks import Check
from auditkit.hookspecs import hookimpl


@hookimpl
def register_checks() -> list[type[Check]]:
    """The checks of this family."""
    from auditkit.plugins.fairness.groups.check import GroupFairness
    from auditkit.plugins.fairness.slices.check import Slices

    return [GroupFairness, Slices]
