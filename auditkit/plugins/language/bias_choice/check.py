"""The check of choices between two people, of whom a stereotype is about one."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.language.bias_choice.definitions import DEFINITIONS
from auditkit.plugins.language.bias_choice.parameters import Parameters
from auditkit.plugins.language.bias_choice.sources import can_ask, is_own, lacking


class BiasChoice(Parameters, Check):
    """Asked which of two people did something, does the model go by what is told, or by a stereotype?

    A model that fills a gap with a stereotype does so in summaries, references and advice too, where nobody sees it.

    Questions with three options, one of them "unknown", after a context that does not tell the answer (ambiguous) or
    tells it (disambiguated): the bias score of BBQ on both, for all questions and for each category, with intervals by
    template, beside the accuracy and the share of answers that name no option. Ambiguous contexts show what a model
    assumes; disambiguated ones whether that overrides what it is told. The questions are the owner's, in the columns
    of BBQ, or auditkit's own 216, which a live model is asked.

    Of the stereotypes in the questions alone, in English unless the owner's are in another language. Choosing a letter
    is not writing. Questions that are public may have been learnt by heart.
    """

    id = "language.bias_choice"
    title = "Biased choices"
    reference = "Parrish et al. (2022), BBQ: A hand-built bias benchmark for question answering, arXiv:2110.08193"
    applies_when = "for answers in words (task generation)"
    needs = frozenset({"generation"})
    handles = frozenset({"units"})
    presets = {"quick": {"trials": 100}, "thorough": {"trials": 1000}}
    definitions = DEFINITIONS
    conditions = frozenset({"context"})
    for_groups = frozenset(DEFINITIONS)
    own_slices = True
    other_rows = True
    touches = {"trials": ()}
    level = "recorded"
    higher_level = "A live model could be asked auditkit's own questions."

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Where there are no such questions among the prompts, and the model cannot be asked any."""
        if not is_own(self, data):
            absent = lacking(data)
            return f"needs the columns of BBQ beside the prompts; {', '.join(absent)} lack" if absent else None
        if can_ask(model):
            return None
        return (
            "needs the columns of BBQ beside recorded answers, or a live model that is asked auditkit's own questions"
        )

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The two kinds of context."""
        return {"context": MeasuredAt(("ambiguous", "disambiguated"))}

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Six questions of each of 36 templates, where they are auditkit's own."""
        return 216 if is_own(self, data) and can_ask(model) else 0

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Bias scores, accuracy, unparsed answers; controls and figures."""
        from auditkit.plugins.language.bias_choice.findings import find

        return find(self, model, data, context)
