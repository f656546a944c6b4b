"""The check of predicted times until an event."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.metrics.survival import MEASURES
from auditkit.models import Capability, Model
from auditkit.plugins.performance.survival.definitions import DEFINITIONS
from auditkit.plugins.performance.survival.parameters import Parameters


class SurvivalQuality(Parameters, Check):
    """How well are times until an event predicted, for everyone and for every group?

    When a patient relapses, a customer leaves or a machine fails is known of some only: the others were last seen
    without the event. To leave them out, or to count them as safe, makes any model look other than it is.

    Harrell's and Uno's concordance of risks and times; at each horizon the Brier score and the mean predicted chance of
    the event less the share who had it, both weighted for people who were lost before it; that share itself
    (Kaplan-Meier). All people are kept. Intervals are 95 %, of concordances by the infinitesimal jackknife.

    How long people are followed is taken as unrelated to their risk, within a group. Events that rule out the one
    asked about (competing risks) count as an end of following.
    """

    id = "performance.survival"
    title = "Times until an event"
    reference = (
        "Harrell, Lee and Mark (1996), Statistics in Medicine 15; Uno et al. (2011), Statistics in Medicine 30; Graf "
        "et al. (1999), Statistics in Medicine 18; Kaplan and Meier (1958), JASA 53"
    )
    applies_when = "for times until an event (task survival)"
    needs = frozenset({"survival"})
    handles = frozenset({"units"})
    presets = {"quick": {"trials": 30}, "thorough": {"trials": 500}}
    definitions = DEFINITIONS
    conditions = frozenset({"horizon"})
    for_groups = frozenset(DEFINITIONS)
    touches = {"trials": ("harrell_concordance", "uno_concordance")}
    level = "recorded"
    higher_level = "Answers on demand would show how risks change when inputs do."

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The horizons."""
        if name not in MEASURES or not MEASURES[name].at_horizons:
            return {}
        return {"horizon": MeasuredAt(() if data.survival is None else data.survival.horizons)}

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Measurements for everyone and groups, a control, figures."""
        from auditkit.plugins.performance.survival.findings import find

        return find(self, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
