"""What is known of the selection of some groups: rates, ratios, tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from auditkit.errors import present
from auditkit.plugins.fairness.impact.selection import Ratios, Selection
from auditkit.results import Measurement, Test


@dataclass
class Impact:
    """What is known of the groups of some attributes."""

    found: Selection
    ratios: Ratios | None
    tests: dict[int, Test] = field(default_factory=dict)
    """{position of a group: its test against the group with the highest rate}."""
    alarm: Measurement | None = None

    @property
    def across(self) -> str:
        """The attributes, in words."""
        return " and ".join(self.found.attributes)

    def counts(self, at: int) -> tuple[int, int, int, int]:
        """Selected and people of a group, then of the group with the highest rate."""
        ratios = present(self.ratios, "the caller looked")
        top, selection = ratios.highest, self.found
        return (
            int(selection.selected[at]),
            int(selection.people[at]),
            int(selection.selected[top]),
            int(selection.people[top]),
        )
