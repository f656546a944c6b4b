"""From decisions or scores to findings: what `fairness.bias_audit` says."""

from typing import Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.counts import count
from auditkit.data import AuditData
from auditkit.plugins.fairness.impact import audit_tables, favourable, self_tests
from auditkit.plugins.fairness.impact.audit_tables import Assessed, Breakdown, break_down, median
from auditkit.plugins.fairness.impact.definitions import SCORED
from auditkit.plugins.fairness.impact.parameters import Attributes, AuditParameters, Mode
from auditkit.plugins.fairness.impact.selection import lowest_ratios, why_no_ratio
from auditkit.results import Axis, Control, Figure, Level, Measurement
from auditkit.value_spelling import spelling

LEFT_OUT = "left out of the ratios by the auditor's choice"
NAMES = ("sex", "race_ethnicity", "intersectional")


def find(
    parameters: AuditParameters, attributes: Attributes, mode: Mode, data: AuditData, context: Context, level: Level
) -> Findings:
    """Everything that `fairness.bias_audit` says about these decisions or scores."""
    assessed = _assess(parameters, mode, data, context)
    measurements, controls, drawn, tables, notes = [], [], [], [], []
    for number, rated in enumerate(assessed):
        breakdowns = _break_down(parameters, attributes, rated, data)
        for breakdown in breakdowns:  # the rule holds every category against the most selected one, whoever that is
            measurements += lowest_ratios(
                breakdown.groups, breakdown.compared, data, reference=False, conditions=rated.conditions
            )
        measurements += [measurement for breakdown in breakdowns for measurement in _measurements(breakdown, rated)]
        if not number:  # who is in which category does not depend on the class
            measurements += [*_unknown(breakdowns), *_median(rated, parameters, data)]
            notes += favourable.notes(data, context.predictions.classes if data.task == "multiclass" else ())
            notes += audit_tables.notes(parameters, attributes, breakdowns, rated, data)
        measurements += _compared(breakdowns, attributes, rated)
        controls += _controls(breakdowns, rated, data)
        drawn += _figures(measurements, rated)
        tables += audit_tables.tables(parameters, breakdowns, rated, data)
        context.progress(number + 1, len(assessed), "categories")
    return Findings(
        measurements=measurements, controls=controls, figures=drawn, tables=tables, notes=notes, level=level,
        definitions={} if mode == "selection" else SCORED,
    )  # fmt: skip


def _assess(parameters: AuditParameters, mode: Mode, data: AuditData, context: Context) -> list[Assessed]:
    predictions = context.predictions
    if mode == "scoring" and parameters.decisions_are == "selected":
        scores = predictions.labels if data.task == "regression" else predictions.scores
        # The rule takes the median of everybody assessed, so it is found before people of unknown categories are set
        # apart.
        middle = median(scores, data.people)
        people = np.ones(len(scores), dtype=np.int64) if data.people is None else data.people
        at_middle = int(people[scores == middle].sum())
        return [Assessed(mode, (scores > middle).astype(np.int64), median=middle, at_median=at_middle)]
    codes = predictions.codes
    if data.task == "binary":
        return [Assessed(mode, np.where(codes < 0, -1, codes == predictions.positive))]
    return [
        Assessed(mode, np.where(codes < 0, -1, codes == position), str(name), f"_{position + 1}")
        for position, name in enumerate(predictions.classes)
        if data.outcome_of(spelling(name)) != "burden"
    ]


def _break_down(
    parameters: AuditParameters, attributes: Attributes, assessed: Assessed, data: AuditData
) -> list[Breakdown]:
    names = [name for name in attributes if name is not None]
    counts = count({name: data.groups[name] for name in names}, assessed.decisions, people=data.people)
    sets: list[tuple[str, tuple[str, ...]]] = [
        (kind, (name,)) for kind, name in zip(NAMES, attributes, strict=False) if name is not None
    ]
    if len(names) > 1:
        sets.append((NAMES[2], tuple(names)))
    return [
        break_down(kind, attributes_of_table, counts, data, parameters.unknown, parameters.exclude_under, assessed.rate)
        for kind, attributes_of_table in sets
    ]


def _measurements(breakdown: Breakdown, assessed: Assessed) -> list[Measurement]:
    groups, measurements = breakdown.groups, []
    for index, where in enumerate(groups.where):
        common: dict[str, Any] = {"slice": where, "conditions": assessed.conditions}
        reason, x, n = groups.reasons[index], int(groups.selected[index]), int(groups.people[index])
        if reason is not None:
            for name, unit in (("applicants", "people"), (assessed.rate, "share"), ("impact_ratio", "")):
                measurements.append(Measurement(name=name, value=None, reason=reason, unit=unit, **common))
            continue
        measurements.append(Measurement(name="applicants", value=n, exact=True, n=n, unit="people", **common))
        interval = stats.wilson(x, n)
        measurements.append(
            Measurement(name=assessed.rate, value=x / n, interval=interval, n=n, unit="share", **common)
        )
        measurements.append(_ratio(breakdown, index, common))
    return measurements


def _ratio(breakdown: Breakdown, index: int, common: dict[str, Any]) -> Measurement:
    common = {"name": "impact_ratio", "direction": "higher", **common}
    if breakdown.ratios is not None and index not in breakdown.excluded:
        groups = breakdown.groups
        return Measurement(left_out=groups.lacking, **breakdown.ratios.facts(groups, index), **common)
    reason = why_no_ratio(breakdown.compared)
    if index in breakdown.excluded:
        reason = f"{LEFT_OUT}: {float(breakdown.share(index)):.2%} of the people"
    return Measurement(value=None, reason=reason, **common)


def _unknown(breakdowns: list[Breakdown]) -> list[Measurement]:
    return [
        Measurement(
            name="unknown_category", value=None if hidden else people, exact=hidden is None, reason=hidden,
            unit="people", across=breakdown.attributes,
        )
        for breakdown in breakdowns
        for people, hidden, _ in [breakdown.unknown]
    ]  # fmt: skip


def _median(assessed: Assessed, parameters: AuditParameters, data: AuditData) -> list[Measurement]:
    if assessed.mode == "selection":
        return []
    if assessed.median is None:
        reason = f'it was found before the decisions were made (decisions_are = "{parameters.decisions_are}")'
        return [Measurement(name="median_score", value=None, reason=reason)]
    return [Measurement(name="median_score", value=assessed.median, exact=True, n=data.size)]


def _compared(breakdowns: list[Breakdown], attributes: Attributes, assessed: Assessed) -> list[Measurement]:
    """How many categories of each of the rule's three tables have a ratio; undefined where the table is lacking."""
    measurements, by_kind = [], {breakdown.name: breakdown for breakdown in breakdowns}
    lacking = [NAMES[index] for index, name in enumerate(attributes) if name is None]
    for kind in NAMES:
        common: dict[str, Any] = {
            "name": f"{kind}_categories", "unit": "categories", "conditions": assessed.conditions,
        }  # fmt: skip
        breakdown = by_kind.get(kind)
        if breakdown is None:
            reason = f"no attribute is named as {' or '.join(name.replace('_', '/') for name in lacking)}"
            measurements.append(Measurement(value=None, reason=reason, **common))
        elif breakdown.ratios is None:
            reason = why_no_ratio(breakdown.compared)
            measurements.append(Measurement(value=None, reason=reason, across=breakdown.attributes, **common))
        else:
            measurements.append(
                Measurement(value=len(breakdown.compared), exact=True, across=breakdown.attributes, **common)
            )
    return measurements


def _controls(breakdowns: list[Breakdown], assessed: Assessed, data: AuditData) -> list[Control]:
    suffix = "" if assessed.classified is None else f", {assessed.classified}"
    recount = self_tests.recount([breakdown.groups for breakdown in breakdowns], data, assessed.decisions)
    people = np.ones(len(assessed.decisions), dtype=np.int64) if data.people is None else data.people
    # Added up from the rows, and not from the tables that are tried.
    rated = int(people[assessed.decisions >= 0].sum())
    gap = max(abs(rated - breakdown.unknown.people - int(breakdown.groups.people.sum())) for breakdown in breakdowns)
    adds_up = Control.within(
        "adds up",
        "Do the categories of each table and the people in an unknown category make up all who were rated?",
        float(gap),
        at_most=0,
        reason="people are missing from a table, or are in it twice",
    )
    return [control.model_copy(update={"name": control.name + suffix}) for control in (recount, adds_up)]


def _figures(measurements: list[Measurement], assessed: Assessed) -> list[Figure]:
    """Rates and ratios per category; no line at any ratio, for the rule has none."""
    of_class = [measurement for measurement in measurements if measurement.conditions == assessed.conditions]
    of = "" if assessed.classified is None else f", classified as {assessed.classified}"
    drawings = (
        figures.dot_whisker(
            f"{name}{assessed.suffix}", f"{title}{of}",
            [
                measurement for measurement in of_class
                if measurement.name == name and not (measurement.reason or "").startswith(LEFT_OUT)
            ],
            axis=axis, caption=caption,
        )
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
                "Lines are 95 % score intervals for all pairs of categories at once, which the rule does not require. "
                "The rule sets no value that a ratio must reach. Categories left out by the auditor are not drawn.",
                Axis(field="value", title="Impact ratio"),
            ),
        )
    )  # fmt: skip
    return list(filter(None, drawings))
