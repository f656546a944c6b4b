"""What was tested and what was not: a row for every check that is offered."""

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
    for result in results:
        rows[result.check] = Coverage(
            check=result.check, question=result.about.question, status=result.status, reason=result.reason or "",
            level=result.level, higher_level=result.higher_level,
        )  # fmt: skip
    return tuple(rows[id] for id in sorted(rows))
