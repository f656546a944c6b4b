"""The check of certificates."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.robustness.attackability import eats_as_is, with_codes
from auditkit.plugins.robustness.certificates.definitions import COHEN, DEFINITIONS, GOWAL
from auditkit.plugins.robustness.certificates.parameters import Parameters
from auditkit.plugins.robustness.noise_space import unfit
from auditkit.results import of_everyone


class Certificates(Parameters, Check):
    """How much change is proven, not just not found, to leave the decision as it is?

    An attack that finds nothing shows only that this attack found nothing. A certificate is a proof: within the radius
    no change makes another decision, whoever looks for it. Accuracy under attack bounds robustness from above,
    certified accuracy bounds it from below, and the truth lies between.

    Two proofs. Randomised smoothing, for any model that answers questions: noise is added to many copies of an input,
    the majority decides, and from a lower bound of its share follows a Euclidean radius. The bound is a confidence
    sequence, which holds however often it is looked at, so a row is sampled only until its place on the curve is
    decided; alpha is the chance that any certificate of any row is wrong, shared equally among the rows. Interval
    bounds, for small torch networks of common layers: the box of all changes is sent through the layers, and a row
    counts where the right class stays ahead at the box's worst. Each is tried: by attacks within what was certified, by
    linear models whose radius is known, and by comparing what was read of the network with the network.

    Smoothing certifies the smoothed model, which decides by vote and answers many times slower, not the model as it is
    used now. Interval bounds are about the model itself but loose: that little is proven does not mean that the model
    is weak. They are computed in 64-bit numbers and leave out the rounding of the model's own 32-bit arithmetic. Both
    are about small changes of numbers, not about rotations, other words or other people.
    """

    id = "robustness.certificates"
    title = "Certificates"
    reference = f"{COHEN}; {GOWAL}"
    needs = frozenset({Capability.QUERIES, "labels", "binary", "multiclass"})
    presets = {
        "quick": {"rows": 40, "samples": 1000},
        "standard": {"rows": 100, "samples": 2000},
        "thorough": {"rows": 400, "samples": 20000},
    }
    definitions = of_everyone(DEFINITIONS)
    conditions = frozenset({"epsilon", "norm", "radius", "sigma"})
    for_groups = frozenset({"smoothed_certified_accuracy"})
    higher_level = "With the network itself, interval bounds are about the model as it is used, without noise."

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Why no noise can be added to these inputs; None where it can."""
        return unfit(model, data)

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The radii of noisy copies, the changes of the model itself, and the noise."""
        if name in ("certified_accuracy", "attacked_accuracy"):
            return {"epsilon": MeasuredAt(self.epsilons, "epsilons"), "norm": MeasuredAt(("Linf",))}
        sigma = MeasuredAt((self.sigma,), "sigma", several=False)
        if name != "smoothed_certified_accuracy":
            return {"radius": MeasuredAt(), "sigma": sigma if name == "abstentions" else MeasuredAt()}
        at_groups = MeasuredAt((self.group_radius,), "group_radius", several=False)
        return {"radius": at_groups if groups else MeasuredAt((0.0, *self.radii), "radii"), "sigma": sigma}

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Every copy of every row, where none is decided early, and the attacks on what was certified."""
        from auditkit.plugins.robustness.certificates.proofs import COPIES, TRIED

        tried = min(rows, TRIED)
        calls = rows * (self.samples + self.selection) + tried * COPIES
        if not eats_as_is(model, data):
            return calls
        from auditkit.plugins.robustness.certificates.tensors import COPIES_CLIMBED  # imports torch, as the model did

        beside = 4 + len(self.epsilons) * (2 * self.steps + 3)  # two climbs for each epsilon, and decisions as they are
        return calls + tried * self.steps * COPIES_CLIMBED + rows * beside

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Certify by both ways, and try the certificates."""
        from auditkit.plugins.robustness.certificates.findings import find

        return find(self, model, with_codes(model, data), context)
