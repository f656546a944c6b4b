"""Findings on consistency: similar rows decided alike, for everyone and for each group."""

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.plugins.fairness.individual import self_tests
from auditkit.plugins.fairness.individual.definitions import undefined
from auditkit.plugins.fairness.individual.neighbours import chance, consistency, distance_space, nearest
from auditkit.plugins.fairness.individual.parameters import Parameters
from auditkit.results import Axis, Control, Measurement, Rule
from auditkit.smaller import slices_and_smaller
from auditkit.too_few import fewer_than, lacking


def find_alike(parameters: Parameters, data: AuditData, context: Context) -> Findings:
    """Agreement with the nearest others: for everyone, and for each group."""
    k, decisions = parameters.neighbours, context.predictions.codes
    # Two people who differ in a sensitive attribute only are alike for this check.
    columns = {data.column_of(name): name for name in data.groups}
    points = distance_space(data, columns)
    why = None
    if len(data) < max(k + 2, 20):
        why = fewer_than(max(k + 2, 20), f"rows, too few to have {k} neighbours that are near")
    elif not points.shape[1]:
        why = "no feature beside the sensitive attributes tells the rows apart"
    if why is not None:
        return Findings([undefined("consistency", why)], notes=[f"Consistency was not measured: {why}."])
    context.progress(0, 2, "nearest neighbours")
    # One more than is compared with: the jackknife needs whoever comes next where a neighbour is left out.
    near = nearest(points, k + 1)
    weights = np.ones(len(data)) if data.weights is None else data.weights
    measurements = [_consistent(decisions, near, weights, {}, len(data))]
    for cell in slices_and_smaller(data):
        reason = data.unmeasured(cell, "rows drawn") or lacking(cell.n, 2, "rows drawn")
        if reason is None:
            measurements.append(_consistent(decisions, near, weights * cell.rows, cell.where, cell.n))
        else:
            measurements.append(undefined("consistency", reason, slice=cell.where))
    # Where nearly all get the same decision, nearly all neighbours agree, so the number is read beside this one.
    level = chance(decisions)
    expected = Measurement(name="chance_consistency", value=level, exact=True, n=len(data), unit="share")
    dots = figures.dot_whisker(
        "consistency", f"Consistency with the {k} nearest others", measurements,
        axis=Axis(field="value", title="Consistency", unit="share", percent=True),
        rules=[Rule(value=level, label="shuffled decisions")], caption="Lines are 95 % intervals by the jackknife.",
    )  # fmt: skip
    left_out = [column for column in columns if column in data.feature_names]
    note = f"Neighbours are found among {len(data):,} rows"
    note += f", without {', '.join(left_out)}." if left_out else "; none of their columns is a sensitive attribute."
    return Findings(
        [*measurements, expected], _neighbour_controls(parameters, points, near, decisions, context.rng),
        [dots] if dots else [], notes=[note],
    )  # fmt: skip


def _consistent(
    decisions: np.ndarray, near: np.ndarray, weights: np.ndarray, where: dict[str, str], n: int
) -> Measurement:
    value, interval = consistency(decisions, near, weights)
    return Measurement(
        name="consistency", value=value, interval=interval, n=n, unit="share", direction="higher", slice=where
    )


def _neighbour_controls(
    parameters: Parameters, points: np.ndarray, near: np.ndarray, decisions: np.ndarray, rng: np.random.Generator
) -> list[Control]:
    deviation = self_tests.neighbour_deviation(points, near, rng)
    errors_off = self_tests.shuffled_deviation(decisions, near[:, :-1], parameters.shuffles, rng)
    return [
        Control.within(
            "neighbours", "Are the neighbours of some rows the nearest when all others are measured one by one?",
            deviation if np.isfinite(deviation) else None, at_most=1e-6, guards=("consistency",),
            reason="others are nearer than the neighbours that were compared with",
        ),
        Control.within(
            "shuffled decisions",
            "How many standard errors is the consistency of shuffled decisions from the chance level?",
            errors_off if np.isfinite(errors_off) else None, at_most=4, guards=("consistency", "chance_consistency"),
            reason="decisions that have nothing to do with the rows agree with their neighbours more or less than "
            "by chance",
        ),
    ]  # fmt: skip
