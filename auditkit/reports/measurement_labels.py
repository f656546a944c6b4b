"""What a number is about, and which of several numbers decided a limit."""

from collections.abc import Mapping
from typing import Any

from auditkit.results import Measurement, Verdict, furthest_off, pairs


def listed(mapping: Mapping[str, Any]) -> str:
    """`race=B, sex=F`: by name, as results.json keeps it, so that a result prints alike before and after saving."""
    # sorted here, for a result that was never saved still has the order in which a check named them
    return pairs(dict(sorted(mapping.items())))


def about(measurement: Measurement) -> str:
    """Whom a number is about and under which conditions: `sex=F; epsilon=0.1`, `over sex`, `everyone`."""
    over = f"over {' and '.join(measurement.across)}" if measurement.across else ""
    return "; ".join(filter(None, (listed(measurement.slice), over, listed(measurement.conditions)))) or "everyone"


def decisive(verdict: Verdict) -> Measurement | None:
    """Of the measurements with the verdict's own status, the one furthest to the wrong side; None for none."""
    judgement = furthest_off(verdict.limit, verdict.judged, verdict.status)
    return None if judgement is None else judgement.measurement
