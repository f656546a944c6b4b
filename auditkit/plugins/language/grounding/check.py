"""The check of whether answers keep to the texts beside the question."""

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.language.grounding.definitions import DEFINITIONS
from auditkit.plugins.language.grounding.parameters import Parameters


class Grounding(Parameters, Check):
    """Do answers say what the passages beside the question say, and does the system decline where they say nothing?

    A system that retrieves passages and answers from them is trusted because it names its source. Where it adds facts
    of its own, or answers a question to which no passage holds an answer, readers are told what nobody wrote.

    The share of claimed words and of sentences of each answer that the passages support, by the words that they share;
    the share of unanswerable questions that are declined, beside that of answerable ones; exact match and token F1 with
    references, as SQuAD counts them: each for everyone and per group, with 95 % intervals by prompt.

    Shared words are no proof: a synonym counts as unsupported, and a false claim made of the passage's own words as
    supported. What declines is told by English phrases unless the owner adds others. Whether the right passages were
    retrieved is not looked at.
    """

    id = "language.grounding"
    title = "Grounding in passages"
    reference = "Adlakha et al. (2024), TACL 12, arXiv:2307.16877; Rajpurkar et al. (2016), EMNLP, arXiv:1606.05250"
    applies_when = "for answers in words (task generation)"
    needs = frozenset({"generation", Capability.TEXTS})
    handles = frozenset({"units"})
    definitions = DEFINITIONS
    conditions = frozenset()
    for_groups = frozenset(DEFINITIONS)
    touches = {
        "enough": ("supported_sentences", "unsupported_answers"),
        "function_words": ("supported_words", "supported_sentences", "unsupported_answers"),
        "articles": ("exact_match", "token_f1"),
    }
    level = "recorded"
    higher_level = "Answers on demand would show whether an answer follows its passages when one is taken away."

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Records with passages."""
        if self.contexts in data.asides or self.contexts in data.groups:
            return None
        return (
            f"needs passages beside each question, and there is no column {self.contexts!r}; name it with "
            'contexts = "…" under [checks."language.grounding"]'
        )

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Measurements overall and per group, controls, a figure."""
        from auditkit.plugins.language.grounding.findings import find

        return find(self, data, context, "recorded")
