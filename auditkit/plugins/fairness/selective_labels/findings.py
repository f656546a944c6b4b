"""From decisions and some labels to findings: bounds for everyone and groups, their differences, a control."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.plugins.fairness.selective_labels import bounds
from auditkit.plugins.fairness.selective_labels.bounds import Answers, Bounds
from auditkit.plugins.fairness.selective_labels.definitions import (
    BOUNDS,
    DEFINITIONS,
    DIFFERENCE,
    RATES,
    UNLABELLED,
)
from auditkit.plugins.fairness.selective_labels.parameters import Parameters
from auditkit.plugins.fairness.selective_labels.self_tests import hidden_labels
from auditkit.plugins.fairness.shared.partition import Split, split
from auditkit.results import POSSIBLE, Axis, Figure, Interval, LeftOut, Level, Measurement, Rule, left_out_text
from auditkit.smaller import slices_and_smaller
from auditkit.too_few import lacking, two_groups

LEVEL = 0.95
OF: dict[str, Callable[[Answers], Bounds]] = {
    "accuracy": bounds.accuracy,
    "precision": bounds.precision,
    "true_positive_rate": bounds.true_positive_rate,
    "false_positive_rate": bounds.false_positive_rate,
}
COUNTED = {
    "accuracy": "people with a known label",
    "precision": "selected people with a known label",
    "true_positive_rate": "people known to be positive",
    "false_positive_rate": "people known to be negative",
}
"""What the denominator of a rate counts among people whose label is known."""


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.selective_labels` says about these decisions."""
    predictions = context.predictions
    known = np.ones(len(data), dtype=bool) if data.known is None else data.known
    answers = Answers(predictions.selected, predictions.outcomes, known, data.weights, data.clusters)
    everyone: tuple[dict[str, str], Any, str | None] = ({}, np.ones(len(data), dtype=bool), None)
    cells = [everyone, *((dict(cell.where), cell.rows, cell.hidden) for cell in slices_and_smaller(data))]
    measurements = []
    for number, (name, rate) in enumerate(OF.items()):
        context.progress(number, len(OF), "bounds")
        measurements += [_rate(name, rate, answers, cell, data) for cell in cells]
        for attributes in data.cells.subsets(parameters.intersections) if data.groups else ():
            measurements.append(_widest(name, rate, answers, split(data, attributes), data))
    measurements += _unlabelled(answers, cells)
    return Findings(
        measurements=measurements, figures=_figures(measurements), level=level,
        controls=[hidden_labels(answers, OF, parameters.trials, context.rng)],
        notes=["Nothing was filled in for labels that are not known, and nothing is assumed about them."],
    )  # fmt: skip


def _rate(
    name: str,
    rate: Callable[[Answers], Bounds],
    answers: Answers,
    cell: tuple[dict[str, str], Any, str | None],
    data: AuditData,
) -> Measurement:
    where, rows, hidden = cell
    some, meaning = answers.take(rows), DEFINITIONS[name + BOUNDS]
    common: dict[str, Any] = {"name": name + BOUNDS, "slice": where, "unit": meaning.unit}
    ends = rate(some)
    # everyone is shown whatever their number
    why = hidden or lacking(int(ends.known.rows.sum()), data.minimum_rate if where else 1, COUNTED[name])
    if why:
        return Measurement(value=None, reason=why, **common)
    low, high, method = bounds.possible(ends, some, LEVEL)
    value = bounds.estimated(ends.known, some, 0.0).value
    interval = Interval(
        low=float(low.low), high=float(high.high), level=LEVEL, method=f"{POSSIBLE}: {method} of both bounds"
    )
    return Measurement(value=value, interval=interval, n=int(ends.known.rows.sum()), **common)


def _widest(
    name: str, rate: Callable[[Answers], Bounds], answers: Answers, groups: Split, data: AuditData
) -> Measurement:
    """The widest difference over the groups of some attributes."""
    meaning = DEFINITIONS[name + DIFFERENCE]
    common: dict[str, Any] = {
        "name": name + DIFFERENCE, "across": groups.attributes, "unit": meaning.unit, "direction": meaning.direction,
    }  # fmt: skip
    missing, parts = list(groups.left_out), []
    for place, where in enumerate(groups.usable):
        some = answers.take(groups.codes == place)
        ends = rate(some)
        why = lacking(int(ends.known.rows.sum()), data.minimum_rate, COUNTED[name])
        if why is not None:
            missing.append(LeftOut(slice=where, reason=why))
            continue
        parts.append((some, ends))
    if len(parts) < 2:
        reason = two_groups(groups.attributes, left_out=left_out_text(missing))
        return Measurement(value=None, reason=reason, validity="inconclusive", left_out=tuple(missing), **common)
    level = stats.sidak_level(LEVEL, len(parts) * (len(parts) - 1) // 2)
    possible = [bounds.possible(ends, some, level) for some, ends in parts]
    values = [bounds.estimated(ends.known, some, 0.0).value for some, ends in parts]
    low, high = bounds.widest([(lowest, highest) for lowest, highest, _ in possible])
    return Measurement(
        value=max(values) - min(values), n=int(sum(ends.known.rows.sum() for _, ends in parts)),
        interval=Interval(low=low, high=high, level=LEVEL, method=f"{POSSIBLE}: MOVER over {possible[0][2]}"),
        left_out=tuple(missing), **common,
    )  # fmt: skip


def _unlabelled(answers: Answers, cells: Sequence[tuple[dict[str, str], Any, str | None]]) -> list[Measurement]:
    """The share of people without a label, of each cell, and of those who were selected and were not."""
    parts: list[tuple[dict[str, str], dict[str, str], Answers, str | None]] = [
        (where, {}, answers.take(rows), hidden) for where, rows, hidden in cells
    ]
    for decision, rows in (("selected", answers.selected), ("not selected", ~answers.selected)):
        parts.append(({}, {"decision": decision}, answers.take(rows), None))
    measurements = []
    for where, conditions, some, hidden in parts:
        common: dict[str, Any] = {"name": UNLABELLED, "slice": where, "conditions": conditions, "unit": "share"}
        why = hidden or lacking(len(some.known), 1, "people")
        if why:
            measurements.append(Measurement(value=None, reason=why, **common))
            continue
        everyone = bounds.Share(np.ones(len(some.known), dtype=bool), ~some.known)
        share = bounds.estimated(everyone, some, 0.0, LEVEL)
        measurements.append(Measurement(value=share.value, interval=share.interval, n=len(some.known), **common))
    return measurements


def _figures(measurements: Sequence[Measurement]) -> list[Figure]:
    drawn = []
    caption = (
        "Dots are about people whose label is known; lines hold whatever the other labels are, with 95 % confidence."
    )
    for name, (title, _, _) in RATES.items():
        axis = Axis(field="value", title=title, unit="share", percent=True)
        rates = [one for one in measurements if one.name == name + BOUNDS]
        drawn.append(figures.dot_whisker(name + BOUNDS, title, rates, axis=axis, caption=caption))
        gaps = [one for one in measurements if one.name == name + DIFFERENCE]
        rules = (Rule(value=0, label="no difference"),)
        drawn.append(
            figures.forest(name + DIFFERENCE, f"{title}: differences", gaps, axis=axis, rules=rules, caption=caption)
        )
    return [figure for figure in drawn if figure is not None]
