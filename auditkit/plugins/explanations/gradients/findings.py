"""Measurements, controls and figures of gradient attributions."""

from dataclasses import replace

import numpy as np

from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.model_inputs import Seeing, seeing
from auditkit.models import Model
from auditkit.plugins.explanations.gradients.completeness import completeness
from auditkit.plugins.explanations.gradients.figures import (
    attribution_map,
    place_curve,
    random_map,
    token_strip,
    token_table,
    vocabulary_bars,
)
from auditkit.plugins.explanations.gradients.methods import METHODS
from auditkit.plugins.explanations.gradients.parameters import GradientParameters
from auditkit.plugins.explanations.gradients.points import Explanation
from auditkit.plugins.explanations.gradients.preparation import Prepared, prepare
from auditkit.plugins.explanations.gradients.self_tests import top_decile_share
from auditkit.plugins.explanations.gradients.trials import Trials, mean_of, try_explanation
from auditkit.plugins.explanations.shared.columns import gather
from auditkit.plugins.explanations.shared.influence import group_notes, group_shares, influence
from auditkit.predictions import Predictions
from auditkit.results import Figure, Measurement, Scalar
from auditkit.text import first_few
from auditkit.too_few import fewer_than

UNITS = {"logits": "logit", "one logit": "logit", "number": "prediction"}
NAMED = 10
"""Columns named in a note."""
PICTURES = 10
"""Fewer are never averaged into a figure, for it would show what one picture looks like."""


def find(parameters: GradientParameters, model: Model, data: AuditData, context: Context) -> Findings:
    """All findings of the check."""
    # a regression has one output, whose column every row explains
    targets = np.zeros(len(data), int) if data.task == "regression" else context.predictions.codes
    method = METHODS[parameters.explainer]
    unit = UNITS.get(model.output, "probability") + (" per unit of the encoded input" if method.local else "")
    with model.module() as module:
        prepared = prepare(parameters, module, model, data, targets, context)
        explanation = method.explain(prepared.points, context.progress)
        complete = completeness(prepared.points, explanation, method)
        trials = try_explanation(prepared.points, explanation, method, unit, parameters.copies, context)
    values = explanation.values
    if prepared.tokens is not None:
        # an embedding's coordinates have no meaning of their own: a token has their sum
        values = values.sum(axis=-1)
    if data.modality == "table" and values.ndim == 2:
        part = of_columns(values, prepared.owners, data, seeing(model, data), unit)
    else:
        part = of_positions(values, targets, data, context.predictions)
        part = replace(part, figures=[*part.figures, *_random_map(trials, data, parameters)])
    if prepared.tokens is not None:
        of_tokens = _of_tokens(values, prepared.tokens, data, context, unit)
        part = replace(
            part, figures=[*part.figures, *of_tokens.figures], tables=[*part.tables, *of_tokens.tables]
        )  # fmt: skip
    enough = len(values) >= max(PICTURES, data.minimum_rate)
    return Findings(
        [*part.measurements, *trials.findings.measurements, *complete.measurements],
        [*complete.controls, *trials.findings.controls],
        [*part.figures, *(trials.findings.figures if enough else ())],
        part.tables,
        [*_notes(parameters, prepared, explanation, data, unit), *part.notes, *trials.findings.notes],
    )


def _notes(
    parameters: GradientParameters, prepared: Prepared, explanation: Explanation, data: AuditData, unit: str
) -> list[str]:
    method, steps = METHODS[parameters.explainer], explanation.steps
    output = "the predicted number" if data.task == "regression" else "the output of the class that the model predicts"
    notes = [f"{method.title} explain {output}, in the unit {unit}."]
    if method.baseline == "background":
        notes.append(f"Compared with {len(prepared.points.background)} background rows.")
    elif method.baseline:
        notes.append(f"Baseline: {prepared.origin}.")
    if steps is not None:
        notes.append(f"Points on the path: {steps.min()} or more per row, {steps.max()} at most.")
    if prepared.points.layer:
        notes.append(f"Layer: {prepared.points.layer}.")
    if prepared.tokens is not None:
        entry = prepared.points.network.entry
        notes.append(
            f"The rows are looked up in the embedding {entry!r}; its output is explained, and each place has the sum "
            "over its coordinates. What the network does with the numbers themselves, such as a mask, stays as it is."
        )
    between = [feature.name for feature in data.schema if not feature.numeric]
    if between and method.baseline in ("baseline", "background") and steps is not None:
        notes.append(f"The path leads through values between those that occur in: {first_few(between, NAMED)}.")
    return notes


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
    return Findings(measurements, figures=[attribution_map(values)])


def _random_map(trials: Trials, data: AuditData, parameters: GradientParameters) -> list[Figure]:
    sizes = trials.random_sizes
    if data.modality != "image" or sizes is None or len(sizes) < max(PICTURES, data.minimum_rate):
        return []
    return [random_map(sizes, parameters.copies, METHODS[parameters.explainer].baseline != "")]


def _of_tokens(
    values: np.ndarray, tokens: np.ndarray, data: AuditData, context: Context, unit: str
) -> Findings:  # fmt: skip
    """By place and by number of the vocabulary; the tokens of single rows only where rows may be shown."""
    least = max(PICTURES, data.minimum_rate)
    of_numbers = vocabulary_bars(values, tokens, least, unit)
    figures = [place_curve(values, unit), *([] if of_numbers is None else [of_numbers])]
    if context.include_rows:
        return Findings(figures=[*figures, token_strip(values)], tables=[token_table(values, tokens)])
    return Findings(figures=figures if len(values) >= least else [])


def _concentration(shares: np.ndarray, conditions: dict[str, Scalar], least: int = 0) -> Measurement:
    if len(shares) < least:
        few = fewer_than(least, "rows are given this class")
        return Measurement(name="top_decile_share", value=None, reason=few, conditions=conditions)
    return mean_of(shares[~np.isnan(shares)], "top_decile_share", "share", "none", conditions)
