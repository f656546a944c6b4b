"""The check of rates under selective labels."""

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.selective_labels.definitions import BOUNDS, DEFINITIONS, UNLABELLED
from auditkit.plugins.fairness.selective_labels.parameters import Parameters


class SelectiveLabels(Parameters, Check):
    """How good and how unequal can decisions be, whatever the labels are that nobody knows?

    Whether a loan is paid back is known of those who got one. Accuracy and error rates of these people say little about
    the others, and labels that a model fills in for them (reject inference) say what that model says.

    Accuracy, precision, true and false positive rate for everyone and every group, and the widest difference between
    groups: the value among people whose label is known, and an interval that holds whatever the others' labels are: the
    unknown labels are taken as bad and as good as can be, and for differences as unequal, with the sampling error of
    both bounds, for all pairs of groups at once. Limits are judged by the interval. How many labels are unknown, by
    group and by decision, stands beside.

    Nothing narrows the bounds but more labels: a few people who are accepted by chance tell more than any model of the
    others. Known labels are taken as true.
    """

    id = "fairness.selective_labels"
    title = "Labels known of some people only"
    reference = (
        "Manski (1990), American Economic Review 80; Imbens and Manski (2004), Econometrica 72; Lakkaraju et al. "
        "(2017), KDD; Newcombe (1998), Statistics in Medicine 17"
    )
    applies_when = 'for labels that are known of some people only ([data] unlabelled = "keep")'
    needs = frozenset({"binary", "labels", "unlabelled"})
    handles = frozenset({"unknown labels", "alike rows", "units"})
    presets = {"quick": {"trials": 20}, "thorough": {"trials": 500}}
    definitions = DEFINITIONS
    conditions = frozenset({"decision"})
    for_groups = frozenset(name for name in DEFINITIONS if name.endswith(BOUNDS) and "difference" not in name) | {
        UNLABELLED
    }
    touches = {"intersections": (), "trials": ()}
    level = "recorded"
    higher_level = "Labels of people who were accepted by chance would narrow the bounds."

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Bounds for everyone, for groups and over groups, a control, figures."""
        from auditkit.plugins.fairness.selective_labels.findings import find

        return find(self, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
