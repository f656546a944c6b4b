"""The check of attacks by name."""

import numpy as np

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.robustness.attackability import with_codes
from auditkit.plugins.robustness.library_attacks.definitions import DEFINITIONS, NICOLAE
from auditkit.plugins.robustness.library_attacks.parameters import Parameters
from auditkit.plugins.robustness.noise_space import noise_space_of, unfit
from auditkit.results import of_everyone


class LibraryAttacks(Parameters, Check):
    """What do the attacks of the Adversarial Robustness Toolbox find that you name?

    Someone may ask for a certain published attack by its name, or an attack of another family than our own may find
    what ours miss. This check runs the toolbox's attacks and verifies what each of them reports.

    Each row that is decided rightly is attacked on its own, with its true label, within a budget of queries. Every
    point that the attack asks about is first restricted to what may change: groups, categories and immutable features
    stay, whole numbers stay whole, ranges hold. All points with a wrong answer are kept, not only the one returned. The
    model is asked again about the closest, and auditkit measures the distance. Rows that are wrong without an attack
    count as wrong. Epsilon is in units of the data's range. Networks are attacked through logits of the usual size,
    other models through their answers, decision trees of scikit-learn also through their structure. Each attack is
    tried on a boundary at a known distance with the same options and budget.

    An attack shows only what it found. Rows with missing values are left out. An attack that fails is named with its
    error, and the others count.
    """

    id = "robustness.library"
    title = "Attacks by name"
    applies_when = "for attacks asked for by name, which are slower than those of robustness.evasion: name it"
    reference = NICOLAE
    needs = frozenset({Capability.QUERIES, "labels", "binary", "multiclass"})
    requires = (("art", "art"),)
    presets = {
        "quick": {"rows": 10, "max_queries": 300},
        "standard": {"rows": 30, "max_queries": 1000},
        "thorough": {"rows": 100, "max_queries": 4000},
    }
    definitions = of_everyone(DEFINITIONS)
    conditions = frozenset({"attack", "epsilon", "norm"})
    for_groups = frozenset()
    higher_level = "With gradients, attacks that follow them can be named too."

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Why no number can be changed; None where one can."""
        why = unfit(model, data)
        if why is None and np.isnan(noise_space_of(data).rows).any(axis=1).all():
            return "needs a row without a missing value: an attack cannot step away from one"
        return why

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The sizes of change, the norm, and the attacks that are named."""
        sized = name in ("robust_accuracy", "attack_robust_accuracy")
        return {
            "epsilon": MeasuredAt(self.epsilons, "epsilons") if sized else MeasuredAt(),
            "norm": MeasuredAt((self.norm,), "norm", several=False),
            **({"attack": MeasuredAt(self.attacks, "attacks")} if self.attacks else {}),
        }

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Every attack's budget for each row."""
        return rows * self.max_queries * max(1, len(self.attacks) or 4)

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Run the attacks, and count what withstood."""
        from auditkit.plugins.robustness.library_attacks.findings import find

        return find(self, model, with_codes(model, data), context)
