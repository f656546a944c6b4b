"""`robustness.evasion`: how often a small change of the input makes the model wrong."""

from typing import ClassVar

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.errors import Mend, Refusal
from auditkit.models import Model
from auditkit.plugins.robustness.attackability import PROBED, REPEATS, may_change, way, with_codes
from auditkit.plugins.robustness.evasion.definitions import CARLINI, CHEN, CROCE, DEFINITIONS, MADRY
from auditkit.plugins.robustness.evasion.parameters import SCALED, Parameters
from auditkit.results import of_everyone

NORM = 'checks."robustness.evasion".norm'


class Evasion(Parameters, Check):
    """How little must an input change before the model is wrong about it?

    A model that changes its decision over a difference that nobody would notice can be steered by whoever controls the
    input. The number is the share of rows that are decided rightly and stay so under the worst change found, for each
    size of change (epsilon).

    Differentiable models that take arrays are attacked along their gradients by several attacks, epsilons upward, and a
    row counts as broken where any attack broke it; the model is asked again about every counted point, which must be
    finite, in range and within epsilon, a share of the data's range. Where the output hides how near another decision
    is, the last layer that shows it is attacked. Where there is no gradient to follow, the model is asked for
    decisions, and what breaks a network fitted to its answers is tried on it; the report says so. Any other model of a
    table is attacked with HopSkipJump, which asks for decisions only: numeric features alone move, whole numbers stay
    whole, categories, sensitive attributes and immutable features are held. Norm "L2 scaled": the Euclidean distance
    with each feature in units of its range from the 1st to the 99th percentile; with gradients Linf, L2 or L1. A norm
    that is asked for and that the model cannot be attacked in is refused. Rows that are wrong without any attack count
    as wrong. Token ids are not attacked: a distance between them means nothing.

    An attack can only show that a model is not robust: robust accuracy is an upper bound. Changes of categories and of
    text are not tried.
    """

    id: ClassVar[str] = "robustness.evasion"
    title: ClassVar[str] = "Evasion"
    reference: ClassVar[str] = f"{MADRY}; {CROCE}; {CHEN}; {CARLINI}"
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "labels", "binary", "multiclass"})
    presets = {
        "quick": {"rows": 40, "steps": 20, "max_queries": 1000, "square_queries": 100, "trial_rows": 20},
        "standard": {"rows": 150, "steps": 40, "max_queries": 1000, "square_queries": 500, "trial_rows": 40},
        "thorough": {
            "rows": 500, "steps": 100, "max_queries": 2500, "square_queries": 5000, "trial_rows": 100,
            "attack": "standard",
        },
    }  # fmt: skip
    higher_level: ClassVar[str] = "With gradients, a table is attacked by them too, which finds closer changes."
    definitions = of_everyone(DEFINITIONS)
    conditions: ClassVar[frozenset[str]] = frozenset({"epsilon", "norm"})
    for_groups: ClassVar[frozenset[str]] = frozenset({"robust_accuracy"})

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Why neither attack fits, or none answers in the norm that was asked for; None where one does."""
        chosen = way(model, data)
        if chosen == "gradient" and self.norm == SCALED:
            why = f'norm = "{SCALED}" is for models asked for decisions alone; this one gives gradients: Linf, L2 or L1'
            return Refusal(why, tuple(Mend(NORM, norm) for norm in ("Linf", "L2", "L1")))
        if chosen == "boundary" and self.norm not in (None, SCALED):
            why = (
                f'norm = "{self.norm}" needs a model that gives gradients and eats the inputs as they are; this one is '
                "asked for decisions"
            )
            return Refusal(why, (Mend(NORM, SCALED),))
        for name, offer in self.offers("attack").items():
            if chosen == "boundary":
                return f"the attack {name!r} follows gradients, and this model is asked for decisions alone"
            if chosen == "gradient" and self.distance not in offer.value.norms:
                norms = " or ".join(offer.value.norms)
                why = f"the attack {name!r} searches in the norm {norms}; norm = {self.distance!r} is asked for"
                return Refusal(why, tuple(Mend(NORM, norm) for norm in offer.value.norms))
        return None if chosen in ("gradient", "boundary") else chosen

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The sizes of change of robust accuracy, and the norms."""
        norms = MeasuredAt((self.norm,) if self.norm else ("Linf", SCALED), "norm", several=False)
        if not name.startswith("robust_accuracy"):
            return {"epsilon": MeasuredAt(), "norm": norms if name == "median_distance" else MeasuredAt()}
        at_groups = MeasuredAt((self.middle,), "group_epsilon", several=False)
        return {"epsilon": at_groups if groups else MeasuredAt(self.grid, "epsilons"), "norm": norms}

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """At most so many rows, where every row withstands: with gradients those of every sweep, search and trial.

        By decisions alone rows times queries, once more for the rows of the trial, and the random changes.
        """
        asked_again = (REPEATS + 1) * min(rows, PROBED)
        if way(model, data) == "gradient":
            from auditkit.plugins.robustness.evasion.cost import at_most  # imports torch, as the model did

            return at_most(self, model, data, rows) + asked_again
        queries = self.queries_of(int(may_change(with_codes(model, data)).sum()))
        searched = (rows + min(rows, 2 * self.trial_rows)) * queries
        return searched + rows * len(self.grid) * self.black_draws + asked_again

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Attack, and count what withstood."""
        from auditkit.plugins.robustness.evasion.findings import find

        return find(self, model, with_codes(model, data), context)
