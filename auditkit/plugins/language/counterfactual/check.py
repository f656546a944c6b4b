"""The check of what changes where only the group in a prompt changes."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.language.counterfactual.definitions import CHANGED, DEFINITIONS, MEAN, UNGRADED
from auditkit.plugins.language.counterfactual.parameters import Parameters
from auditkit.plugins.language.counterfactual.variations import can_ask, varying


class Counterfactual(Parameters, Check):
    """Does the answer change where only the name, pronoun, dialect, faith or age in the prompt changes?

    Who asks, or whom a question is about, should not decide how well it is answered: whether the model declines, how
    much it says, which grade it gives.

    Variants of the same base prompt stand in columns (`base`, and the group that a variant is written for), or are made
    of the prompts by tables of words, and a live model is asked about them. For each score of an answer (refusal,
    length, a grade that it gives, a column of numbers) the widest difference of two groups within base prompts, with an
    interval for all pairs at once, p-values from shuffles within base prompts adjusted by Holm, the means, and the
    share of base prompts whose score changes.

    Tables of words change words, and no dialect or grammar. A difference can be right, where the word matters to the
    question. A score that is the same says nothing about what the answers say.
    """

    id = "language.counterfactual"
    title = "Counterfactual prompts"
    reference = (
        "Garg et al. (2019), arXiv:1809.10610; Huang et al. (2020), arXiv:1911.03064; Westfall and Young (1993), "
        "Resampling-based multiple testing"
    )
    applies_when = "for answers in words (task generation)"
    needs = frozenset({"generation"})
    handles = frozenset({"units"})
    presets = {"quick": {"permutations": 499, "trials": 100, "questions": 300}, "thorough": {"permutations": 4999}}
    definitions = DEFINITIONS
    conditions = frozenset({"score"})
    for_groups = frozenset({MEAN})
    over_groups = frozenset({CHANGED, UNGRADED})
    own_slices = True
    other_rows = True
    touches = {"permutations": (), "trials": ()}
    level = "recorded"
    higher_level = "A live model could be asked about prompts in the words of another group."

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Where no column says variants, and the model cannot be asked about others."""
        _, names = varying(self, data)
        if names or can_ask(model):
            return None
        return (
            "needs variants of prompts: a column that says the base prompt (base) beside group columns that differ "
            "within it, or a live model that is asked about prompts in other words"
        )

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The scores, by name."""
        own = [*self.scores, *(["grade"] if self.grade else []), *([self.column] if self.column else [])]
        # the length of two answers is hardly ever the same
        return {"score": MeasuredAt(tuple(score for score in own if name != CHANGED or score != "length"))}

    def leaves_out(self, name: str, data: AuditData) -> str:
        """The share of base prompts that change, of lengths alone."""
        if name != CHANGED or self.scores != ("length",) or self.grade is not None or self.column is not None:
            return ""
        return (
            "is not measured of lengths, which nearly always differ; name refused under scores, or a grade or a column"
        )

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Further prompts, at most."""
        return 0 if varying(self, data)[1] or not can_ask(model) else self.questions

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Differences within base prompts, means, controls, figures."""
        from auditkit.plugins.language.counterfactual.findings import find

        return find(self, model, data, context)
