"""Embedded examples: synthetic or shipped data, models trained on the spot, an audit that finds what was planted."""

from __future__ import annotations

from collections.abc import Callable

from auditkit.demos.built import Built


def _credit() -> Built:
    from auditkit.demos import credit  # trains models: only where the demo is run

    return credit.build()


def _digits() -> Built:
    from auditkit.demos import digits  # as above

    return digits.build()


DEMOS: dict[str, Callable[[], Built]] = {"credit": _credit, "digits": _digits}
"""{name: builder}."""

__all__ = ["DEMOS", "Built"]
