"""The check of which passages or sentences carry an answer."""

from typing import ClassVar

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.explanations.leave_out.definitions import AT, BEFORE, DEFINITIONS, RIGHT
from auditkit.plugins.explanations.leave_out.parameters import Parameters
from auditkit.results import Definition


class LeaveOut(Parameters, Check):
    """Which passages or sentences of its prompt carry an answer, and does the answer change when they go?

    An answer that names a passage need not come from it: a model may answer from memory, from the first passage
    whatever it says, or from a sentence that stands there by accident.

    Passages that stand in the prompt word for word are left out, else its sentences. What counts is how many words the
    answer then shares with the answer to the whole prompt. Where the questions allow every coalition of parts, a part
    gets its Shapley value; else what its absence alone takes away. The same prompt is asked again as a control, and
    intervals go by prompt.

    Words are compared, so the same answer in other words counts as another. A prompt with gaps is one that nobody
    sends. Log-probabilities of an answer, which would be finer, are not asked for. Single prompts are not shown.
    """

    id: ClassVar[str] = "explanations.leave_out"
    title: ClassVar[str] = "Passages that carry an answer"
    reference: ClassVar[str] = "Cohen-Wang et al. (2024), arXiv:2409.00729; Shapley (1953)"
    applies_when: ClassVar[str] = "for answers in words (task generation)"
    needs: ClassVar[frozenset[str]] = frozenset({"generation", Capability.TEXTS, Capability.QUERIES})
    handles: ClassVar[frozenset[str]] = frozenset({"units"})
    presets = {"quick": {"rows": 15, "questions": 32}, "thorough": {"rows": 200, "questions": 256}}
    definitions: ClassVar[dict[str, Definition]] = DEFINITIONS
    conditions: ClassVar[frozenset[str]] = frozenset({"place"})
    for_groups: ClassVar[frozenset[str]] = frozenset()
    touches = {"right": (RIGHT,), "joint": tuple(name for name in DEFINITIONS if name != BEFORE)}
    level = "queries"
    higher_level: ClassVar[str] = "Log-probabilities of the answer would show changes that leave its words as they are."

    def leaves_out(self, name: str, data: AuditData) -> str:
        """The right passage where nobody says which it is."""
        if name == RIGHT and not self.right:
            return 'is measured where a column says which passage holds the answer; write right = "column"'
        return ""

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """Places, of which there are as many as prompts have parts."""
        return {} if name == AT else {"place": MeasuredAt()}

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """As many as `questions` allows for each answer, and each prompt again; most need fewer."""
        return rows * (self.questions + 1)

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Leave out, ask, compare; controls, a figure."""
        from auditkit.plugins.explanations.leave_out.findings import find

        return find(self, model, data, context)
