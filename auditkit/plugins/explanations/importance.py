"""The check `explanations.importance`."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.model_inputs import seeing
from auditkit.models import Model
from auditkit.plugins.explanations import permutation
from auditkit.plugins.explanations.attributions import Attributions
from auditkit.plugins.explanations.background import draw_background
from auditkit.plugins.explanations.exact import Case, exact_attributions, is_exact_kind
from auditkit.plugins.explanations.importance_findings import (
    deletion_control,
    flip_columns,
    method_controls,
    sampling_measurements,
)
from auditkit.plugins.explanations.influence import DEFINITIONS, group_notes, group_shares, influence
from auditkit.plugins.explanations.outputs import explained_output
from auditkit.results import Definition, of_everyone


class Importance(Check):
    """Which features drive the model's output, and how much of it falls on group columns?

    Shows what a decision rests on, so that a reviewer can see whether a group column, a proxy or a leak carries it.

    Interventional Shapley values (Lundberg and Lee 2017): a feature's average effect on the output when it takes the
    row's value instead of a background row's, over all orders of the features. Linear models and tree ensembles are
    explained exactly where their preprocessing keeps columns apart (linear) or one to one (trees); any other model by
    paired permutations of the original columns, with the error that sampling leaves. Which way was taken is noted.

    Absent features are filled in independently, so the model is also asked about combinations that do not occur.
    Values describe the model, not the world. All rows have the same weight.
    """

    id: ClassVar[str] = "explanations.importance"
    title: ClassVar[str] = "Feature importance"
    reference: ClassVar[str] = (
        "Lundberg, Lee 2017, A Unified Approach to Interpreting Model Predictions, arXiv:1705.07874; "
        "Mayer, Wüthrich 2025, arXiv:2508.12947; Slack et al. 2020, Fooling LIME and SHAP, arXiv:1911.02508"
    )
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "table"})
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"rows": 50, "background": 50},
        "standard": {"rows": 100, "background": 100},
        "thorough": {"rows": 300, "background": 200, "permutations": 4},
    }
    higher_level: ClassVar[str] = "With the fitted estimator at hand, linear models and trees are explained exactly."
    definitions: ClassVar[Mapping[str, Definition]] = of_everyone({
        **DEFINITIONS,
        "flip_rate": Definition(
            title="Decisions changed by flipping the group column",
            formula="share of real rows whose decision changes when the group column takes the value of a random row "
            "of another group; for predicted numbers, when they move by more than 5 % of their range",
            range="0 to 1",
            direction="lower",
            unit="share",
            reference="Slack et al. 2020, arXiv:1911.02508",
            pitfalls="Changes one column and leaves its proxies as they are.",
        ),
        "additivity_gap": Definition(
            title="Additivity gap",
            formula="max over rows |base + sum of attributions - output| / range of the outputs",
            range="0 or more",
            direction="lower",
            unit="share",
            reference="Lundberg, Lee 2017, arXiv:1705.07874, property 1 (local accuracy)",
        ),
        "monte_carlo_error": Definition(
            title="Sampling error of the importance",
            formula="largest standard error of a mean absolute attribution that sampled orders cause / the largest "
            "mean absolute attribution",
            range="0 or more; 0 for exact methods",
            direction="lower",
            unit="share",
            reference="Covert, Lee 2021, Improving KernelSHAP, proceedings.mlr.press/v130/covert21a",
        ),
    })  # fmt: skip

    conditions: ClassVar[frozenset[str]] = frozenset({"feature"})
    for_groups: ClassVar[frozenset[str]] = frozenset()

    rows: int = Field(default=100, ge=2, description="Rows to explain, drawn by the audit.")
    background: int = Field(default=100, ge=2, description="Rows to compare with, from the training split if given.")
    permutations: int = Field(default=2, ge=2, description="Pairs of feature orders per row and background row.")

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Only tables and arrays (N, D) have columns."""
        return None if data.feature_names else "needs a table or an array (N, D), whose columns can be named"

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """What permutations and deletion ask; far less where the estimator looks as if it can be explained exactly."""
        # a round of deletion asks about 300 times a row, and few models need a second one; flipping asks twice
        fixed_calls = 350 * rows + self.background
        if is_exact_kind(model.estimator()):
            return fixed_calls
        return fixed_calls + rows * permutation.evaluations(len(data.feature_names), self.background, self.permutations)

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The features of a table; the most influential of them are listed."""
        listed = name == "mean_abs_attribution" and data.modality == "table"
        return {"feature": MeasuredAt(data.feature_names)} if listed else {}

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Attribute, summarise, and try the outcome on the model itself."""
        inputs_seen = seeing(model, data)
        output = explained_output(model, data, context.predictions)
        background = draw_background(data, self.background, context.rng)
        case = Case(data.codes(), background.codes, data.decode, output, context.progress, model.as_fitted)
        attributions, level, why = _attribute(case, model, context, self.permutations)
        shares = group_shares(attributions.values, data, inputs_seen)
        part = influence(attributions.values, data.feature_names, attributions.unit, shares, data.groups)
        flipped = flip_columns(model, data, case, attributions.values, context)
        measurements = [
            *part.measurements,
            *(measurement for measurement, _ in flipped),
            *sampling_measurements(attributions),
        ]
        controls = [*method_controls(attributions, background), *(control for _, control in flipped)]
        deletion, sentences = deletion_control(case, attributions, context.rng)
        unit = "" if attributions.unit == output.unit else f", as {attributions.unit}"
        notes = [
            f"This explains {output.what}{unit}, by {attributions.method}.",
            *why,
            background.note,
            *group_notes(inputs_seen, data),
            *sentences,
            *part.notes,
        ]
        return Findings(
            measurements,
            [*controls, *deletion],
            part.figures,
            part.tables,
            notes,
            level="model" if level == "model" else "queries",
            higher_level="" if level == "model" else None,
        )


def _attribute(case: Case, model: Model, context: Context, permutations: int) -> tuple[Attributions, str, list[str]]:
    """Attributions, the evidence level they rest on, and why they are not exact where they are not."""
    exact = exact_attributions(case, model.estimator(), context.rng)
    if not isinstance(exact, str):
        return exact, "model", []
    sampled = permutation.paired_permutations(
        case.ask, case.x, case.background, context.rng, permutations, context.progress
    )
    shared = case.output.answers[np.arange(len(case.x)), case.output.target]
    method = f"paired permutations of the original columns, {permutations} pairs per row and background row"
    attributions = Attributions(sampled.values, sampled.base, shared, case.output.unit, method, sampled.errors)
    return attributions, "queries", [f"Exact values are not available: {exact}."]
