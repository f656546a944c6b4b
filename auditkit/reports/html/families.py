"""The checks of all models by family, each check once."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from auditkit.reports.html.checks import CheckView, check_view
from auditkit.reports.html.common_parts import CheckOutcome
from auditkit.reports.html.tables import Anchors
from auditkit.results import AuditResult


class Family(NamedTuple):
    """The checks that share the first part of their id."""

    anchor: str
    title: str
    checks: tuple[CheckView, ...]


def families(
    audits: Sequence[AuditResult], anchors: Anchors, terms: Mapping[tuple[str, str], str]
) -> tuple[Family, ...]:
    """The checks by family, in the order in which they ran.

    Args:
        audits: of each model.
        anchors: the page's.
        terms: {(check, measurement): anchor in the glossary}.
    """
    by_family: dict[str, dict[str, list[CheckOutcome]]] = {}
    for audit in audits:
        for result in audit.results:
            by_check = by_family.setdefault(family_of(result.check), {})
            # in the order of the first model that has the check: dictionaries keep it
            by_check.setdefault(result.check, []).append(CheckOutcome(audit, result))
    return tuple(
        Family(
            anchors.new("family", name),
            title(name),
            tuple(check_view(check, anchors, terms) for check in checks.values()),
        )
        for name, checks in by_family.items()
    )


def family_of(check: str) -> str:
    """The first part of a check's id."""
    return check.partition(".")[0]


def title(family: str) -> str:
    """A family as a heading."""
    return family.replace("_", " ").capitalize()
