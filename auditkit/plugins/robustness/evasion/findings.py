"""From an attack to findings: what `robustness.evasion` says.

Robust accuracy of everyone, of each group, and between groups; curves over epsilon, and groups at one epsilon.
"""

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.robustness.attackability import unsteady, way
from auditkit.plugins.robustness.evasion import controls, decision_attack, worst_cases
from auditkit.plugins.robustness.evasion.outcome import Outcome
from auditkit.plugins.robustness.evasion.parameters import Parameters
from auditkit.plugins.robustness.shares import (
    Mass,
    ShareGap,
    comparable,
    median_distance,
    share_gap,
    share_of,
    tested_gaps,
)
from auditkit.results import Axis, Figure, Measurement, Scalar, left_out_text
from auditkit.smaller import slices_and_smaller
from auditkit.too_few import two_groups

UNTRIED = "the time limit was reached before the attack itself was tried"
COUNTED = "attacked rows"
ACCURACY = Axis(field="accuracy", title="accuracy", percent=True, domain=(0, 1))
LINES = 4
"""Groups of one attribute above which their curves could not be told apart."""


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Attack these rows, and say what withstood."""
    has_gradients = way(model, data) == "gradient"
    context.keep(
        Findings(
            measurements=[
                share_of(
                    "clean_accuracy", context.predictions.codes == context.predictions.truth, clusters=data.clusters
                )
            ]
        )
    )
    if has_gradients:
        from auditkit.plugins.robustness.evasion.gradient_attack import attack

        def keep(outcome: Outcome) -> None:
            context.keep(_untried(parameters, outcome._replace(clusters=data.clusters)))

        outcome = attack(parameters, model, data, context, keep)
    else:
        outcome = decision_attack.attack(parameters, data, context)
    outcome = outcome._replace(clusters=data.clusters)
    repeatable = controls.steady_control(unsteady(model, data, context.predictions))
    clean, robust = (
        share_of("clean_accuracy", outcome.broken_at > 0, clusters=outcome.clusters),
        _curve(parameters, outcome),
    )
    groups = [
        _robust(outcome, parameters.middle, cell.rows, cell.where, data.unmeasured(cell, COUNTED))
        for cell in slices_and_smaller(data)
    ]
    # tested together by Holm's method
    gaps = [_gap(outcome, data, attribute, parameters.middle) for attribute in data.groups]
    differences = tested_gaps(gaps, data, parameters.permutations, context.rng, "robustness.evasion")
    none_found = "no change was found that makes the model wrong"
    distances, norm = outcome.distances, {"norm": outcome.norm}
    median = [] if distances is None else [median_distance(distances, norm, none_found)]
    queries = Measurement(name="queries", value=outcome.queries, exact=True, n=len(data), unit="rows")
    # pictures of rows, only where the owner allows rows to be shown
    worst = worst_cases.grid(outcome.pictures) if context.include_rows and outcome.pictures else None
    return Findings(
        # what is compared over groups comes first: a report may show the first number alone
        measurements=[robust[0], clean, *robust[1:], *groups, *differences, *median, queries],
        controls=[repeatable, *outcome.controls],
        figures=[*_figures(clean, robust, groups, outcome, data), *([worst] if worst else [])],
        notes=outcome.notes,
        level="model" if has_gradients else "queries",
        higher_level="" if has_gradients else None,
    )


def _curve(parameters: Parameters, outcome: Outcome) -> list[Measurement]:
    """Robust accuracy at every epsilon, that at which groups are compared first."""
    return [
        _robust(outcome, epsilon)
        for epsilon in sorted(parameters.grid, key=lambda epsilon: epsilon != parameters.middle)
    ]


def _untried(parameters: Parameters, outcome: Outcome) -> Findings:
    """What is left where the time runs out after the attack and before its trials."""
    doubtful = {"validity": "inconclusive", "reason": UNTRIED}
    robust = [measurement.model_copy(update=doubtful) for measurement in _curve(parameters, outcome)]
    return Findings(
        measurements=[
            robust[0],
            share_of("clean_accuracy", outcome.broken_at > 0, clusters=outcome.clusters),
            *robust[1:],
        ]
    )


def _robust(
    outcome: Outcome, epsilon: float, rows: np.ndarray | None = None, where: dict[str, str] | None = None,
    reason: str | None = None,
) -> Measurement:  # fmt: skip
    """Robust accuracy at an epsilon, on some rows; `reason` is why it may not be said."""
    some = rows if rows is not None else slice(None)
    withstood, clusters = outcome.broken_at[some] > epsilon, outcome.clusters
    conditions = {"epsilon": epsilon, "norm": outcome.norm}
    return share_of(
        "robust_accuracy",
        withstood,
        reason=reason,
        slice=where or {},
        conditions=conditions,
        clusters=None if clusters is None else clusters[some],
    )


def _gap(outcome: Outcome, data: AuditData, attribute: str, epsilon: float) -> ShareGap:
    """Rows that withstand in every group of an attribute that may be shown, and the other groups."""
    cells, hidden = comparable(attribute, data, lambda cell: data.unmeasured(cell, COUNTED))
    return share_gap(
        "robust_accuracy_difference", "robust_accuracy", outcome.broken_at > epsilon, Mass(clusters=outcome.clusters),
        cells,
        {"across": (attribute,), "conditions": {"epsilon": epsilon, "norm": outcome.norm}, "left_out": hidden},
        two_groups([attribute], "can be assessed", left_out_text(hidden)),
    )  # fmt: skip


def _figures(
    clean: Measurement, robust: list[Measurement], groups: list[Measurement], outcome: Outcome, data: AuditData
) -> list[Figure]:
    """Robust accuracy over epsilon; where groups may be shown, each group's, and all of them at one epsilon."""
    by_size = sorted(robust, key=lambda measurement: float(measurement.conditions["epsilon"] or 0))
    charts = [
        figures.curve(
            "robust-accuracy", "Accuracy under attack over the size of the change",
            [_point(measurement) for measurement in (clean, *by_size)],
            x=Axis(field="epsilon", title="epsilon", unit=outcome.norm), y=ACCURACY, low="low", high="high",
            caption="Epsilon 0 is accuracy without an attack; the band is a 95 % interval.",
        )
    ]  # fmt: skip
    if groups:
        size = f"epsilon {groups[0].conditions['epsilon']:g}, {groups[0].conditions['norm']}"
        unconditioned = [group.model_copy(update={"conditions": {}}) for group in groups]  # said once, in the title
        at_one = figures.dot_whisker(
            "robust-accuracy-by-group", f"Accuracy under attack by group ({size})", unconditioned
        )
        charts += [] if at_one is None else [at_one]
    epsilons = [float(measurement.conditions["epsilon"] or 0) for measurement in by_size]
    return [*charts, *_by_group(outcome, data, epsilons)]


def _by_group(outcome: Outcome, data: AuditData, epsilons: list[float]) -> list[Figure]:
    """A line for each group, for every attribute with a few groups that may be shown."""
    charts = []
    for attribute in data.groups:
        cells, _ = comparable(attribute, data, lambda cell: data.unmeasured(cell, COUNTED))
        if not 2 <= len(cells) <= LINES:
            continue
        points = [
            {**_point(measurement), "group": cell.where[attribute]}
            for cell in cells
            for measurement in (
                share_of("clean_accuracy", outcome.broken_at[cell.rows] > 0),
                *(_robust(outcome, epsilon, cell.rows, cell.where) for epsilon in epsilons),
            )
        ]
        charts.append(
            figures.curve(
                f"robust-accuracy-over-{attribute}", f"Accuracy under attack by {attribute}",
                points, x=Axis(field="epsilon", title="epsilon", unit=outcome.norm),
                y=ACCURACY, series=Axis(field="group", title=attribute),
            )
        )  # fmt: skip
    return charts


def _point(measurement: Measurement) -> dict[str, Scalar]:
    """A share over epsilon, which is 0 without an attack."""
    ends = present(measurement.interval, "every share has one")
    return {
        "epsilon": measurement.conditions.get("epsilon", 0.0), "accuracy": measurement.value, "low": ends.low,
        "high": ends.high, "n": measurement.n,
    }  # fmt: skip
