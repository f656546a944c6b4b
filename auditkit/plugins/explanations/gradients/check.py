"""The check `explanations.gradients`."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.errors import AuditkitError, Mend, Refusal
from auditkit.models import Model
from auditkit.plugins.explanations.gradients.parameters import TRIED, GradientParameters
from auditkit.plugins.explanations.shared.influence import DEFINITIONS
from auditkit.results import Definition, of_everyone

NO_GRADIENTS = (
    "the model's output has no gradients by its inputs: it makes whole numbers of them (positions in an embedding), or "
    "leaves torch's graph"
)


class Gradients(GradientParameters, Check):
    """Which inputs move a differentiable model's output, and does the attribution follow the model?

    Shows what a network's decisions rest on: the features of a table, or how concentrated its attention to an image is.

    Integrated gradients (captum) of the predicted class's output along the straight path from a baseline, with as many
    steps as each row needs. For tables, attributions of encoded columns are summed over the original column that
    decides them, which is exact because integrated gradients add up. Tried by completeness, by repetition, against
    gradient times distance, under small changes, and against copies of the network with random parameters.

    The answer depends on the baseline, and the path leads through inputs that do not occur. All rows have the
    same weight.
    """

    id: ClassVar[str] = "explanations.gradients"
    title: ClassVar[str] = "Gradient attribution"
    reference: ClassVar[str] = (
        "Sundararajan, Taly, Yan 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365; "
        "Adebayo et al. 2018, Sanity Checks for Saliency Maps, arXiv:1810.03292"
    )
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "gradients", "table", "image", "sequence"})
    requires: ClassVar[tuple[tuple[str, str], ...]] = (("torch", "torch"), ("captum.attr", "captum"))
    level: ClassVar[Literal["model"]] = "model"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"rows": 30, "background": 50, "steps": 20, "copies": 3},
        "standard": {"rows": 100, "background": 100, "steps": 50},
        "thorough": {"rows": 300, "background": 200, "steps": 200, "copies": 10},
    }
    definitions: ClassVar[Mapping[str, Definition]] = of_everyone({
        **DEFINITIONS,
        "completeness_gap": Definition(
            title="Completeness gap (median)",
            formula="median over rows of |sum of attributions - (f(x) - f(baseline))| / |f(x) - f(baseline)|, the "
            "denominator at least a tenth of its own median",
            range="0 or more",
            direction="lower",
            unit="share",
            reference="Sundararajan, Taly, Yan 2017, arXiv:1703.01365, proposition 1",
        ),
        "largest_completeness_gap": Definition(
            title="Completeness gap (largest)",
            formula="the largest over rows of the completeness gap",
            range="0 or more",
            direction="lower",
            unit="share",
            reference="Sundararajan, Taly, Yan 2017, arXiv:1703.01365, proposition 1",
        ),
        "top_decile_share": Definition(
            title="Attribution in the strongest tenth",
            formula="mean over rows of: sum of |attribution| over the strongest tenth of positions / sum over all",
            range="0.1 (spread evenly) to 1",
            unit="share",
            pitfalls="Says how concentrated the attribution is, not whether it is on the right place.",
        ),
        "method_agreement": Definition(
            title="Agreement with gradient times distance",
            formula="mean over rows of the share of the strongest positions (5, or a tenth where that is more, at most "
            "half) that integrated gradients and gradient times (x - baseline) have in common",
            range="0 to 1",
            direction="higher",
            unit="share",
            reference="Krishna et al. 2022, The Disagreement Problem, arXiv:2202.01602",
            pitfalls="With few features much agreement is chance.",
        ),
        "sensitivity": Definition(
            title="Sensitivity of the attribution",
            formula="mean over rows of the largest |change of attributions| / |attributions| (Euclidean) over 3 random "
            "changes of the encoded input, uniform within the radius times the range of the inputs",
            range="0 or more",
            direction="lower",
            unit="ratio",
            reference="Yeh et al. 2019, arXiv:1901.09392",
        ),
    })  # fmt: skip

    conditions: ClassVar[frozenset[str]] = frozenset({"feature", "predicted"})
    for_groups: ClassVar[frozenset[str]] = frozenset()

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Whole numbers that pick embeddings have no gradients, and only pictures can be blurred."""
        if self.baseline == "blurred" and data.modality != "image":
            mends = (Mend(f'checks."{self.id}".baseline', baseline) for baseline in ("mean", "zeros"))
            return Refusal("the baseline 'blurred' is for images", tuple(mends))
        try:
            # two rows show the type of the encoding, and cost next to nothing
            encoded = model.encode(data.take(np.arange(min(2, len(data)))).inputs)
        except AuditkitError as error:
            return str(error)
        if not encoded.dtype.is_floating_point:
            return "the model takes whole numbers (positions in an embedding), which have no gradients"
        return None if _has_gradients(model, encoded) else NO_GRADIENTS

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Points on the paths of the rows and of the trials; rows that need more steps come on top."""
        return (self.steps + 3) * (rows + min(TRIED, rows) * (4 + self.copies))

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Attribute, sum up for tables or look at the concentration for the rest, and try the attributions."""
        from auditkit.plugins.explanations.gradients.findings import find  # imports torch, as the model did

        return find(self, model, data, context)


def _has_gradients(model: Model, encoded: Any) -> bool:
    """Whether the model's output has gradients by its inputs, as far as it can be asked."""
    from auditkit.plugins.explanations.gradients.integrated import has_gradients  # imports torch, as the model did

    try:
        with model.module() as module:
            return has_gradients(module, encoded)
    except Exception:  # foreign code: what it raises is the error of the check, which asks it again
        return True
