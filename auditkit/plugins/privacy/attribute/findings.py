"""From answers to findings: what is imputed and inferred of each column, and what of it is about members alone."""

from typing import Any, NamedTuple

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.model_inputs import seeing
from auditkit.models import Model
from auditkit.plugins.privacy.attribute import self_tests
from auditkit.plugins.privacy.attribute.attacks import excess, gain
from auditkit.plugins.privacy.attribute.definitions import measured
from auditkit.plugins.privacy.attribute.inference import ATTACKS, Inferred, Known, infer
from auditkit.plugins.privacy.attribute.parameters import Parameters
from auditkit.plugins.privacy.attribute.sides import Rows, gather
from auditkit.plugins.privacy.attribute.target import target_of, why_not
from auditkit.plugins.privacy.shared.persons import effective_persons
from auditkit.results import Axis, Column, Control, Measurement, Rule, Scalar, Table

LEAST = 100
"""Rows that each side needs before anything is said of a column."""
SIDES = ("members", "non-members")


class OfColumn(NamedTuple):
    """What is found about one column."""

    measurements: list[Measurement]
    controls: list[Control]
    rows: list[tuple[Scalar, ...]]
    """Of the table."""
    notes: list[str]


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Everything that `privacy.attribute_inference` says about this model."""
    columns = columns_of(parameters, data)
    context.progress(0, len(columns) + 1, "asking about members")
    rows = gather(model, data, context.predictions, context.rng)
    gives = seeing(model, data)
    parts = []
    for step, column in enumerate(columns):
        context.progress(step + 1, len(columns) + 1, f"inferring {column}")
        reason = "the model is not given this column" if gives.gives(column) is False else None
        parts.append(_undefined(column, reason) if reason else _of_column(parameters, column, data, rows, context))
    measurements = [measurement for part in parts for measurement in part.measurements]
    controls = [control for part in parts for control in part.controls]
    if controls:
        controls.append(rows.overlap.control(("attribute_excess",)))
    notes = [note for part in parts for note in part.notes]
    notes += rows.overlap.note()
    lines = [line for part in parts for line in part.rows]
    drawn = [number for number in measurements if number.name == "attribute_excess" and number.value is not None]
    dots = figures.forest(
        "excess", "What the answers tell of members beyond what they tell of others", drawn,
        axis=Axis(field="value", title="Share of rows inferred rightly", unit="share", percent=True),
        rules=[Rule(value=0, label="no leak of members")], caption="Lines are 95 % intervals.",
    )  # fmt: skip
    return Findings(measurements, controls, [dots] if dots else [], [_table(lines)] if lines else [], notes)


def columns_of(parameters: Parameters, data: AuditData) -> list[str]:
    """The columns that are inferred: those named, else those of the sensitive attributes among the inputs."""
    return [*(parameters.sensitive or dict.fromkeys(data.column_of(name) for name in data.seen_groups))]


def _undefined(column: str, reason: str) -> OfColumn:
    where: dict[str, Scalar] = {"column": column, "attack": ATTACKS[0]}
    return OfColumn([measured("attribute_excess", reason, conditions=where)], [], [], [])


def _of_column(parameters: Parameters, column: str, data: AuditData, rows: Rows, context: Context) -> OfColumn:
    position = data.feature_names.index(column)
    target = target_of(rows.codes[:, position], not rows.category[position], parameters.values)
    reason = why_not(target.classes, rows.is_member, rows.unit, LEAST)
    if reason is not None:
        return _undefined(column, reason)
    kept = target.classes >= 0
    known = Known(
        rows=rows.take(kept), others=np.delete(rows.codes[kept], position, axis=1),
        category=np.delete(rows.category, position), classes=target.classes[kept], values=len(target.candidates),
        seed=context.seed,
    )  # fmt: skip
    inferred = infer(known, position, target.candidates)
    rng = context.rng
    controls = [
        self_tests.blind(known, column),
        self_tests.shuffled(known, inferred, column, rng),
        self_tests.planted(known, inferred, column, rng),
        self_tests.placebo(known, inferred, position, target.candidates, column, rng),
    ]
    notes = []
    if target.cut:
        notes.append(f"{column} has many values and was cut into {len(target.candidates)} parts of about as many rows.")
    elif not kept.all():
        notes.append(f"Of {column}, the {len(target.candidates)} most frequent values are told apart.")
    numbers, lines = _numbers(column, known, inferred)
    return OfColumn(numbers, controls, lines, notes)


def _numbers(column: str, known: Known, inferred: Inferred) -> tuple[list[Measurement], list[tuple[Scalar, ...]]]:
    members = known.rows.is_member
    sides = dict(zip(SIDES, (members, ~members), strict=True))
    # the headline first: the strongest attack, and what of it is about members
    first: list[Measurement] = []
    rest: list[Measurement] = []
    lines: list[tuple[Scalar, ...]] = []
    for attack in ATTACKS:
        gains = {
            side: gain(inferred.attacks[attack][inside], inferred.baseline[inside], known.rows.unit[inside])
            for side, inside in sides.items()
        }
        where: dict[str, Any] = {"column": column, "attack": attack}
        beyond = excess(*gains.values())
        first.append(measured("attribute_excess", beyond, conditions=where))
        for side, number in gains.items():
            rest.append(measured("attribute_gain", number, conditions={**where, "rows": side}))
        both = (inferred.baseline, inferred.attacks[attack])
        shares = [float(right[inside].mean()) for inside in sides.values() for right in both]
        lines.append((column, attack, *shares, beyond.value))
    for side, inside in sides.items():
        right, unit = float(inferred.baseline[inside].mean()), known.rows.unit[inside]
        size = effective_persons(unit)
        rest.append(
            Measurement(
                name="imputed_share", value=right, interval=stats.wilson(right * size, size), n=len(np.unique(unit)),
                unit="share", conditions={"column": column, "rows": side},
            )
        )  # fmt: skip
    return [*first, *rest], lines


def _table(lines: list[tuple[Scalar, ...]]) -> Table:
    share: dict[str, Any] = {"unit": "share", "percent": True}
    return Table(
        name="inferred", title="Rows whose value is inferred rightly",
        caption="Without: from the other columns and the label alone. With: with the model's answers too. "
        "Others: rows that the model was not trained on. Excess: the gain about members beyond that about others.",
        columns=(
            Column(name="column", title="Column"), Column(name="attack", title="Attack"),
            Column(name="members without", title="Members, without", **share),
            Column(name="members with", title="Members, with", **share),
            Column(name="others without", title="Others, without", **share),
            Column(name="others with", title="Others, with", **share),
            Column(name="excess", title="Excess", **share),
        ),
        rows=tuple(lines),
    )  # fmt: skip
