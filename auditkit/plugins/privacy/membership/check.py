"""`privacy.membership`: whether the model's answers tell who was in the training data."""

from typing import ClassVar, Literal

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.errors import Mend, Refusal
from auditkit.models import Model
from auditkit.plugins.privacy.membership.boundary import may_change
from auditkit.plugins.privacy.membership.copies import copier
from auditkit.plugins.privacy.membership.definitions import CARLINI, DAS, DEFINITIONS, YEOM, ZARIFZADEH
from auditkit.plugins.privacy.membership.parameters import BOUNDARY, FEWEST, Parameters
from auditkit.plugins.privacy.membership.pool import NoCopy
from auditkit.results import of_everyone

UNCHANGED = "the boundary distance is measured in numbers, and the inputs hold none"
ATTACK, COPIES = (f'checks."privacy.membership".{name}' for name in ("attack", "reference_models"))


class Membership(Parameters, Check):
    """Do the model's answers reveal who was in the training data?

    That somebody was in a data set can itself be a secret (patients, debtors), and a model that gives members away
    usually gives away more. The headline is how many members are found when hardly anyone is wrongly accused.

    Members are rows of the training split, non-members the audit data; rows that occur twice in all of it are left out
    first. Copies of the model are fitted to half of the training rows each: for every row there are copies that never
    saw it, and what they make of it is taken off what the model makes of it, by RMIA unless another attack is asked
    for. Where no copy can be fitted, whoever has a small loss is called a member; of a model that gives decisions
    alone, whoever is decided rightly, or is far from the decision boundary (boundary distance). Half of the non-members
    set the threshold for the other half, at the lowest false positive rate that ten of them stand for. Training rows
    that are far from all others, or whose label contradicts their neighbours', can only be memorised: there the model
    is compared with copies that were fitted without them, on rows that it was trained on and on others. As controls, a
    classifier that never sees the model tries to distinguish members from non-members, and the attack by loss is run on
    models that were not trained on the row.

    That an attack fails does not mean that none succeeds. Where members and non-members differ in more than being
    members and no copy can be fitted, the attack is inconclusive. Copies are fitted to fewer rows than the model was,
    and to rows that are the members' neighbours: what it learnt of a group, and not of a row, is taken off, too.
    """

    id: ClassVar[str] = "privacy.membership"
    title: ClassVar[str] = "Membership inference"
    reference: ClassVar[str] = f"{YEOM}; {CARLINI}; {ZARIFZADEH}; {DAS}"
    needs: ClassVar[frozenset[str]] = frozenset({"labels", "train", "queries", "binary", "multiclass"})
    handles: ClassVar[frozenset[str]] = frozenset({"units"})
    presets = {
        "quick": {"rows": 1000, "reference_models": 2, "reference_rows": 5000},
        "standard": {"rows": 4000, "reference_models": 4, "reference_rows": 20_000},
        "thorough": {"rows": 20_000, "reference_models": 16, "reference_rows": 50_000},
    }  # fmt: skip
    level: ClassVar[Literal["training"]] = "training"
    conditions: ClassVar[frozenset[str]] = frozenset({"attack", "false_positive_rate", "rows", "side"})
    for_groups: ClassVar[frozenset[str]] = frozenset({"auc", "true_positive_rate"})
    higher_level: ClassVar[str] = (
        "With copies of the model that are fitted to other rows, a stronger attack would show how much more is found."
    )
    definitions = of_everyone(DEFINITIONS)

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Why the attack that was asked for cannot be made; None where it can."""
        if self.attack == BOUNDARY:
            return None if may_change(data) else Refusal(UNCHANGED, [Mend(ATTACK, "auto")])
        fewest = FEWEST.get(self.attack, 0)
        if not fewest:
            return None
        if self.reference_models < fewest:
            why = f"the attack {self.attack!r} needs {fewest} copies of the model at least, and is given"
            return Refusal(f"{why} reference_models = {self.reference_models}", [Mend(COPIES, fewest)])
        try:
            copier(model, self)
        except NoCopy as why_not:
            why = f"the attack {self.attack!r} needs copies of the model, and none can be fitted: {why_not}"
            return Refusal(why, [Mend(ATTACK, "auto")])
        return None

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """The members, the odd ones among the training rows, and the questions of the attack."""
        members = len(data.train or ())
        asked = 2 * min(self.boundary_rows, rows, members) * self.boundary_queries if self.attack == BOUNDARY else 0
        return min(rows, members) + min(self.neighbours, members) // 10 + asked

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Attack, try the attack, look at the odd rows."""
        from auditkit.plugins.privacy.membership.findings import find

        return find(self, model, data, context)
