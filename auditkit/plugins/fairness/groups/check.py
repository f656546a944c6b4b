"""The check of group fairness."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.errors import Mend, Refusal
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.groups.definitions import BURDEN, DEFAULT, DEFINITIONS, MULTICLASS, OF_GROUPS, measure_of
from auditkit.plugins.fairness.groups.parameters import CDD, Parameters
from auditkit.variants import named

TABLE = '[checks."fairness.groups"]'


class GroupFairness(Parameters, Check):
    """Are people of different groups, and of their intersections, selected equally often and served equally well?

    A model can be accurate on the whole and fail one group. Every rate is shown per group and per intersection, and
    every criterion of fairness as the widest difference and the smallest ratio over the groups of each attribute. With
    more than two classes, each class is compared with all others; of several labels, each is a question of its own.

    People are counted once by group, label and decision; everything follows from these counts. A rate has Wilson's
    interval (with weights: for Kish's effective number of rows). A disparity has an interval from the score intervals
    of all pairs of groups at once, which holds for the largest of them too; a p-value from shuffling the groups (the
    statistic is the largest difference in standard errors, for difference and ratio alike), adjusted by Holm, or if
    asked by Benjamini and Hochberg, over all disparities of this check; and the smallest gap between the two smallest
    groups that would be found 8 times in 10. People without a decision are in no rate but the abstention rate; people
    whose label is not known are left out of what needs labels only.

    A group without enough people in a rate's denominator has no rate; a disparity over the others then bounds the one
    over all, and names whom it leaves out. Labels are taken as true: unfair labels make unfair decisions look fair.
    Groups that were not recorded cannot be seen. No criterion shows by itself that a difference is unlawful, or that
    equality is lawful.
    """

    id = "fairness.groups"
    title = "Group fairness"
    reference = (
        "Hardt, Price and Srebro (2016), arXiv:1610.02413; Miettinen and Nurminen (1985), Statistics in Medicine 4; "
        "Wilson (1927), JASA 22; Holm (1979), Scandinavian Journal of Statistics 6; Benjamini and Hochberg (1995), "
        "JRSS B 57"
    )
    needs = frozenset({"groups", "binary", "multiclass", "multilabel"})
    handles = frozenset({"people", "unknown labels", "abstentions", "units"})
    presets = {
        "quick": {"intersections": 1, "permutations": 1999},
        "thorough": {"intersections": 3, "permutations": 99_999},
    }
    definitions = DEFINITIONS
    conditions = frozenset({"class", "given"})
    for_groups = frozenset({*OF_GROUPS, *named(BURDEN)})
    over_groups = frozenset({"between_group_entropy"})
    touches = {
        "measures": (), "classes": (), "intersections": (), "correction": (),
        "given": (CDD,), "alpha": ("between_group_entropy",),
    }  # fmt: skip
    higher_level = (
        "Answers on demand would show whether a decision changes when only the group of a real person is changed."
    )

    def leaves_out(self, name: str, data: AuditData) -> str:
        """A burden ratio where nobody said that it is a burden, and what is not among the measures."""
        if name in named(BURDEN):
            # What the owner says of the data asks for this number, so `measures` need not name it.
            stated = data.outcome.values() if isinstance(data.outcome, dict) else [data.outcome]
            if "burden" in stated:
                return ""
            why = "is measured where being selected is a burden; where it is one"
            if data.task in ("multiclass", "multilabel"):
                return f'{why}, write outcome = {{ CLASS = "burden" }} under [data]'
            return Refusal(why, (Mend("data.outcome", "burden"),))
        measure, usual = measure_of(name), self.measures == DEFAULT and data.task == "multiclass"
        if measure in (*self.measures, "abstention_rate", *(MULTICLASS if usual else ())) or (
            self.given and measure == CDD
        ):
            return ""
        if measure == CDD:
            return f'needs columns in which people must be alike; write given = ["COLUMN"] under {TABLE}'
        measures = [*self.measures, *(MULTICLASS if usual else ()), measure]
        return Refusal("is none of the measures", (Mend('checks."fairness.groups".measures', measures),))

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The columns that are given; of two classes none is named."""
        given = MeasuredAt((", ".join(self.given),) if self.given and name == CDD else ())
        # With two classes the class is not a condition, as there is only one that selects.
        return {"given": given} | ({} if data.task in ("multiclass", "multilabel") else {"class": MeasuredAt()})

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Rates, disparities, controls, figures and one table."""
        from auditkit.plugins.fairness.groups.findings import find

        return find(self, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
