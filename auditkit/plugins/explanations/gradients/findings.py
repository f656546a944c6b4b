"""Measurements, controls and figures of gradient attributions."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.figures import heat_map
from auditkit.model_inputs import Seeing, seeing
from auditkit.models import Model
from auditkit.plugins.explanations.gradients.integrated import Integrated, Path, make_baseline
from auditkit.plugins.explanations.gradients.parameters import TRIED, GradientParameters
from auditkit.plugins.explanations.gradients.self_tests import (
    coarse_map,
    largest_relative_change,
    randomised_copy,
    slope_similarity,
    top_agreement,
    top_decile_share,
)
from auditkit.plugins.explanations.shared.attributions import mean_absolute
from auditkit.plugins.explanations.shared.background import draw_background
from auditkit.plugins.explanations.shared.columns import column_owners, gather
from auditkit.plugins.explanations.shared.influence import group_notes, group_shares, influence, interval
from auditkit.predictions import Predictions
from auditkit.results import Axis, Control, Figure, Measurement, Scalar
from auditkit.text import first_few
from auditkit.too_few import fewer_than

UNITS = {"logits": "logit", "one logit": "logit", "number": "prediction"}
NAMED = 10
"""Columns named in a note."""
ATTRIBUTED = ("mean_abs_attribution", "group_share", "top_decile_share")
PICTURES = 10
"""Fewer are never averaged into a figure, for it would show what one picture looks like."""
RADIUS = 0.02
"""Of the small changes, as a share of the inputs' range."""


def find(parameters: GradientParameters, model: Model, data: AuditData, context: Context) -> Findings:
    """All findings of the check."""
    # a regression has one output, whose column every row explains
    targets = np.zeros(len(data), int) if data.task == "regression" else context.predictions.codes
    unit = UNITS.get(model.output, "probability")
    with model.module() as module:
        path = _path(parameters, module, model, data, targets, context)
        integrated = path.explain(context.progress)
        trials = try_attributions(path, integrated.values, parameters.copies, context)
        owners = _owners(model, data, integrated.values, context)
    if data.modality == "table" and integrated.values.ndim == 2:
        part = of_columns(integrated.values, owners, data, seeing(model, data), unit)
    else:
        part = of_positions(integrated.values, targets, data, context.predictions)
    complete = completeness(integrated)
    return Findings(
        [*part.measurements, *trials.measurements, *complete.measurements],
        [*complete.controls, *trials.controls],
        part.figures,
        part.tables,
        [*_notes(path, integrated, data, unit), *part.notes, *trials.notes],
    )


def _path(
    parameters: GradientParameters, module: torch.nn.Module, model: Model, data: AuditData, targets: np.ndarray,
    context: Context,
) -> Path:  # fmt: skip
    source = data if data.train is None else data.train
    # rows are drawn before they are encoded: the whole split may not fit into memory
    few = np.sort(context.rng.permutation(len(source))[: parameters.background])
    encoded = model.encode(data.inputs).detach()
    background = model.encode(source.take(few).inputs).detach()
    start, origin = make_baseline(parameters.baseline, encoded, background, data.modality == "image")
    return Path(module, encoded, start, origin, targets, parameters.steps, model.batch)


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
        f"Integrated gradients explain {output}, in the unit {unit}.",
        f"Baseline: {path.origin}.",
        f"Points on the path: {integrated.steps.min()} or more per row, {integrated.steps.max()} at most.",
        *([f"The path leads through values between those that occur in: {named}."] if between else []),
    ]


def of_columns(
    values: np.ndarray, owners: np.ndarray | None, data: AuditData, inputs_seen: Seeing, unit: str
) -> Findings:
    """The influence of each column of a table, from attributions (n, K) of its encoding."""
    names = data.feature_names
    notes = group_notes(inputs_seen, data)
    if owners is None:
        names = tuple(f"encoded {number}" for number in range(values.shape[1]))
        notes = ["The preprocessing mixes columns, so the influence is that of encoded columns."]
        why = "the preprocessing mixes columns, so no share can be given to one of them"
        shares = [
            Measurement(name="group_share", value=None, reason=why, conditions={"feature": name})
            for name in data.groups
        ]
    else:
        values = gather(values, owners, len(names))
        shares = group_shares(values, data, inputs_seen)
    part = influence(values, names, unit, shares, data.groups)
    return replace(part, notes=[*notes, *part.notes])


def of_positions(values: np.ndarray, targets: np.ndarray, data: AuditData, predictions: Predictions) -> Findings:
    """How concentrated the attributions (n, ...) of images or sequences are, for all and per predicted class."""
    shares = top_decile_share(values)
    measurements = [
        _concentration(shares, {}),
        *(
            _concentration(shares[targets == code], {"predicted": str(predictions.classes[code])}, data.minimum_rate)
            for code in (() if data.task == "regression" else np.unique(targets))
        ),
    ]
    if data.modality != "image":
        return Findings(measurements)
    if len(values) < max(PICTURES, data.minimum_rate):
        return Findings(measurements, notes=[f"With {fewer_than(PICTURES, 'pictures')}, no average of them is shown."])
    return Findings(measurements, figures=[_heat_map(values)])


def completeness(integrated: Integrated) -> Findings:
    """The median and the largest completeness gap, and both against their bounds."""
    median, largest = float(np.median(integrated.gaps)), float(integrated.gaps.max())
    fixed: dict[str, Any] = {"exact": True, "n": len(integrated.gaps), "unit": "share", "direction": "lower"}
    measurements = [
        Measurement(name="completeness_gap", value=median, **fixed),
        Measurement(name="largest_completeness_gap", value=largest, **fixed),
    ]
    controls = [
        Control.within(
            name,
            f"Do the attributions add up to the difference from the baseline, {how_many}?",
            value,
            at_most=bound,
            guards=ATTRIBUTED,
            on_failure="inconclusive",
            reason="Attributions that do not add up belong to a function that gradients do not describe.",
        )
        for name, how_many, value, bound in (
            ("completeness", "for half of the rows within 1 %", median, 0.01),
            ("completeness of every row", "for every row within 5 %", largest, 0.05),
        )
    ]
    return Findings(measurements, controls)


def try_attributions(path: Path, values: np.ndarray, copies: int, context: Context) -> Findings:
    """Repetition, agreement with a simpler method, small changes, and networks with random parameters."""
    # each trial explains the rows anew, so a few of them must do
    few = path.first(TRIED)
    # a generator of its own: torch's global state belongs to whoever runs the audit
    generator = torch.Generator().manual_seed(int(context.rng.integers(2**62)))
    agreed = top_agreement(values, path.gradients() * path.distance)
    agreement = _mean(agreed[~np.isnan(agreed)], "method_agreement", "share", "higher")
    changed = largest_relative_change(
        lambda encoded: replace(few, encoded=encoded).explain().values, few.encoded, values[:TRIED], RADIUS, generator
    )
    sensitivity = _mean(changed, "sensitivity", "ratio", "lower", {"radius": RADIUS})
    randomised, notes = _randomisation(few, values[:TRIED], copies, generator, context)
    again, largest = few.explain().values, float(np.abs(values[:TRIED]).max())
    controls = [
        Control.within(
            "repetition", "Does the same question give the same attributions?",
            float(np.abs(again - values[:TRIED]).max()) / largest if largest > 0 else 0.0, at_most=1e-3,
            guards=ATTRIBUTED, on_failure="inconclusive",
            reason="A network that answers at random even in eval mode has no single attribution.",
        ),
        Control.within(
            "agreement", "Do integrated gradients and gradient times distance name the same strongest inputs?",
            agreement.value, at_least=0.6, guards=ATTRIBUTED, on_failure="note",
            reason="Where methods disagree, a ranking should not rest on one of them.",
        ),
    ]  # fmt: skip
    return Findings([agreement, sensitivity], [*controls, *randomised], notes=notes)


def _randomisation(
    few: Path, values: np.ndarray, copies: int, generator: torch.Generator, context: Context
) -> tuple[list[Control], list[str]]:
    similarities = []
    for number in range(copies):
        try:
            random_copy = randomised_copy(few.module, generator)
        except Exception as error:  # foreign code: some graphs cannot be copied
            sentence = f"{type(error).__name__}; without a copy, random parameters cannot be tried"
            return [], [f"The network could not be copied: {sentence}."]
        similarities.append(slope_similarity(values, replace(few, module=random_copy).explain().values, few.distance))
        context.progress(number + 1, copies, "networks with random parameters")
    defined = [similarity for similarity in similarities if similarity is not None]
    control = Control.within(
        "random parameters",
        "Do attributions change when the network's parameters are random (mean rank correlation of slopes)?",
        float(np.mean(defined)) if defined else None,
        at_most=0.5,
        guards=ATTRIBUTED,
        on_failure="note",
        reason="Attributions that stay as they are without the learned parameters do not show what was learned. "
        "The attributions compared are divided by the distance from the baseline, which is the same for every network.",
    )
    return [control], []


def _concentration(shares: np.ndarray, conditions: dict[str, Scalar], least: int = 0) -> Measurement:
    if len(shares) < least:
        few = fewer_than(least, "rows are given this class")
        return Measurement(name="top_decile_share", value=None, reason=few, conditions=conditions)
    return _mean(shares[~np.isnan(shares)], "top_decile_share", "share", "none", conditions)


def _mean(
    values: np.ndarray, name: str, unit: str, direction: Any, conditions: dict[str, Scalar] | None = None
) -> Measurement:
    """The mean over rows with its interval, which stays within 0 and 1 for shares."""
    if not len(values):
        return Measurement(name=name, value=None, reason="no row has any attribution", conditions=conditions or {})
    estimate = mean_absolute(values[:, None])[0]
    if unit == "share" and estimate.high is not None:
        estimate = estimate._replace(high=min(1.0, estimate.high))
    return Measurement(
        name=name,
        value=estimate.value,
        interval=interval(estimate, "Student t over rows"),
        n=len(values),
        unit=unit,
        direction=direction,
        conditions=conditions or {},
    )


def _heat_map(values: np.ndarray) -> Figure:
    shares = coarse_map(values)
    return heat_map(
        "attribution_map",
        "Where the attribution lies",
        [
            {"column": column, "row": row, "share": float(shares[row, column])}
            for row in range(shares.shape[0])
            for column in range(shares.shape[1])
        ],
        x=Axis(field="column", title="Column"),
        y=Axis(field="row", title="Row"),
        value=Axis(field="share", title="Share of the attribution", percent=True),
        caption=f"Mean |attribution| over {len(values)} pictures; no single picture is shown.",
    )
