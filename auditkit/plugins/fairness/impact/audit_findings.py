"""From decisions or scores to findings: what `fairness.bias_audit` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.counts import count
from auditkit.plugins.fairness.impact import audit_tables, favourable, self_tests
from auditkit.plugins.fairness.impact.assessed import Assessed
from auditkit.plugins.fairness.impact.audit_counts import Breakdown, break_down
from auditkit.plugins.fairness.impact.definitions import SCORED
from auditkit.plugins.fairness.impact.median import median
from auditkit.plugins.fairness.impact.selection import lowest_ratios, why_no_ratio
from auditkit.results import Axis, Control, Figure, Level, Measurement
from auditkit.value_spelling import spelling

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.plugins.fairness.impact.audit_parameters import Attributes, Mode, Parameters

LEFT_OUT = "left out of the ratios by the auditor's choice"
NAMES = ("sex", "race_ethnicity", "intersectional")


def find(
    parameters: Parameters, attributes: Attributes, mode: Mode, data: AuditData, context: Context, level: Level
) -> Findings:
    """Everything that `fairness.bias_audit` says about these decisions or scores."""
    assessed = _assess(parameters, mode, data, context)
    measurements, controls, drawn, tables, notes = [], [], [], [], []
    for number, each in enumerate(assessed):
        breakdowns = _break_down(parameters, attributes, each, data)
        for part in breakdowns:  # the rule holds every category against the most selected one, whoever that is
            measurements += lowest_ratios(part.found, part.compared, data, reference=False, conditions=each.conditions)
        measurements += [made for part in breakdowns for made in _measurements(part, each)]
        if not number:  # who is in which category does not depend on the class
            measurements += [*_unknown(breakdowns), *_median(each, parameters, data)]
            notes += favourable.notes(data, context.predictions.classes if data.task == "multiclass" else ())
            notes += audit_tables.notes(parameters, attributes, breakdowns, each, data)
        measurements += _compared(breakdowns, attributes, each)
        controls += _controls(breakdowns, each, data)
        drawn += _figures(measurements, each)
        tables += audit_tables.tables(parameters, breakdowns, each, data)
        context.progress(number + 1, len(assessed), "categories")
    return Findings(
        measurements=measurements, controls=controls, figures=drawn, tables=tables, notes=notes, level=level,
        definitions={} if mode == "selection" else SCORED,
    )  # fmt: skip


def _assess(parameters: Parameters, mode: Mode, data: AuditData, context: Context) -> list[Assessed]:
    predictions = context.predictions
    if mode == "scoring" and parameters.decisions_are == "selected":
        scores = predictions.labels if data.task == "regression" else predictions.scores
        middle = median(scores, data.people)
        people = np.ones(len(scores), dtype=np.int64) if data.people is None else data.people
        at = int(people[scores == middle].sum())
        return [Assessed(mode, (scores > middle).astype(np.int64), median=middle, at_median=at)]
    codes = predictions.codes
    if data.task == "binary":
        return [Assessed(mode, np.where(codes < 0, -1, codes == predictions.positive))]
    return [
        Assessed(mode, np.where(codes < 0, -1, codes == position), str(name), f"_{position + 1}")
        for position, name in enumerate(predictions.classes)
        if data.outcome_of(spelling(name)) != "burden"
    ]


def _break_down(parameters: Parameters, attributes: Attributes, assessed: Assessed, data: AuditData) -> list[Breakdown]:
    names = [name for name in attributes if name is not None]
    counts = count({name: data.groups[name] for name in names}, assessed.decisions, people=data.people)
    sets: list[tuple[str, tuple[str, ...]]] = [
        (kind, (name,)) for kind, name in zip(NAMES, attributes, strict=False) if name is not None
    ]
    if len(names) > 1:
        sets.append((NAMES[2], tuple(names)))
    parts = [
        break_down(kind, texts, counts, data, parameters.unknown, parameters.exclude_under) for kind, texts in sets
    ]
    return [part._replace(found=part.found._replace(rate=assessed.rate)) for part in parts]


def _measurements(part: Breakdown, assessed: Assessed) -> list[Measurement]:
    selection, made = part.found, []
    for at, where in enumerate(selection.where):
        common: dict[str, Any] = {"slice": where, "conditions": assessed.conditions}
        reason, x, n = selection.reasons[at], int(selection.selected[at]), int(selection.people[at])
        if reason is not None:
            for name, unit in (("applicants", "people"), (assessed.rate, "share"), ("impact_ratio", "")):
                made.append(Measurement(name=name, value=None, reason=reason, unit=unit, **common))
            continue
        made.append(Measurement(name="applicants", value=n, exact=True, n=n, unit="people", **common))
        interval = stats.wilson(x, n)
        made.append(Measurement(name=assessed.rate, value=x / n, interval=interval, n=n, unit="share", **common))
        made.append(_ratio(part, at, common))
    return made


def _ratio(part: Breakdown, at: int, common: dict[str, Any]) -> Measurement:
    common = {"name": "impact_ratio", "direction": "higher", **common}
    if at in part.excluded:
        share = float(part.share(at))
        return Measurement(value=None, reason=f"{LEFT_OUT}: {share:.2%} of the people", **common)
    if part.ratios is None:
        return Measurement(value=None, reason=why_no_ratio(part.compared), **common)
    return Measurement(
        value=part.ratios.values[at], interval=part.ratios.intervals[at], exact=at == part.ratios.highest,
        n=int(part.found.people[at]), left_out=part.found.lacking, pairs=part.ratios.pair(part.found, at), **common,
    )  # fmt: skip


def _unknown(breakdowns: list[Breakdown]) -> list[Measurement]:
    made = []
    for part in breakdowns:
        hidden, people = part.unknown.hidden, part.unknown.people
        common: dict[str, Any] = {"name": "unknown_category", "unit": "people", "across": part.attributes}
        made.append(
            Measurement(value=people, exact=True, **common)
            if hidden is None
            else Measurement(value=None, reason=hidden, **common)
        )
    return made


def _median(assessed: Assessed, parameters: Parameters, data: AuditData) -> list[Measurement]:
    if assessed.mode == "selection":
        return []
    if assessed.median is None:
        reason = f'it was found before the decisions were made (decisions_are = "{parameters.decisions_are}")'
        return [Measurement(name="median_score", value=None, reason=reason)]
    people = len(data) if data.people is None else int(data.people.sum())
    return [Measurement(name="median_score", value=assessed.median, exact=True, n=people)]


def _compared(breakdowns: list[Breakdown], attributes: Attributes, assessed: Assessed) -> list[Measurement]:
    """How many categories of each of the rule's three tables have a ratio; undefined where the table is lacking."""
    made, there = [], {part.name: part for part in breakdowns}
    lacking = [NAMES[at] for at, name in enumerate(attributes) if name is None]
    for kind in NAMES:
        common: dict[str, Any] = {
            "name": f"{kind}_categories", "unit": "categories", "conditions": assessed.conditions,
        }  # fmt: skip
        part = there.get(kind)
        if part is None:
            reason = f"no attribute is named as {' or '.join(text.replace('_', '/') for text in lacking)}"
            made.append(Measurement(value=None, reason=reason, **common))
        elif part.ratios is None:
            reason = why_no_ratio(part.compared)
            made.append(Measurement(value=None, reason=reason, across=part.attributes, **common))
        else:
            made.append(Measurement(value=len(part.compared), exact=True, across=part.attributes, **common))
    return made


def _controls(breakdowns: list[Breakdown], assessed: Assessed, data: AuditData) -> list[Control]:
    suffix = "" if assessed.classified is None else f", {assessed.classified}"
    again = self_tests.recount([part.found for part in breakdowns], data, assessed.decisions)
    people = np.ones(len(assessed.decisions), dtype=np.int64) if data.people is None else data.people
    rated = int(people[assessed.decisions >= 0].sum())
    gap = max(abs(rated - part.unknown.people - int(part.found.people.sum())) for part in breakdowns)
    adds_up = Control.within(
        "adds up",
        "Do the categories of each table and the people in an unknown category make up all who were rated?",
        float(gap),
        at_most=0,
        reason="people are missing from a table, or are in it twice",
    )
    return [control.model_copy(update={"name": control.name + suffix}) for control in (again, adds_up)]


def _figures(measurements: list[Measurement], assessed: Assessed) -> list[Figure]:
    """Rates and ratios per category; no line at any ratio, for the rule has none."""
    mine = [measurement for measurement in measurements if measurement.conditions == assessed.conditions]
    of = "" if assessed.classified is None else f", classified as {assessed.classified}"
    made = []
    for name, title, caption, axis in (
        (
            assessed.rate,
            f"{assessed.mode.capitalize()} rate per category",
            "Lines are 95 % Wilson intervals, which the rule does not require.",
            Axis(field="value", title=f"{assessed.mode.capitalize()} rate", unit="share", percent=True),
        ),
        (
            "impact_ratio",
            "Impact ratio per category",
            "Lines are 95 % score intervals for all pairs of categories at once, which the rule does not require. The "
            "rule sets no value that a ratio must reach. Categories left out by the auditor are not drawn.",
            Axis(field="value", title="Impact ratio"),
        ),
    ):
        some = [
            measurement
            for measurement in mine
            if measurement.name == name and not (measurement.reason or "").startswith(LEFT_OUT)
        ]
        made.append(figures.dot_whisker(f"{name}{assessed.suffix}", f"{title}{of}", some, axis=axis, caption=caption))
    return [figure for figure in made if figure is not None]
