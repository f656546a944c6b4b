"""What a number is about, and which of several numbers decided a limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditkit.results import Measurement, Verdict, pairs


def listed(mapping: Mapping[str, Any]) -> str:
    """`race=B, sex=F`: by name, as results.json keeps it, so that a result prints alike before and after saving."""
    return pairs(dict(sorted(mapping.items())))


def about(measurement: Measurement) -> str:
    """Whom a number is about and under which conditions: `sex=F; epsilon=0.1`, `over sex`, `everyone`."""
    over = f"over {' and '.join(measurement.across)}" if measurement.across else ""
    return "; ".join(filter(None, (listed(measurement.slice), over, listed(measurement.conditions)))) or "everyone"


def decisive(verdict: Verdict) -> Measurement | None:
    """Of the measurements with the verdict's own status, the one furthest to the wrong side; None for none."""
    deciding = [each.measurement for each in verdict.judged if each.status == verdict.status]
    limit = verdict.limit

    def slack(each: Measurement) -> float:
        if each.value is None:
            return float("inf")
        above = float("inf") if limit.at_least is None else each.value - limit.at_least
        below = float("inf") if limit.at_most is None else limit.at_most - each.value
        return min(above, below)

    return min(deciding, key=slack, default=None)
