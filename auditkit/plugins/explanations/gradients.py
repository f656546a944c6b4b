"""The check `explanations.gradients`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.errors import AuditkitError, Mend, Refusal
from auditkit.model_inputs import seeing
from auditkit.models import Model
from auditkit.plugins.explanations.background import draw_background
from auditkit.plugins.explanations.baselines import make_baseline
from auditkit.plugins.explanations.columns import column_owners
from auditkit.plugins.explanations.gradient_findings import (
    TRIED,
    completeness_controls,
    completeness_measurements,
    of_columns,
    of_positions,
    try_attributions,
)
from auditkit.plugins.explanations.influence import DEFINITIONS
from auditkit.plugins.explanations.integrated import Integrated, evaluating
from auditkit.plugins.explanations.repeat import Path
from auditkit.results import Definition, of_everyone
from auditkit.text import first_few

if TYPE_CHECKING:
    import torch


UNITS = {"logits": "logit", "one logit": "logit", "number": "prediction"}
NAMED = 10
"""Columns named in a note."""


class Gradients(Check):
    """Which inputs move a differentiable model's output, and does the attribution follow the model?

    Shows what a network's decisions rest on: the features of a table, or how concentrated its attention to an image is.

    Integrated gradients (captum) of the predicted class's output along the straight path from a baseline, with as many
    steps as each row needs. For tables, attributions of encoded columns are summed over the original column that
    decides them, which is exact because integrated gradients add up. Tried by completeness, by repetition, against
    gradient times distance, under small changes, and against copies of the network with random parameters.

    The answer depends on the baseline, and the path leads through inputs that do not occur. Rows count alike.
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

    rows: int = Field(default=100, ge=2, description="Rows to explain, drawn by the audit.")
    background: int = Field(default=100, ge=1, description="Rows whose mean is the baseline, from training if given.")
    steps: int = Field(default=50, ge=2, description="Points on the path at first; doubled for rows that need more.")
    baseline: Literal["auto", "mean", "zeros", "blurred"] = Field(
        default="auto", description="Where the path begins; auto: zeros for images, otherwise the background's mean."
    )
    copies: int = Field(default=5, ge=1, description="Copies of the network with random parameters.")

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
            return "the model eats whole numbers (positions in an embedding), which have no gradients"
        return None

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Points on the paths of the rows and of the trials; rows that need more steps come on top."""
        return (self.steps + 3) * (rows + min(TRIED, rows) * (4 + self.copies))

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Attribute, sum up for tables or look at the concentration for the rest, and try the attributions."""
        # a regression has one output, whose column every row explains
        targets = np.zeros(len(data), int) if data.task == "regression" else context.predictions.codes
        unit = UNITS.get(model.output, "probability")
        with model.module() as module, evaluating(module):
            path = _path(self, module, model, data, targets, context)
            integrated = path.explain(context.progress)
            trials = try_attributions(path, integrated.values, self.copies, context)
            owners = _owners(model, data, integrated.values, context)
        if data.modality == "table" and integrated.values.ndim == 2:
            part = of_columns(integrated.values, owners, data, seeing(model, data), unit)
        else:
            part = of_positions(integrated.values, targets, data, context.predictions)
        return Findings(
            [*part.measurements, *trials.measurements, *completeness_measurements(integrated)],
            [*completeness_controls(integrated), *trials.controls],
            part.figures,
            part.tables,
            [*_notes(path, integrated, data, unit), *part.notes, *trials.notes],
        )


def _path(
    check: Gradients, module: torch.nn.Module, model: Model, data: AuditData, targets: np.ndarray, context: Context
) -> Path:
    source = data if data.train is None else data.train
    # rows are drawn before they are encoded: the whole split may not fit into memory
    few = np.sort(context.rng.permutation(len(source))[: check.background])
    encoded = model.encode(data.inputs).detach()
    background = model.encode(source.take(few).inputs).detach()
    start = make_baseline(check.baseline, encoded, background, data.modality == "image")
    return Path(module, encoded, start.values, start.what, targets, check.steps, model.batch)


def _owners(model: Model, data: AuditData, values: np.ndarray, context: Context) -> np.ndarray | None:
    """The original column of each encoded column of a table; None where there is no such thing."""
    if values.ndim != 2 or data.modality != "table":
        return None

    def encode(codes: np.ndarray) -> np.ndarray:
        return np.asarray(model.encode(data.decode(codes)).detach().double().cpu().numpy())

    codes = data.codes()
    if data.train is not None:
        # a column that is constant in these rows can still differ from the training split's mean
        codes = np.concatenate([codes, draw_background(data, len(codes), context.rng).codes])
    return column_owners(encode, codes, context.rng)


def _notes(path: Path, integrated: Integrated, data: AuditData, unit: str) -> list[str]:
    output = "the predicted number" if data.task == "regression" else "the output of the class that the model predicts"
    between = [feature.name for feature in data.schema if not feature.numeric]
    named = first_few(between, NAMED)
    return [
        f"Explained is {output}, in the unit {unit}, by integrated gradients.",
        f"Baseline: {path.origin}.",
        f"Points on the path: {integrated.steps.min()} to {integrated.steps.max()} per row.",
        *([f"The path leads through values between those that occur in: {named}."] if between else []),
    ]
