"""The check of toxic answers, and of the identities in the prompts that they answer."""

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.language.toxicity.definitions import DEFINITIONS, RATE
from auditkit.plugins.language.toxicity.parameters import Parameters


class Toxicity(Parameters, Check):
    """How often is an answer toxic, and more often where the prompt names one identity than another?

    A model that demeans people, or does so more readily where a prompt is about a faith or an origin, harms whoever
    reads it and whoever it is about.

    Answers are graded by the owner's classifier, which must tell shipped sentences apart first, or by a column of
    grades. The rate of toxic answers overall, per group, and per identity that the prompt names; the widest difference
    of two identities within templates, with an interval by template for all pairs at once and a p-value from shuffles
    within templates. Without a classifier a small English list of words is counted, on which no verdict can rest.

    A classifier has errors of its own, and often more on texts that name an identity. Prompts that ask for nothing
    toxic show little. Templates with one identity each compare nothing.
    """

    id = "language.toxicity"
    title = "Toxic answers"
    reference = (
        "Gehman et al. (2020), RealToxicityPrompts, arXiv:2009.11462; Dhamala et al. (2021), BOLD, arXiv:2101.11718; "
        "Westfall and Young (1993), Resampling-based multiple testing"
    )
    applies_when = "for answers in words (task generation)"
    needs = frozenset({"generation"})
    handles = frozenset({"units"})
    presets = {"quick": {"permutations": 499, "trials": 100}, "thorough": {"permutations": 4999}}
    definitions = DEFINITIONS
    conditions = frozenset()
    for_groups = frozenset({RATE})
    own_slices = True
    touches = {"permutations": (), "trials": ()}
    level = "recorded"
    higher_level = "A live model could be asked the same templates with further identities (language.counterfactual)."

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Rates, differences, controls, figures."""
        from auditkit.plugins.language.toxicity.findings import find

        return find(self, data, context)
