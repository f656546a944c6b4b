"""The check of whether several answers to one prompt agree."""

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.language.consistency.definitions import CLASS, DEFINITIONS, UNPARSED
from auditkit.plugins.language.consistency.parameters import Parameters


class ConsistencyOfAnswers(Parameters, Check):
    """Does the model answer the same where it is asked the same again?

    People with the same question should get the same answer. A model that draws its words by chance may tell one that
    a claim is covered and another that it is not; and what was measured of one answer then holds for no other.

    Answers to one prompt are compared in pairs: the same but for capitals and blanks, by their words in common, and by
    the class that they name where classes are given. Recorded answers are compared where a prompt has several; else a
    live model is asked again. Means over prompts for everyone and every group, with 95 % intervals by prompt.

    Two answers may mean the same in other words: the words in common say how near they are, and no measure here
    understands them. To agree is not to be right.
    """

    id = "language.consistency"
    title = "Consistency of answers"
    reference = "Rajpurkar et al. (2016), arXiv:1606.05250; Hoeffding (1948), Annals of Mathematical Statistics 19"
    applies_when = "for answers in words (task generation)"
    needs = frozenset({"generation"})
    handles = frozenset({"units"})
    presets = {"quick": {"repeats": 2, "prompts": 50}, "thorough": {"repeats": 9, "prompts": 1000}}
    definitions = DEFINITIONS
    conditions = frozenset()
    for_groups = frozenset(DEFINITIONS)
    touches = {"answers": (CLASS, UNPARSED)}
    level = "recorded"
    higher_level = "Answers on demand would show how often the same prompt gets another answer."

    def leaves_out(self, name: str, data: AuditData) -> str:
        """What needs classes, where none are given."""
        if name in (CLASS, UNPARSED) and not self.answers:
            return 'is measured where classes are given; write answers = { yes = ["yes"], no = ["no"] } for this check'
        return ""

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """The prompts that are asked again, as often as they are."""
        from auditkit.plugins.language.consistency.repeats import planned

        return planned(self, data) if Capability.QUERIES in model.capabilities else 0

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Measurements overall and per group, controls, a figure."""
        from auditkit.plugins.language.consistency.findings import find

        return find(self, model, data, context)
