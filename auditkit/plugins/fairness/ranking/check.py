"""The check of fairness of rankings."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.errors import closest
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.ranking.definitions import DEFINITIONS
from auditkit.plugins.fairness.ranking.parameters import Parameters, top_label
from auditkit.variants import named


class RankingFairness(Parameters, Check):
    """If people are listed by their scores, who is seen first, and is any group missing from the top?

    Where people are shown in order (applicants, offers, search results), a place near the top is what is shared out.
    Small differences of scores can push one group down the whole list, and no rate of decisions shows it.

    The highest score comes first; equal scores share their places evenly. A place counts 1 / log2(1 + place). For every
    group: exposure, exposure relative to everyone in the same list, share of the top k beside the share of the list,
    and their log ratio (skew). Over groups: the ratio of exposures, the largest gap between top and list, and NDKL
    (natural logarithm), the divergence of every top from the list. One list: intervals from drawing the people of each
    group anew, p-values from shuffling the groups over the places. Many lists (parameter `query`): each is ranked by
    itself, all have the same weight, intervals and p-values come from how lists vary. P-values are adjusted by Holm.

    Labels are not used: equal exposure can be wrong where groups differ in what is ranked, and fair to unfair labels
    where they do not. How fast attention falls with the place is an assumption. In one list NDKL has no interval: it is
    a fact about that list, to be compared with what chance gives. Groups that were not recorded cannot be seen.
    """

    id = "fairness.ranking"
    title = "Fairness of rankings"
    applies_when = "for scores that put people in order, as in a search or a shortlist: name it among the checks"
    reference = (
        "Singh and Joachims (2018), arXiv:1802.07281; Geyik, Ambler and Kenthapudi (2019), arXiv:1905.01989; "
        "Holm (1979), Scandinavian Journal of Statistics 6"
    )
    needs = frozenset({"groups", Capability.SCORES})
    handles = frozenset({"alike rows"})
    presets = {
        "quick": {"intersections": 1, "permutations": 499},
        "thorough": {"intersections": 3, "permutations": 9999},
    }
    definitions = DEFINITIONS
    conditions = frozenset({"k"})
    for_groups = frozenset({"exposure", "relative_exposure", "top_k_share", "skew_at_k"})
    over_groups = frozenset({"ndkl"})
    touches = {"intersections": (), "k": ("skew_at_k", *named("top_k_gap"), "top_k_share")}
    higher_level = "Answers on demand would show how far a real person moves when only the group is changed."

    def applies(self, model: Model, data: AuditData) -> str | None:
        """No list for several classes, none with weights, none by a column that is not there."""
        if data.task == "multiclass":
            return "ranks people by one score, and a model of several classes has one for each"
        if data.weights is not None:
            return "a place in a list belongs to one person, so rows with weights cannot be ranked"
        if self.query:
            columns = [str(name) for name in getattr(data.inputs, "columns", ())]
            if self.query not in {*columns, *data.groups}:
                known = dict.fromkeys([*columns, *data.groups])
                return f"query must name a column; {self.query!r} is none; {closest(self.query, known)}"
        return None

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The tops."""
        of_tops = name in ("skew_at_k", "top_k_share", *named("top_k_gap"))
        return {"k": MeasuredAt([top_label(k) for k in self.k] if of_tops else ())}

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Measurements per group and over groups, controls, figures, and what chance would give."""
        from auditkit.plugins.fairness.ranking.findings import find

        return find(self, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
