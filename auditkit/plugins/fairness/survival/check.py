"""The check of gaps between groups in predicted times until an event."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.metrics.survival import MEASURES
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.survival.definitions import DEFINITIONS, MEASURED
from auditkit.plugins.fairness.survival.parameters import Parameters


class SurvivalFairness(Parameters, Check):
    """Are times until an event predicted as well for one group as for another?

    A risk score may order the patients of one hospital well and those of another no better than chance, or overstate
    the risk of one sex and understate that of the other. Concordance and calibration of everyone show neither.

    For each set of attributes the widest difference of Uno's concordances and, at each horizon, of Brier scores and of
    predicted less observed risk, with intervals for all pairs of groups at once. People who were last seen without the
    event are kept, and how long people are followed is estimated in each group by itself.

    Groups may be harder to predict, or be followed for shorter: a gap is a reason to look. Groups that were not
    recorded cannot be seen.
    """

    id = "fairness.survival"
    title = "Gaps in predicted times until an event"
    reference = (
        "Uno et al. (2011), Statistics in Medicine 30; Graf et al. (1999), Statistics in Medicine 18; Newcombe (1998), "
        "Statistics in Medicine 17"
    )
    applies_when = "for times until an event (task survival)"
    needs = frozenset({"groups", "survival"})
    handles = frozenset({"units"})
    presets = {"thorough": {"intersections": 2}}
    definitions = DEFINITIONS
    conditions = frozenset({"horizon"})
    for_groups = frozenset()
    touches = {"intersections": ()}
    level = "recorded"
    higher_level = "Answers on demand would show whether a risk changes when only the group of a person is changed."

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The horizons."""
        if name not in MEASURED or not MEASURES[MEASURED[name]].at_horizons:
            return {}
        return {"horizon": MeasuredAt(() if data.survival is None else data.survival.horizons)}

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Differences, a control, figures."""
        from auditkit.plugins.fairness.survival.findings import find

        return find(self, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
