"""What was tested and what was not: a row for every check that is offered."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.host import Host
from auditkit.results import CheckResult, Coverage


def coverage_of(host: Host, results: Sequence[CheckResult]) -> tuple[Coverage, ...]:
    """A row for every check that is offered, selected or not."""
    rows = {
        id: Coverage(
            check=id,
            question=offer.value.about().question,
            status="not selected",
            reason=offer.value.applies_when or "not selected",
        )
        for id, offer in host.checks().items()
    }
    for each in results:
        rows[each.check] = Coverage(
            check=each.check, question=each.about.question, status=each.status, reason=each.reason or "",
            level=each.level, higher_level=each.higher_level,
        )  # fmt: skip
    return tuple(rows[id] for id in sorted(rows))
