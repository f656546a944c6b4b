"""The check of changes to tables."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.robustness.attackability import with_codes, word_numbers
from auditkit.plugins.robustness.changes.definitions import BALLET, DEFINITIONS, USTUN, WACHTER
from auditkit.plugins.robustness.changes.moves import MOST, features_of, movable
from auditkit.plugins.robustness.changes.parameters import Parameters
from auditkit.plugins.robustness.token_places import token_places
from auditkit.results import of_everyone


class Changes(Parameters, Check):
    """How few realistic changes of a person's details flip the decision?

    A decision that depends on one detail is easily gamed, easily lost by a clerical error, and hard to defend. This
    check changes the details of real rows as a person or a clerk could, and says how much it takes until the model
    decides otherwise, for everyone and for each group.

    Sensitive attributes and features declared immutable stay; whole numbers stay whole; categories and identifiers are
    among those observed; ranges and the implications that the owner declares hold. A number moved through its range
    (1st to 99th percentile) costs 1, a changed category costs 1, unless the owner sets other costs. Of sequences of ids
    (tokens) another id of the data is put in a place, which costs one part in as many as there are places. First every
    change of one feature is tried, over observed values and small steps up and down: exact for these values. Then up to
    `depth` features are changed within a budget of questions for each row, the most promising combinations first, by
    the scores if there are any. The model is asked again about every change found, and each change is checked against
    every rule. Shares have Wilson's interval, differences between groups a simultaneous one and a permutation test with
    Holm's correction.

    A search only finds that a decision can be flipped: the share that withstands is an upper bound where several
    features are changed. A missing value is neither filled nor made. Whether a change is realistic beyond the declared
    rules is not known, nor whether a flip is wrong: some details ought to decide.
    """

    id = "robustness.changes"
    title = "Realistic changes"
    reference = f"{WACHTER}; {USTUN}; {BALLET}"
    needs = frozenset({"table", "sequence", "queries", "binary", "multiclass"})
    presets = {
        "quick": {"rows": 80, "depth": 2, "max_queries": 100, "grid": 15},
        "standard": {"rows": 250, "depth": 3, "max_queries": 300, "grid": 20},
        "thorough": {"rows": 1000, "depth": 4, "max_queries": 1200, "grid": 40},
    }
    definitions = of_everyone(DEFINITIONS)
    conditions = frozenset({"cost"})
    for_groups = frozenset({"withstanding_share", "single_flip_share", "flip_toward", "flip_away"})
    higher_level = "With gradients, changes of many numbers at once would be found sooner."

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Why there is nothing to change; None where there is."""
        if data.tokens:
            return None if token_places(data).free.any() else "needs a place where another id may stand"
        if data.modality == "sequence":
            return "needs details that can be changed one by one: a table, or ids (tokens) as whole numbers (N, T)"
        if not hasattr(data.inputs, "columns") and len(getattr(data.inputs, "shape", ())) != 2:
            return "needs a table or an array (N, D)"
        if not movable(data):
            return "needs a feature that may change; every one is a group, free text or declared immutable"
        if word_numbers(model, data):
            return (
                "needs inputs between which a distance means something; these are ids of a vocabulary (tokens): give "
                'them as whole numbers with modality = "sequence"'
            )
        return None

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The costs up to which flips are counted, and the one at which groups are compared."""
        if name in ("median_flip_cost", "queries"):
            return {"cost": MeasuredAt()}
        at_groups = MeasuredAt((self.group_cost,), "group_cost", several=False)
        return {"cost": at_groups if groups else MeasuredAt(self.within, "within")}

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Every value of every feature once, the budget for several, and the controls that ask the model."""
        data = with_codes(model, data)
        schema = features_of(data)
        slots = sum(
            self.grid + (0 if data.tokens else 2 * len(self.within))
            if data.tokens or schema[column].numeric
            else min(MOST, len(schema[column].coded))
            for column in movable(data)
        )
        return rows * (slots + self.max_queries + self.draws + 3)

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Change one feature, then several; controls, figures and one table."""
        from auditkit.plugins.robustness.changes.findings import find

        return find(self, model, with_codes(model, data), context)
