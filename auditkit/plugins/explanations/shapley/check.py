"""The check `explanations.importance`, with what tries an importance on the model itself."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.model_inputs import seeing
from auditkit.models import Model
from auditkit.plugins.explanations.fairwashing import hidden_groups
from auditkit.plugins.explanations.fairwashing.flip_test import INFLUENCE
from auditkit.plugins.explanations.fairwashing.protected_columns import with_protected
from auditkit.plugins.explanations.quality import curve_findings, group_quality
from auditkit.plugins.explanations.quality.deletion_control import deletion_control
from auditkit.plugins.explanations.shapley.beeswarm import beeswarm, dependence
from auditkit.plugins.explanations.shapley.exact import is_exact_kind
from auditkit.plugins.explanations.shapley.methods import attribute
from auditkit.plugins.explanations.shapley.parameters import ImportanceParameters
from auditkit.plugins.explanations.shared import permutation
from auditkit.plugins.explanations.shared.attributions import (
    Attributions,
    Estimate,
    additivity_gap,
    sampling_error,
)
from auditkit.plugins.explanations.shared.background import ENOUGH, Background, draw_background
from auditkit.plugins.explanations.shared.case import Case
from auditkit.plugins.explanations.shared.columns import numeric_columns
from auditkit.plugins.explanations.shared.influence import DEFINITIONS, group_notes, group_shares, influence, interval
from auditkit.plugins.explanations.shared.outputs import explained_output
from auditkit.results import Control, Definition, Figure, Measurement, of_everyone
from auditkit.too_few import fewer_than


class Importance(ImportanceParameters, Check):
    """Which features drive the model's output, and how much of it falls on group columns?

    Shows what a decision rests on, so that a reviewer can see whether a group column, a proxy or a leak carries it.

    Interventional Shapley values (Lundberg and Lee 2017): a feature's average effect on the output when it takes the
    row's value instead of a background row's, over all orders of the features. Linear models, trees and RBF machines
    are explained exactly where their preprocessing keeps columns apart. Any other model is asked about every coalition
    of few columns, which is exact for the background rows, or else by paired permutations of the original columns, with
    the error that sampling leaves. Where a model begins with an affine map, what each column adds to it is worked out
    once. Which way was taken is noted.

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
    higher_level: ClassVar[str] = (
        "With the fitted estimator at hand, linear models, trees and RBF machines are explained exactly."
    )
    definitions: ClassVar[Mapping[str, Definition]] = of_everyone({
        **DEFINITIONS,
        **hidden_groups.DEFINITIONS,
        **curve_findings.DEFINITIONS,
        **group_quality.DEFINITIONS,
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

    conditions: ClassVar[frozenset[str]] = frozenset({"feature", "fill_in"})
    for_groups: ClassVar[frozenset[str]] = frozenset()

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Only tables and arrays (N, D) have columns."""
        return None if data.feature_names else "needs a table or an array (N, D), whose columns can be named"

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """What permutations and deletion ask; less where the estimator looks as if it can be explained exactly.

        More where a model of few columns is so quick that it is asked about every coalition.
        """
        # a round of deletion asks about 300 times a row, and few models need a second one
        fixed_calls = 350 * rows + self.background + hidden_groups.calls(data, rows, self.background)
        fixed_calls += curve_findings.calls(rows, len(data.feature_names))
        if self.explain == "margins" and is_exact_kind(model.estimator()):
            return fixed_calls
        pairs = self.permutations if self.error is None else max(self.permutations, self.most_permutations)
        return fixed_calls + rows * permutation.evaluations(len(data.feature_names), self.background, pairs)

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The features of a table; the most influential of them are listed."""
        listed = name == "mean_abs_attribution" and data.modality == "table"
        return {"feature": MeasuredAt(data.feature_names)} if listed else {}

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Attribute, summarise, and try the outcome on the model itself."""
        data, tried_as_groups = with_protected(data, context.protected)
        inputs_seen = seeing(model, data)
        output = explained_output(model, data, context.predictions)
        background = draw_background(data, self.background, context.rng)
        case = Case(data.codes(), background.codes, data.decode, output, context.progress, model.as_fitted)
        attributions, level, why = attribute(case, model, context, self)
        shares = group_shares(attributions.values, data, inputs_seen)
        part = influence(attributions.values, data.feature_names, attributions.unit, shares, data.groups)
        hidden = hidden_groups.hidden_groups(model, data, case, attributions, context.rng)
        tried = try_method(attributions, background)
        deleted, sentences = deletion_control(case, attributions, context.rng, INFLUENCE)
        drawn = deletion_curves(case, attributions, data, context.rng)
        unit = "" if attributions.unit == output.unit else f", as {attributions.unit}"
        notes = [
            f"This explains {output.what}{unit}, by {attributions.method}.",
            *why,
            background.note,
            *([tried_as_groups] if tried_as_groups else []),
            *group_notes(inputs_seen, data),
            *hidden.notes,
            *sentences,
            *part.notes,
        ]
        return Findings(
            [*part.measurements, *hidden.measurements, *tried.measurements, *drawn.measurements],
            [*tried.controls, *hidden.controls, *deleted],
            [*part.figures, *value_figures(case, attributions, data), *drawn.figures],
            [*part.tables, *hidden.tables],
            notes,
            level="model" if level == "model" else "queries",
            higher_level="" if level == "model" else None,
        )


def try_method(attributions: Attributions, background: Background) -> Findings:
    """How far the attributions miss the output, how much sampling blurs the importance, and both tried.

    Args:
        attributions: of the rows.
        background: the rows that they are compared with.
    """
    gap, error = additivity_gap(attributions), sampling_error(attributions)
    fixed: dict[str, Any] = {"n": len(attributions.values), "unit": "share", "direction": "lower"}
    measurements = [
        Measurement(
            name="additivity_gap",
            value=gap,
            reason=None if gap is not None else "the output never changes, so its range is 0",
            exact=gap is not None,
            **fixed,
        ),
        Measurement(
            name="monte_carlo_error",
            value=0.0 if error is None else error.value,
            interval=None if error is None else interval(error, "Student t over the rows' error variances"),
            exact=error is None,
            **fixed,
        ),
    ]
    return Findings(measurements, [*_of_values(gap, error), *_of_background(background)])


def _of_values(gap: float | None, error: Estimate | None) -> list[Control]:
    """Whether attributions add up, and whether sampling leaves them sharp enough."""
    return [
        Control.within(
            "additivity",
            "Do base and attributions add up to the model's own output?",
            gap,
            at_most=0.01,
            reason="An explanation that does not add up to the output explains something else.",
        ),
        Control.within(
            "sampling error",
            "Is the error from sampled feature orders small beside the largest influence?",
            0.0 if error is None else error.value,
            at_most=0.05,
            guards=INFLUENCE,
            on_failure="inconclusive",
            reason="More permutations would settle the ranking.",
        ),
    ]


def _of_background(background: Background) -> list[Control]:
    """Whether there is enough to compare with."""
    controls = [
        Control.within(
            "background size",
            "Are there enough rows to compare with?",
            len(background.codes),
            at_least=ENOUGH,
            guards=INFLUENCE,
            on_failure="inconclusive",
            reason=f"With {fewer_than(ENOUGH, 'background rows')}, the values depend on which rows these are.",
        ),
    ]
    if background.too_small is not None:
        controls.append(
            Control.within(
                "background of the training split",
                "Has the training split enough rows to compare with?",
                background.too_small,
                at_least=ENOUGH,
                guards=INFLUENCE,
                on_failure="inconclusive",
                reason=f"It has {fewer_than(ENOUGH, 'rows')}, so the audit data stands in for it: people are compared "
                "with each other, and not with what the model learnt from.",
            )
        )
    return controls


def value_figures(case: Case, attributions: Attributions, data: AuditData) -> list[Figure]:
    """How attributions are spread over the rows, and how they go with the values of the features."""
    names, unit, minimum = data.feature_names, attributions.unit, max(1, data.minimum_cell)
    figures = (
        beeswarm(attributions.values, names, unit, minimum),
        dependence(attributions.values, case.x, names, ~numeric_columns(data), unit, minimum),
    )
    return [figure for figure in figures if figure is not None]


def deletion_curves(case: Case, attributions: Attributions, data: AuditData, rng: np.random.Generator) -> Findings:
    """How the output goes when features leave the rows, and enter them, in the order of their attributions."""
    # drawn and not the first: data may be sorted by group
    chosen = np.sort(rng.permutation(len(case.x))[: curve_findings.ROWS])
    real_rows = draw_background(data, curve_findings.POOL, rng).codes
    return curve_findings.of_table(
        lambda codes, rows: case.ask_in(attributions.unit, codes, chosen[rows]),
        case.x[chosen],
        curve_findings.fill_ins(case.x[chosen], case.background, real_rows, ~numeric_columns(data), rng),
        attributions.values[chosen], group_quality.measured_groups(data.take(chosen)), attributions.unit, rng,
    )  # fmt: skip
