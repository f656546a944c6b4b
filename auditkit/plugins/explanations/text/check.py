"""The check `explanations.text`."""

from collections.abc import Mapping
from typing import Any, ClassVar

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.explanations.text.definitions import DEFINITIONS
from auditkit.plugins.explanations.text.parameters import TextParameters
from auditkit.results import Definition


class Text(TextParameters, Check):
    """Which words or sentences of a text move the model's output, and does the output follow when they go?

    Shows whether a decision about a text rests on what it says, or on names, greetings and signs that stand for
    something else. Asks for answers alone, so that any model of raw texts can be explained.

    Shapley values of a game: parts enter an empty text one after the other, in random orders and their reverses.
    Parts are words; of texts with more words than questions allow, sentences, or runs of words. Each distinct text is
    asked about once, and counted. Deletion and insertion curves in the order of the attributions are drawn beside
    those of random orders.

    Texts with gaps are no language, and a model may answer them in its own way. Words are listed only where enough
    texts hold them; single texts are shown with --include-rows alone.
    """

    id: ClassVar[str] = "explanations.text"
    title: ClassVar[str] = "Words that move the output"
    reference: ClassVar[str] = (
        "Lundberg, Lee 2017, arXiv:1705.07874; Mayer, Wüthrich 2025, arXiv:2508.12947; "
        "Petsiuk, Das, Saenko 2018, arXiv:1806.07421"
    )
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "text"})
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"rows": 10, "questions": 200},
        "standard": {"rows": 20},
        "thorough": {"rows": 200},
    }
    definitions: ClassVar[Mapping[str, Definition]] = DEFINITIONS
    conditions: ClassVar[frozenset[str]] = frozenset({"word"})
    for_groups: ClassVar[frozenset[str]] = frozenset()

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Lists of texts; log-odds of probabilities alone."""
        if not isinstance(data.inputs, list):
            return "texts must be a list of str"
        if self.unit == "log-odds" and Capability.PROBABILITIES not in model.capabilities:
            return "unit must be 'output' for a model that gives no probabilities; 'log-odds' was given"
        return None

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """As many as `questions` allows for each text; most texts need fewer."""
        return rows * self.questions

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Cut, explain, and try the attributions on the model itself."""
        from auditkit.plugins.explanations.text.findings import find

        return find(self, model, data, context)
