"""Measurements, controls, figures and notes of `explanations.lime`."""

import numpy as np

from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.figures import heat_map
from auditkit.model_inputs import seeing
from auditkit.models import Model
from auditkit.plugins.explanations.lime import subjects
from auditkit.plugins.explanations.lime.parameters import LimeParameters
from auditkit.plugins.explanations.lime.segments import average_map
from auditkit.plugins.explanations.lime.self_tests import GUARDS, INSTEAD, against_shapley, local_fit, stability
from auditkit.plugins.explanations.lime.subjects import Subject
from auditkit.plugins.explanations.lime.tables import Local
from auditkit.plugins.explanations.quality import curve_findings
from auditkit.plugins.explanations.quality.curves import Answer
from auditkit.plugins.explanations.quality.deletion_control import deletion_control
from auditkit.plugins.explanations.shared.attributions import Attributions
from auditkit.plugins.explanations.shared.background import draw_background
from auditkit.plugins.explanations.shared.case import Case
from auditkit.plugins.explanations.shared.columns import numeric_columns
from auditkit.plugins.explanations.shared.influence import group_notes, group_shares, influence
from auditkit.plugins.explanations.shared.outputs import Output, explained_output
from auditkit.results import Axis, Figure
from auditkit.too_few import fewer_than

PICTURES = 10
"""Fewer are never averaged into a figure, for it would show what one picture looks like."""


def find(parameters: LimeParameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Explain, and try whether the explanations may be read."""
    output = explained_output(model, data, context.predictions)
    subject = _subject(data, output, parameters.samples or subjects.SAMPLES[data.modality], context)
    local = subject.local(context.rng, subject.rows)
    if subject.answer is None:
        shown = _of_table(model, data, output, local, context)
    else:
        shown = _of_parts(subject, subject.answer, local, output.unit, data, context)
    trials = [
        local_fit(local.r2, subject.parts),
        stability(subject, local.values, parameters.seeds, context),
    ]
    return Findings(
        # first whether to read on
        [*(measured for trial in trials for measured in trial.measurements), *shown.measurements],
        [*(control for trial in trials for control in trial.controls), *shown.controls],
        shown.figures,
        shown.tables,
        [f"This explains {output.what}, by local linear models.", *subject.notes, *shown.notes],
    )


def _subject(data: AuditData, output: Output, samples: int, context: Context) -> Subject:
    if data.modality == "image":
        return subjects.pictures(data, output, samples, context)
    if data.modality == "text":
        return subjects.texts(data, output, samples, context)
    return subjects.table(data, output, samples)


def _of_table(model: Model, data: AuditData, output: Output, local: Local, context: Context) -> Findings:
    """The influence of the columns, its curves, and what Shapley values say of the same rows."""
    inputs_seen, values = seeing(model, data), local.values
    part = influence(values, data.feature_names, output.unit, group_shares(values, data, inputs_seen), data.groups)
    background = draw_background(data, curve_findings.POOL, context.rng)
    case = Case(data.codes(), background.codes, data.decode, output, context.progress)
    is_category = ~numeric_columns(data)
    # drawn and not the first: data may be sorted by group
    chosen = np.sort(context.rng.permutation(len(case.x))[: curve_findings.ROWS])
    ways = curve_findings.fill_ins(case.x[chosen], background.codes, background.codes, is_category, context.rng)
    tried = curve_findings.of_table(
        lambda codes, rows: case.ask(codes, chosen[rows]),
        case.x[chosen],
        ways,
        values[chosen],
        {},
        output.unit,
        context.rng,
    )
    marginal = next(one for one in tried.measurements if one.name == "deletion_gain")
    curve = curve_findings.judged(marginal, values, GUARDS, INSTEAD["features"])
    compared = against_shapley(case, values, context)
    # coefficients do not add up to the output, so there is no base
    attributions = Attributions(values, np.zeros(len(values)), np.zeros(len(values)), output.unit, "lime")
    deleted, sentences = deletion_control(case, attributions, context.rng, GUARDS, INSTEAD["features"])
    return Findings(
        [*part.measurements, *tried.measurements, *compared.measurements],
        [*curve.controls, *deleted, *compared.controls],
        [*part.figures, *tried.figures],
        part.tables,
        [*group_notes(inputs_seen, data), *part.notes, *curve.notes, *sentences, *compared.notes],
    )


def _of_parts(
    subject: Subject, answer: Answer, local: Local, unit: str, data: AuditData, context: Context
) -> Findings:  # fmt: skip
    """The curves of pictures or texts, and where the influence lies on pictures."""
    trial = curve_findings.try_order(answer, local.values, context.rng)
    measured = curve_findings.measurements(trial.gained, {})
    curve = curve_findings.judged(measured[0], local.values, (*GUARDS, "insertion_gain"), INSTEAD[subject.parts])
    figures, notes = curve_findings.figures({"": trial}, subject.parts, unit), [*curve.notes]
    if subject.segments and subject.rows < max(PICTURES, data.minimum_rate):
        notes.append(f"With {fewer_than(PICTURES, 'pictures')}, no average of them is shown.")
    elif len({numbers.shape for numbers in subject.segments}) == 1:
        figures = [_map(average_map(np.nan_to_num(local.values), list(subject.segments)), subject.rows), *figures]
    return Findings(measured, curve.controls, figures, notes=notes)


def _map(shares: np.ndarray, pictures: int) -> Figure:
    return heat_map(
        "coefficient_map",
        "Where the influence lies",
        [
            {"column": column, "row": row, "share": float(shares[row, column])}
            for row in range(shares.shape[0])
            for column in range(shares.shape[1])
        ],
        x=Axis(field="column", title="Column"),
        y=Axis(field="row", title="Row"),
        value=Axis(field="share", title="Share of the influence", percent=True),
        caption=f"Mean |coefficient| of the segments of {pictures} pictures; no single picture is shown.",
    )
