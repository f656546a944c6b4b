"""The check of gaps between groups in scores of cases."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.fairness.case_scores.definitions import DEFINITIONS, RATIO
from auditkit.plugins.fairness.case_scores.parameters import Parameters


class CaseScoresFairness(Parameters, Check):
    """Does the system do as well for the cases of one group as for those of another?

    A segmentation may be worse on one scanner, a recommender may serve one kind of user worse, an assistant may answer
    one dialect worse. The mean over all cases shows none of it.

    For each score and set of attributes the widest difference of mean scores and, for scores that are from 0 up, the
    smallest ratio, with intervals from all pairs of groups at once, p-values from shuffling the groups (the statistic
    is the largest difference in standard errors) adjusted by Holm, the smallest gap that would be found 8 times in 10,
    and which group has the worse mean by the direction that the owner stated. Of bounded scores no group counts as
    surer than with two cases added at either end of the range.

    Groups may hold harder cases: a gap is a reason to look, not proof of unfair treatment. Groups that were not
    recorded cannot be seen.
    """

    id = "fairness.case_scores"
    title = "Gaps in scores of cases"
    reference = (
        "Tamhane (1979), JASA 74; Chung and Romano (2013), arXiv:1304.5939; Holm (1979), Scandinavian Journal of "
        "Statistics 6"
    )
    applies_when = "for cases with scores (task case_scores)"
    handles = frozenset({"units"})
    needs = frozenset({"groups", "case_scores"})
    presets = {
        "quick": {"intersections": 1, "permutations": 499, "trials": 50},
        "thorough": {"intersections": 3, "permutations": 9999},
    }
    definitions = DEFINITIONS
    conditions = frozenset({"score"})
    for_groups = frozenset()
    touches = {"intersections": ()}
    level = "recorded"
    higher_level = "Answers on demand would show whether a score changes when only the group of a case is changed."

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The scores, by name; ratios are of those that are from 0 up."""
        ratio = name.startswith(RATIO)
        names = [name for name, score in data.case_scores.items() if not ratio or score.range[0] == 0]
        return {"score": MeasuredAt(tuple(names))}

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Gaps over groups, controls, figures."""
        from auditkit.plugins.fairness.case_scores.findings import find

        return find(self, data, context, "recorded")
