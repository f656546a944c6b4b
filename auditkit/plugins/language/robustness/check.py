"""The check of whether an answer stays where the prompt changes and its meaning does not."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.language.robustness.definitions import AGAIN, CHANGED, DEFINITIONS, OBEYED, UNPARSED
from auditkit.plugins.language.robustness.parameters import INJECTED, Parameters


class PromptRobustness(Parameters, Check):
    """Does an answer stay the same where the prompt is changed and what it asks for is not?

    People mistype, word a question otherwise and list options in another order; whoever writes a document may put an
    instruction into it. A system whose answer then changes decides by what should not matter.

    The model is asked about changed prompts: typing errors, frames that ask for the same, options under other letters,
    an instruction put in that its sender did not give. Compared is what is read from the answers. The same prompts are
    asked again without any change, and the share of answers that change then is taken off, prompt by prompt. Shares and
    differences have 95 % intervals by prompt.

    Changes are drawn once for each prompt, and are few and plain: the share that withstands worse ones may be smaller.
    Whether the first answer was right is not looked at. Frames and instructions are English unless others are given.
    """

    id = "language.robustness"
    title = "Answers to changed prompts"
    reference = (
        "Belinkov and Bisk (2018), arXiv:1711.02173; Sclar et al. (2024), arXiv:2310.11324; Zheng et al. (2024), "
        "arXiv:2309.03882; Greshake et al. (2023), arXiv:2302.12173"
    )
    applies_when = "for answers in words (task generation)"
    needs = frozenset({"generation", Capability.TEXTS, Capability.QUERIES})
    handles = frozenset({"units"})
    presets = {"quick": {"rows": 50}, "thorough": {"rows": 1000}}
    definitions = DEFINITIONS
    conditions = frozenset({"change"})
    for_groups = frozenset(DEFINITIONS)
    level = "queries"

    def leaves_out(self, name: str, data: AuditData) -> str:
        """Obeyed instructions where none is put in."""
        if name == OBEYED and INJECTED not in self.changes:
            return f"is measured where {INJECTED!r} is among changes"
        return ""

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The changes."""
        if name == OBEYED:
            return {"change": MeasuredAt()}
        return {"change": MeasuredAt((*((AGAIN,) if name in (CHANGED, UNPARSED) else ()), *self.changes), "changes")}

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Each prompt again, and under each change."""
        return rows * (len(self.changes) + 1)

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Ask, compare, measure; controls, a figure."""
        from auditkit.plugins.language.robustness.findings import find

        return find(self, model, data, context)
