"""The check `explanations.importance`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from auditkit.checks import Check, Context, Findings
from auditkit.plugins.explanations.influence import (
    DEFINITIONS,
    LISTED,
    feature_measurements,
    group_note,
    group_shares,
    importance_figure,
    importance_table,
    interval,
)
from auditkit.results import Control, Definition, Measurement

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.models import Model
    from auditkit.plugins.explanations.attributions import Attributions
    from auditkit.plugins.explanations.background import Background
    from auditkit.plugins.explanations.exact import Case

INFLUENCE = ("mean_abs_attribution", "group_share")


class Importance(Check):
    """Which features drive the model's output, and how much of it falls on group columns?

    Shows what a decision rests on, so that a reviewer can see whether a group column, a proxy or a leak carries it.

    Interventional Shapley values (Lundberg and Lee 2017): a feature's average effect on the output when it takes the
    row's value instead of a background row's, over all orders of the features. Linear models and tree ensembles are
    explained exactly where their preprocessing keeps columns apart (linear) or one to one (trees); any other model by
    paired permutations of the original columns, with the error that sampling leaves. Which way was taken is noted.

    Absent features are filled in independently, so the model is also asked about combinations that do not occur.
    Values describe the model, not the world. Rows count alike; weights are not used.
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
    definitions: ClassVar[Mapping[str, Definition]] = {
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
    }

    rows: int = Field(default=100, ge=2, description="Rows to explain, drawn by the runner.")
    background: int = Field(default=100, ge=2, description="Rows to compare with, from the training split if given.")
    permutations: int = Field(default=2, ge=2, description="Pairs of feature orders per row and background row.")

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Only tables and arrays (N, D) have columns."""
        return None if data.feature_names else "needs a table or an array (N, D), whose columns can be named"

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """What the permutations would ask; far less where the estimator looks as if it can be explained exactly."""
        from auditkit.plugins.explanations.exact import is_exact_kind
        from auditkit.plugins.explanations.permutation import evaluations

        others = 50 * rows + self.background
        if is_exact_kind(model.estimator()):
            return others
        return others + rows * evaluations(len(data.feature_names), self.background, self.permutations)

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Attribute, summarise, and try the outcome on the model itself."""
        case, background, what = _case(model, data, context, self.background)
        attributions, level, why = _attribute(case, model, context, self.permutations)
        features = feature_measurements(attributions.values, data.feature_names, attributions.unit)
        flipped = _flips(model, data, case, attributions.values, context)
        measurements = [
            *features,
            *group_shares(attributions.values, data.feature_names, data),
            *(each.measurement for each in flipped),
            *_own_error(attributions),
        ]
        controls = [*_own_controls(attributions, background), *(each.control for each in flipped)]
        deletion, told = _deletion(case, attributions, context.rng)
        left = len(data.feature_names) - LISTED
        notes = [
            f"Explained is {what}, in the unit {attributions.unit}, by: {attributions.method}.",
            *why,
            background.note,
            group_note(data.feature_names, data),
            *told,
            *([f"{left} features of less influence are not listed."] if left > 0 else []),
        ]
        figure = importance_figure(features, attributions.unit)
        return Findings(
            measurements,
            [*controls, *deletion],
            [figure] if figure else [],
            [importance_table(features, attributions.values, data.feature_names, data.groups)],
            notes,
            level="model" if level == "model" else "queries",
            higher_level="" if level == "model" else None,
        )


class Flip(NamedTuple):
    """What flipping one group column showed."""

    measurement: Measurement
    control: Control


def _case(model: Model, data: AuditData, context: Context, rows: int) -> tuple[Case, Background, str]:
    from auditkit.plugins.explanations.background import draw_background
    from auditkit.plugins.explanations.exact import Case
    from auditkit.plugins.explanations.outputs import explained_output

    output = explained_output(model, data, context.predictions)
    background = draw_background(data, rows, context.rng)
    case = Case(
        x=data.codes(), background=background.codes, decode=data.decode,
        answer=output.answer, answers=output.answers, target=output.target, unit=output.unit,
    )  # fmt: skip
    return case, background, output.what


def _attribute(case: Case, model: Model, context: Context, permutations: int) -> tuple[Attributions, str, list[str]]:
    """Attributions, the evidence level they rest on, and why they are not exact where they are not."""
    from auditkit.plugins.explanations import permutation
    from auditkit.plugins.explanations.attributions import Attributions
    from auditkit.plugins.explanations.exact import exact_attributions

    found = exact_attributions(case, model.estimator(), context.rng)
    if not isinstance(found, str):
        return found, "model", []
    sampled = permutation.paired_permutations(
        case.ask, case.x, case.background, context.rng, permutations, context.progress
    )
    shared = case.answers[np.arange(len(case.x)), case.target]
    method = f"paired permutations of the original columns, {permutations} pairs per row and background row"
    attributions = Attributions(sampled.values, sampled.base, shared, case.unit, method, sampled.errors)
    return attributions, "queries", [f"Exact values were not to be had: {found}."]


def _own_error(attributions: Attributions) -> list[Measurement]:
    from auditkit.plugins.explanations.attributions import additivity_gap, sampling_error

    gap, rows = additivity_gap(attributions), len(attributions.values)
    fixed: dict[str, Any] = {"n": rows, "unit": "share", "direction": "lower"}
    reason = None if gap is not None else "the output never changes, so its range is 0"
    found = [Measurement(name="additivity_gap", value=gap, reason=reason, exact=gap is not None, **fixed)]
    error = sampling_error(attributions)
    if error is None:
        return [*found, Measurement(name="monte_carlo_error", value=0.0, exact=True, **fixed)]
    ends = interval(error, "Student t over the rows' error variances")
    return [*found, Measurement(name="monte_carlo_error", value=error.value, interval=ends, **fixed)]


def _own_controls(attributions: Attributions, background: Background) -> list[Control]:
    from auditkit.plugins.explanations.attributions import additivity_gap, sampling_error
    from auditkit.plugins.explanations.background import ENOUGH

    error = sampling_error(attributions)
    return [
        Control.within(
            "additivity",
            "Do base and attributions add up to the model's own output?",
            additivity_gap(attributions),
            at_most=0.01,
            reason="An explanation that does not add up to the output explains something else.",
        ),
        Control.within(
            "sampling error",
            "Is the error from sampled feature orders small beside the largest influence?",
            0.0 if error is None else error.value,
            at_most=0.05,
            guards=INFLUENCE,
            otherwise="inconclusive",
            reason="More permutations would settle the ranking.",
        ),
        Control.within(
            "background size",
            "Are there enough rows to compare with?",
            len(background.codes),
            at_least=ENOUGH,
            guards=INFLUENCE,
            otherwise="inconclusive",
            reason=f"With fewer than {ENOUGH} background rows, the values hang on who these rows are.",
        ),
    ]


def _deletion(case: Case, attributions: Attributions, rng: np.random.Generator) -> tuple[list[Control], list[str]]:
    from auditkit.plugins.explanations.sanity import TOP, deletion_p

    if case.x.shape[1] <= TOP:
        return [], [f"With {TOP} features or fewer, deleting the top {TOP} cannot be compared with deleting others."]
    if np.abs(attributions.values).max() < 1e-12:
        return [], ["No feature moved the output of any of these rows."]
    control = Control.within(
        "deletion",
        f"Does deleting the top {TOP} features move the output more than deleting others (sign test, p)?",
        deletion_p(case.ask, case.x, case.background, attributions.values, rng),
        at_most=0.05,
        guards=INFLUENCE,
        otherwise="inconclusive",
        reason="Features that the explanation ranks first should matter more to the model than others.",
    )
    return [control], []


def _flips(model: Model, data: AuditData, case: Case, values: np.ndarray, context: Context) -> list[Flip]:
    """For each group column that the model sees: how often flipping it changes the decision."""
    names = data.feature_names
    return [
        _flip(attribute, model, data, case, values, context)
        for attribute, column in data.groups.items()
        if attribute in names and len(np.unique(column)) > 1
    ]


def _flip(attribute: str, model: Model, data: AuditData, case: Case, values: np.ndarray, context: Context) -> Flip:
    from auditkit.plugins.explanations.attributions import ranks
    from auditkit.plugins.explanations.sanity import NOTICEABLE, flips
    from auditkit.stats import wilson

    column = data.feature_names.index(attribute)
    changed = flips(
        lambda codes: model.predict(data.decode(codes)),
        case.x, column, data.groups[attribute], context.rng, data.task == "regression",
    )  # fmt: skip
    assert changed is not None  # the caller leaves out attributes with one value
    place, features = int(ranks(values)[column]), values.shape[1]
    ends = wilson(float(changed.sum()), len(changed))
    measurement = Measurement(
        name="flip_rate", value=float(changed.mean()), interval=ends, n=len(changed), unit="share",
        direction="lower", conditions={"feature": attribute},
    )  # fmt: skip
    control = Control.within(
        f"flip test: {attribute}",
        f"Where flipping {attribute} changes decisions, is it among the upper half of the features?",
        ends.low,
        at_most=NOTICEABLE if place > features / 2 else None,
        guards=INFLUENCE,
        reason=f"{attribute} has rank {place} of {features}, and flipping it changes {changed.mean():.0%} of the "
        "decisions (the value is the lower end of the interval). Where an explanation ranks a column low that moves "
        f"more than {NOTICEABLE:.0%} of the decisions, explanation contradicts behaviour.",
    )
    return Flip(measurement, control)
