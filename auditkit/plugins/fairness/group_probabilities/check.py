"""The check of groups that were not recorded and are known by probability."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.group_probabilities.definitions import DEFINITIONS, DIFFERENCE
from auditkit.plugins.fairness.group_probabilities.parameters import Parameters


class GroupProbabilityFairness(Parameters, Check):
    """How far apart can decisions about groups lie that were not recorded, where only probabilities of them are known?

    Lenders and insurers often may not record race or ethnicity, and work with probabilities made from surnames and
    places (BISG, BIFSG). To put everybody into the likeliest group mostly makes differences look larger than they are;
    to weight by the probabilities is right only where the decision does not go with the group in any other way.

    For each attribute the widest difference of selection rates and, with labels, of true positive rates. The value
    weights people by their probabilities. The interval assumes nothing about groups and decisions: within cells of
    people with similar probabilities it takes the groups as unequal as decisions allow, in closed form, and adds the
    sampling error of both ends, for all pairs of groups at once. Cells are made without a look at decisions; which end
    counts in a cell is chosen by other people than those it is measured on. Limits are judged by the interval.

    Probabilities are taken as right on average among people who have the same ones; where they are made for a country
    and applied to a bank's customers they may not be. Names and addresses have no place in an audit: the probabilities
    are made elsewhere.
    """

    id = "fairness.group_probabilities"
    title = "Groups known by probability"
    reference = (
        "Kallus, Mao and Zhou (2022), Management Science 68, arXiv:1906.00285; Chen, Kallus, Mao, Svacha and Udell "
        "(2019), FAT*, arXiv:1811.11154; Elliott et al. (2009), Health Services and Outcomes Research Methodology 9"
    )
    applies_when = "for groups known by probability ([data.group_probabilities])"
    needs = frozenset({"binary", "group_probabilities"})
    handles = frozenset({"unknown labels", "units"})
    presets = {"quick": {"trials": 20}, "thorough": {"trials": 500}}
    definitions = DEFINITIONS
    conditions = frozenset({"attribute", "group"})
    for_groups = frozenset()
    touches = {"trials": ()}
    level = "recorded"
    higher_level = "Recorded groups, of some people at least, would show whether the probabilities are right."

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The attributes and, of rates, their groups."""
        attributes = MeasuredAt(tuple(data.group_probabilities))
        if name.endswith(DIFFERENCE):
            return {"attribute": attributes}
        names = {group: None for probable in data.group_probabilities.values() for group in probable.groups}
        return {"attribute": attributes, "group": MeasuredAt(tuple(names))}

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Differences and rates with all that is possible, controls, figures."""
        from auditkit.plugins.fairness.group_probabilities.findings import find

        return find(self, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
