"""The check of group fairness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from auditkit.checks import Check, Context, Findings
from auditkit.errors import closest
from auditkit.models import Capability
from auditkit.plugins.fairness.groups.definitions import definitions
from auditkit.plugins.fairness.groups.measures import CRITERIA, DEFAULT, RATES

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.models import Model


class GroupFairness(Check):
    """Are people of different groups, and of their intersections, selected equally often and served equally well?

    A model can be accurate on the whole and fail one group. Every rate is shown per group and per intersection, and
    every criterion of fairness as the widest difference and the smallest ratio over the groups of each attribute.

    Rows are counted once by group, label and decision; everything follows from these counts. A rate has Wilson's
    interval (with weights: for Kish's effective number of rows). A disparity has an interval from the score intervals
    of all pairs of groups at once, which holds for the largest of them too; a p-value from shuffling the groups (the
    statistic is the largest difference in standard errors, for difference and ratio alike), adjusted by Holm over all
    disparities of this check; and the smallest gap
    between the two smallest groups that would be found 8 times in 10.

    A group without enough people in a rate's denominator has no rate; a disparity over the others is then
    inconclusive. Labels are taken as true: unfair labels make unfair decisions look fair. Groups that were not
    recorded cannot be seen. No criterion shows by itself that a difference is unlawful, or that equality is lawful.
    """

    id = "fairness.groups"
    title = "Group fairness"
    reference = (
        "Hardt, Price and Srebro (2016), arXiv:1610.02413; Miettinen and Nurminen (1985), Statistics in Medicine 4; "
        "Wilson (1927), JASA 22; Holm (1979), Scandinavian Journal of Statistics 6"
    )
    needs = frozenset({"groups", "binary"})
    presets = {
        "quick": {"intersections": 1, "permutations": 1999},
        "thorough": {"intersections": 3, "permutations": 99_999},
    }
    definitions = definitions()
    higher_level = (
        "Answers on demand would show whether a decision changes when only the group of a real person is changed."
    )

    intersections: int = Field(default=2, ge=1, description="the largest number of attributes that are intersected")
    measures: tuple[str, ...] = Field(default=DEFAULT, description="rates and criteria to measure")
    permutations: int = Field(default=9999, ge=99, description="shuffles of the groups behind each p-value")
    trials: int = Field(default=200, ge=20, description="shuffled and planted tables behind each control")

    @field_validator("measures")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = {**RATES, **CRITERIA}
        for name in names:
            if name not in known:
                raise ValueError(f"measures must name rates or criteria; {name!r} is neither; {closest(name, known)}")
        return names

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Rates, disparities, controls, figures and one table."""
        from auditkit.plugins.fairness.groups.findings import find

        return find(self, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
