"""The check of individual fairness."""

import numpy as np

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.individual.definitions import DEFINITIONS, KUSNER, ROWS, ZEMEL
from auditkit.plugins.fairness.individual.parameters import Parameters


class IndividualFairness(Parameters, Check):
    """Are similar people decided alike, and would the same person be decided otherwise with another sex or race?

    Group rates can be equal while each decision is arbitrary, or depends on the sensitive attribute alone. This check
    looks at single rows: at each row's most similar others, and at the row itself with one attribute changed.

    Consistency is the share of a row's nearest others that got the same decision. Numbers are standardised, different
    categories count as one standard deviation, sensitive attributes do not count. The same row is a neighbour of many,
    so the interval comes from the jackknife, which leaves out every row in turn and is on average not too narrow. The
    flip test asks the model about real rows in which only the sensitive attribute is changed, to the value of a real
    row of the other group, and counts the decisions that change, toward the positive one and away from it.

    A distance that counts all features alike is a choice, and another gives other numbers. In the flip test all other
    features stay as they are: a model that uses a proxy passes it. An attribute that is not among the inputs cannot be
    changed, and is reported as such.
    """

    id = "fairness.individual"
    title = "Individual fairness"
    reference = f"{ZEMEL}; {ROWS}; {KUSNER}"
    needs = frozenset({"table", "groups", "binary", "multiclass"})
    presets = {"quick": {"rows": 1000}, "thorough": {"rows": 20_000}}
    definitions = DEFINITIONS
    conditions = frozenset({"to"})
    for_groups = frozenset({"consistency", "flip_rate", "flip_toward", "flip_away"})
    over_groups = frozenset({"flip_rate"})
    higher_level = "Answers on demand would show whether a decision changes when only the sensitive attribute does."

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Each row once for every other value of each attribute that the model sees, and a sample of them again."""
        if Capability.QUERIES not in model.capabilities:
            return 0
        return sum(
            rows * (min(self.values, len(np.unique(data.groups[seen_group])))) for seen_group in data.seen_groups
        )

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Compare with neighbours; change the attributes."""
        from auditkit.plugins.fairness.individual.findings import find

        return find(self, model, data, context)
