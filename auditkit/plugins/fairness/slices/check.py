"""The check that searches for slices."""

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.errors import Mend, Refusal
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.slices.definitions import SLICELINE, definitions
from auditkit.plugins.fairness.slices.outcomes import OUTCOMES
from auditkit.plugins.fairness.slices.parameters import Parameters

OF = 'checks."fairness.slices".of'


class Slices(Parameters, Check):
    """Is there a subgroup, described by a few features, for which the model errs far more often than for the rest?

    The groups that somebody named beforehand are rarely all that matter. This check looks at every subgroup that a few
    conditions on the features describe, such as "married, 40 to 49, works part time", and shows those with
    the most mistakes, or with most of whatever else is searched for.

    A condition is a category, a quantile bin of a number, a missing value, or a group. In one half of the rows, drawn
    at random, all conjunctions of up to `depth` conditions are ranked by SliceLine's score, which weighs how much
    larger the mean error is than everyone's against how few rows there are; bounds prune what cannot be among the
    first, so the ranking is exact. Slices of nearly the same rows are shown as one. The other half of the rows, which
    had no part in the search, then says how far the slices found really differ: intervals that hold for all of them at
    once, and p-values adjusted by Holm. Splitting needs a correction for the few slices found, not for the thousands
    looked at, which is worth more than the rows it costs.

    Only slices with enough rows, of few conditions, and of single bins are searched; where mistakes are common, small
    slices cannot reach a high score. The search leaves weights aside; the numbers use them. A slice with more mistakes
    may hold harder cases: a finding is a reason to look, not proof of unfair treatment.
    """

    id = "fairness.slices"
    title = "Slices that stand out"
    reference = f"{SLICELINE}; Cox (1975), Biometrika 62; Holm (1979), Scandinavian Journal of Statistics 6"
    needs = frozenset({"table"})
    presets = {
        "quick": {"depth": 2, "trials": 20},
        "thorough": {"depth": 3, "trials": 100},
    }
    definitions = definitions()
    conditions = frozenset()
    own_slices = True

    def leaves_out(self, name: str, data: AuditData) -> str:
        """Of what else could be searched for."""
        other = next((outcome.name for outcome in OUTCOMES.values() if outcome.measurement == name), self.of)
        if other == self.of:
            return ""
        return Refusal("is searched for only where it is asked for", (Mend(OF, other),))

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Labels where the outcome needs them; two classes where it is about selection."""
        outcome = OUTCOMES[self.of]
        if outcome.labelled and data.labels is None:
            why = f"needs labels to search for {self.of!r}, and the data has none"
            return Refusal(why, (Mend(OF, "selection"),)) if data.task == "binary" else why
        if outcome.binary and data.task != "binary":
            why = f"searches for {self.of!r}, which is for tasks of kind binary; this is {data.task}"
            return Refusal(why, (Mend(OF, "error"),)) if data.labels is not None else why
        return None

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Search in one half, estimate in the other, try both."""
        from auditkit.plugins.fairness.slices.findings import find

        return find(self, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
