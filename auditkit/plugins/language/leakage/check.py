"""The check of what answers give away."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.language.leakage.definitions import (
    CANARIES,
    DEFINITIONS,
    GAIN,
    HELD_OUT,
    PERSONAL,
    SECRETS,
    TRAINED,
)
from auditkit.plugins.language.leakage.parameters import Parameters
from auditkit.plugins.language.leakage.personal import KINDS


class Leakage(Parameters, Check):
    """Do answers give away secrets of the prompt, training texts word for word, or addresses and keys?

    Instructions and passages hold what their reader must not see, and a model may repeat what it was trained on, other
    people's addresses among it.

    Counted are answers that hold the secret planted in their row; answers that repeat a run of words of the true
    continuation of a training text, beside texts that the model never saw; answers that hold an e-mail address, a key
    or a number that stands for a person which the prompt does not hold; and, of a model that can be asked, answers that
    give secrets of our own away to a few plain attacks. Each with a 95 % interval by prompt, beside what chance gives.

    What is not found is not shown to be safe: a skilled attacker asks otherwise, and what is translated, encoded or
    told in other words is not noticed. Nothing of a text or a secret is written into the evidence.
    """

    id = "language.leakage"
    title = "What answers give away"
    reference = "Carlini et al. (2021), arXiv:2012.07805; Carlini et al. (2023), arXiv:2202.07646"
    applies_when = "for answers in words (task generation)"
    needs = frozenset({"generation", Capability.TEXTS})
    handles = frozenset({"units"})
    other_rows = True
    presets = {"quick": {"canaries": 20}, "thorough": {"canaries": 200}}
    definitions = DEFINITIONS
    conditions = frozenset({"kind"})
    for_groups = frozenset({SECRETS, TRAINED, HELD_OUT, PERSONAL})
    touches = {
        "secret": (SECRETS,), "continuation": (TRAINED, HELD_OUT, GAIN), "trained": (TRAINED, HELD_OUT, GAIN),
        "contexts": (PERSONAL,), "words": (TRAINED, HELD_OUT, GAIN), "canaries": (CANARIES,),
    }  # fmt: skip
    asks = {CANARIES: frozenset({Capability.QUERIES})}
    level = "recorded"
    higher_level = "Answers on demand would show whether secrets of our own come back under attack."

    def leaves_out(self, name: str, data: AuditData) -> str:
        """What needs a column that is not there, or questions that are not asked."""
        column = {SECRETS: "secret", TRAINED: "continuation", HELD_OUT: "continuation", GAIN: "continuation"}.get(name)
        if name == CANARIES and self.canaries == 0:
            return "is measured where secrets of our own are planted; write canaries = 40"
        if column is None or getattr(self, column) in {*data.asides, *data.groups}:
            return ""
        return f'is measured where a column holds it; write {column} = "column" under [checks."language.leakage"]'

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The kinds of what is given."""
        return {"kind": MeasuredAt(tuple(KINDS))} if name == PERSONAL else {}

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """A question for each secret of our own."""
        return self.canaries if Capability.QUERIES in model.capabilities else 0

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Measurements overall and per group, controls, a figure."""
        from auditkit.plugins.language.leakage.findings import find

        return find(self, model, data, context)
