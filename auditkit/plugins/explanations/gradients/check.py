"""The check `explanations.gradients`."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData, as_array
from auditkit.errors import AuditkitError, Mend, Refusal
from auditkit.models import Model
from auditkit.plugins.explanations.gradients.definitions import DEFINITIONS
from auditkit.plugins.explanations.gradients.parameters import TRIED, GradientParameters
from auditkit.results import Definition

SAMPLING = ("gradient_shap", "smooth_grad")


class Gradients(GradientParameters, Check):
    """Which inputs move a differentiable model's output, and does the attribution follow the model?

    Shows what a network's decisions rest on: the features of a table, the words of a text that is given as numbers, or
    how concentrated its attention to an image is.

    Integrated gradients, unless another method is named, of the predicted class's output along the straight path from a
    baseline, with as many steps as each row needs. For tables, attributions of encoded columns are summed over the
    original column that decides them. Numbers that are looked up in an embedding are explained by its output. Tried by
    completeness, by repetition, against gradient times distance, under small changes, by taking parts of rows away, and
    against copies of the network with random parameters.

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
    definitions: ClassVar[Mapping[str, Definition]] = DEFINITIONS
    conditions: ClassVar[frozenset[str]] = frozenset({"feature", "predicted"})
    for_groups: ClassVar[frozenset[str]] = frozenset()

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Only pictures can be blurred, and only some networks have what a method needs."""
        if self.baseline == "blurred" and data.modality != "image":
            mends = (Mend(f'checks."{self.id}".baseline', baseline) for baseline in ("mean", "zeros"))
            return Refusal("the baseline 'blurred' is for images", tuple(mends))
        array = None if hasattr(data.inputs, "columns") else as_array(data.inputs)
        if array is not None and array.dtype.kind == "f" and np.isnan(array).any():
            return "needs inputs without gaps: no path leads to a value that is missing"
        if self.layer and self.explainer != "grad_cam":
            mend = Mend(f'checks."{self.id}".layer', "")
            return Refusal(f"layer is of the explainer grad_cam; the explainer is {self.explainer}", (mend,))
        try:
            # a few rows show the type of the encoding and its way through the network, and cost next to nothing
            encoded = model.encode(data.take(np.arange(min(3, len(data)))).inputs)
        except AuditkitError as error:
            return str(error)
        from auditkit.plugins.explanations.gradients.fitness import why_not  # imports torch, as the model did

        try:
            ids = [name for name, is_id in zip(data.feature_names, data.identifiers, strict=True) if is_id]
            return why_not(self, self.id, model, encoded, ids)
        except Exception:  # foreign code: what it raises is the error of the check, which asks it again
            return None

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Points on the paths of the rows and of the trials; rows that need more steps come on top."""
        points = self.steps * (4 if self.explainer in SAMPLING else 1) + 3
        few = min(TRIED, rows)
        # with deleted parts: 40 changes, and the points of two curves beside random ones
        return points * (rows + few * (5 + self.copies)) + (40 + 4 * 9) * few

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Attribute, sum up for tables or look at the concentration for the rest, and try the attributions."""
        from auditkit.plugins.explanations.gradients.findings import find  # imports torch, as the model did

        return find(self, model, data, context)
