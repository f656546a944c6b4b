"""The check of how often the model declines to answer."""

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.language.refusal.definitions import DEFINITIONS, FALSE_ALARMS, GAP, MISSED, NOTHING, SHARE
from auditkit.plugins.language.refusal.parameters import Parameters


class Refusals(Parameters, Check):
    """How often does the model decline to answer, and more often for the prompts of one group than of another?

    An assistant that declines is of no use to whoever asked, and one that declines more often where a question is in a
    dialect, or about a religion, serves people unequally. One that never declines answers what it should not.

    Answers whose first two sentences hold one of a list of phrases count as refusals. The share of them, the share of
    prompts that got no words at all, and the widest difference between groups of prompts, with 95 % intervals by
    prompt. Where a column says which answers are refusals, the phrases are held against it.

    The phrases are English unless the owner adds others. They miss refusals in other words. Whether a refusal was right
    is not looked at, and groups may hold prompts that ask for other things.
    """

    id = "language.refusal"
    title = "Refusals"
    reference = "Röttger et al. (2024), XSTest, arXiv:2308.01263; Wilson (1927), JASA 22"
    applies_when = "for answers in words (task generation)"
    needs = frozenset({"generation"})
    handles = frozenset({"units"})
    presets = {"quick": {"trials": 50}, "thorough": {"trials": 1000}}
    definitions = DEFINITIONS
    conditions = frozenset()
    for_groups = frozenset({SHARE, NOTHING})
    touches = {"labelled": (FALSE_ALARMS, MISSED), "trials": ()}
    level = "recorded"
    higher_level = (
        "Answers on demand would show whether a refusal goes away when only the group in a prompt is changed."
    )

    def leaves_out(self, name: str, data: AuditData) -> str:
        """The rates of the phrases where no answer is labelled, and gaps where there are no groups."""
        if name in (FALSE_ALARMS, MISSED) and self.labelled is None:
            return 'is measured where answers are labelled; write labelled = "column" under [checks."language.refusal"]'
        if name.startswith(GAP) and not data.groups:
            return "is measured where there are groups of prompts; name their columns under [data] groups"
        return ""

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Measurements overall and per group, controls, a figure."""
        from auditkit.plugins.language.refusal.findings import find

        return find(self, data, context, "recorded")
