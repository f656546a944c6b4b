"""`privacy.membership`: whether the model's answers tell who was in the training data."""

from typing import ClassVar, Literal

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.privacy.membership.definitions import CARLINI, DAS, DEFINITIONS, YEOM
from auditkit.plugins.privacy.membership.parameters import Parameters
from auditkit.results import of_everyone


class Membership(Parameters, Check):
    """Do the model's answers reveal who was in the training data?

    That somebody was in a data set can itself be a secret (patients, debtors), and a model that gives members away
    usually gives away more. The headline is how many members are found when hardly anyone is wrongly accused.

    Whoever has a small loss is called a member; members are rows of the training split, non-members the audit data, and
    rows that occur twice in all of it are left out first. Training rows that are far from all others, or whose label
    contradicts their neighbours', can only be memorised: there the model is compared with a reference model that was
    fitted without them. As controls, a classifier that never sees the model tries to distinguish members from
    non-members, and the attack is run on a model that was trained on neither.

    The attack is the simplest of its kind: that it fails does not mean that no attack succeeds. A stronger one trains
    shadow models.
    """

    id: ClassVar[str] = "privacy.membership"
    title: ClassVar[str] = "Membership inference"
    reference: ClassVar[str] = f"{YEOM}; {CARLINI}; {DAS}"
    needs: ClassVar[frozenset[str]] = frozenset({"labels", "train", "probabilities", "binary", "multiclass"})
    presets = {"quick": {"rows": 1000}, "standard": {"rows": 4000}, "thorough": {"rows": 20000}}
    level: ClassVar[Literal["training"]] = "training"
    conditions: ClassVar[frozenset[str]] = frozenset({"false_positive_rate", "rows"})
    for_groups: ClassVar[frozenset[str]] = frozenset({"auc"})
    higher_level: ClassVar[str] = "With the training loop, shadow models would show how much a stronger attack finds."
    definitions = of_everyone(DEFINITIONS)

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """The members, and the odd ones among the training rows."""
        return min(rows, len(data.train or ())) + min(self.neighbours, len(data.train or ())) // 10

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Attack, try the attack, look at the odd rows."""
        from auditkit.plugins.privacy.membership.findings import find

        return find(self, model, data, context)
