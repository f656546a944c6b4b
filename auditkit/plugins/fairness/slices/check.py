"""The check that searches for slices."""

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.errors import Mend, Refusal, closest
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.slices.definitions import SLICELINE, definitions
from auditkit.plugins.fairness.slices.outcomes import OUTCOMES, Of
from auditkit.plugins.fairness.slices.parameters import Parameters

TASK_OF = {"shortfall": "case_scores"}
"""{what is searched for: the task that it is for}, where it is for that alone."""
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
    handles = frozenset({"units"})
    needs = frozenset({"table", "binary", "multiclass", "regression", "case_scores"})
    presets = {
        "quick": {"depth": 2, "trials": 20},
        "thorough": {"depth": 3, "trials": 100},
    }
    definitions = definitions()
    conditions = frozenset()
    own_slices = True

    def _asked(self, data: AuditData) -> Of:
        """What is searched for: of scores of cases, where nothing else was asked for, how far they fall short."""
        return "shortfall" if data.task == "case_scores" and self.of == "error" else self.of

    def leaves_out(self, name: str, data: AuditData) -> str:
        """Of what else could be searched for."""
        other = next((outcome.name for outcome in OUTCOMES.values() if outcome.measurement == name), self.of)
        if other == self._asked(data):
            return ""
        if "case_scores" in (data.task, TASK_OF.get(other)):
            return f"is not measured of the task {data.task}; there is {OUTCOMES[self._asked(data)].measurement}"
        return Refusal("is searched for only where it is asked for", (Mend(OF, other),))

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Labels where the outcome needs them; two classes where it is about selection."""
        outcome = OUTCOMES[self._asked(data)]
        if data.task == "case_scores" or outcome.name == "shortfall":
            if outcome.name != "shortfall" or data.task != "case_scores":
                return f"searches for {self.of!r}, which is for another task; this is {data.task}"
            known = list(data.case_scores)
            unknown = self.score and self.score not in known
            return f"score must be a score of these cases; {closest(self.score, known)}" if unknown else None
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

        asked = self.model_copy(update={"of": self._asked(data)})
        return find(asked, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
