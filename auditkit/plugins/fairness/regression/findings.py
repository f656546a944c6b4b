"""From predictions to findings: measurements, controls, figures, table and notes of `fairness.regression`."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.group_pairs import pairs_among, pairs_behind
from auditkit.plugins.fairness.regression import disparities, figures, self_tests
from auditkit.plugins.fairness.regression.definitions import DEFINITIONS, KS, QUANTITIES, WASSERSTEIN, Quantity
from auditkit.plugins.fairness.regression.parameters import Parameters
from auditkit.plugins.fairness.shared import mean_trials, moments
from auditkit.plugins.fairness.shared.compared_groups import known_spread, unknown_spread
from auditkit.plugins.fairness.shared.exchangeable import MIXED
from auditkit.plugins.fairness.shared.partition import NOBODY, Split, no_intersection, smaller_splits, split
from auditkit.plugins.fairness.shared.self_tests import adjusted, false_alarms
from auditkit.results import Column, Control, Level, Measurement, Table, Test, left_out_text, pairs
from auditkit.stats import Extreme
from auditkit.text import first_few
from auditkit.variants import Group, variants

FAMILY = "all disparities of fairness.regression"
TRIED = 200
"""Groups that are recomputed from row masks."""


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.regression` says about these predictions."""
    predicted = context.predictions.labels
    residual = None if data.labels is None else predicted - data.labels
    quantities = [partition for partition in QUANTITIES if residual is not None or not partition.labelled]
    splits = [split(data, attributes) for attributes in [(), *data.cells.subsets(parameters.intersections)]]
    per_group: list[Measurement] = []
    compared: list[disparities.Compared] = []

    def means_of(quantity: Quantity, partition: Split) -> moments.Means:
        values = quantity.of(predicted, residual)
        return moments.means(partition.codes, values, data.weights, len(partition.usable), data.clusters)

    for step, partition in enumerate(splits):
        context.progress(step, len(splits) + 2, "means and distances")
        for quantity in quantities:
            means = means_of(quantity, partition)
            per_group += _per_group(quantity, partition, means, data)
            if partition.attributes:
                compared.append(disparities.compare(quantity, partition, means, data.clusters))
        if partition.attributes:
            compared += disparities.apart(partition, predicted, data.weights, data.clusters)
    context.progress(len(splits), len(splits) + 2, "shuffling groups")
    disparities.add_p_values(compared, predicted, residual, data.weights, parameters.permutations, context.rng)
    tests = sum(comparison.value is not None for comparison in compared)
    between = adjusted([_disparity(comparison, tests) for comparison in compared])
    beside = [measurement for comparison in compared for measurement in _beside(comparison, data)]
    context.progress(len(splits) + 1, len(splits) + 2, "controls")
    controls = [
        _recount(per_group, data, predicted),
        *_trials(parameters, data, context, compared, tests, predicted, residual),
    ]
    together = [
        number
        for partition in smaller_splits(data, parameters.intersections)
        for quantity in quantities
        for number in _per_group(quantity, partition, means_of(quantity, partition), data)
    ]
    return Findings(
        measurements=[*per_group, *between, *beside, *together],
        controls=controls,
        figures=figures.draw(per_group, between, splits, predicted, data.weights, data.minimum_cell),
        tables=_chance(compared),
        notes=_notes(parameters, data, splits, compared),
        level=level,
    )


def _per_group(quantity: Quantity, partition: Split, means: moments.Means, data: AuditData) -> list[Measurement]:
    measurements, group = [], 0
    known = known_spread(means)
    for where, reason in zip(partition.where, partition.reasons, strict=True):
        fields: dict[str, Any] = {"value": None, "reason": reason, "n": 0 if reason == NOBODY else None}
        if reason is None:
            value = float(means.values[group])
            fields = {"value": quantity.reported(value), "n": int(means.rows[group])}
            if not known[group]:
                fields |= {
                    "validity": "inconclusive",
                    "reason": f"{unknown_spread(means.errors[group])}: they tell nothing of its spread",
                }
            elif quantity.root and value > 0:
                fields["interval"] = moments.root_interval(means, group)
            else:
                fields["interval"] = moments.mean_interval(means, group, weighted=data.weights is not None)
            if "interval" in fields and data.clusters is not None:
                fields["interval"] = moments.by_units(fields["interval"])
            group += 1
        measurements.append(
            Measurement(name=quantity.name, unit="label units", direction=quantity.direction, slice=where, **fields)
        )
    return measurements


def _disparity(comparison: disparities.Compared, tests: int) -> Measurement:
    measurement = _measured(comparison, comparison.extreme)
    if comparison.extreme is None:
        return measurement
    test = None if comparison.p is None else Test(method=comparison.method, p=comparison.p, family=FAMILY)
    return measurement.model_copy(update={"test": test, "detectable": _detectable(comparison, tests)})


def _beside(comparison: disparities.Compared, data: AuditData) -> list[Measurement]:
    """The same among large groups, and against the reference group where one is named."""

    def again(groups: Sequence[Group], reference: Group | None) -> list[Measurement]:
        members = present(comparison.members, "of two groups or more")
        measurement = _measured(comparison, comparison.among(pairs_among(members, groups, reference)))
        return [measurement.model_copy(update={"n": members.people_of(groups)})]

    where = [] if comparison.members is None else [comparison.members.where]
    return variants(
        [_measured(comparison, comparison.extreme)], where, None if comparison.extreme is None else again, data
    )


def _measured(comparison: disparities.Compared, extreme: Extreme | None) -> Measurement:
    missing = left_out_text(comparison.left_out)
    meaning = DEFINITIONS[comparison.name]
    common: dict[str, Any] = {
        "name": comparison.name, "unit": meaning.unit, "direction": meaning.direction,
        "across": comparison.split.attributes, "left_out": tuple(comparison.left_out),
    }  # fmt: skip
    if extreme is None or comparison.members is None:
        reason = f"{comparison.reason} ({missing})" if missing else comparison.reason
        return Measurement(value=None, reason=reason, validity="inconclusive", **common)
    first: Literal["low", "high"] = "high" if meaning.direction == "higher" else "low"
    return Measurement(
        value=extreme.value, interval=extreme.interval, n=int(comparison.members.people.sum()),
        pairs=tuple(pairs_behind(extreme, [comparison.members], first)), **common,
    )  # fmt: skip


def _detectable(comparison: disparities.Compared, tests: int) -> float | None:
    if comparison.quantity is None or comparison.means is None:
        return None
    if comparison.quantity.compared == "difference":
        return moments.detectable(comparison.means, tests)
    return comparison.quantity.reported(float(np.exp(-moments.detectable(comparison.means.steady_logs(), tests))))


def _recount(per_group: list[Measurement], data: AuditData, predicted: np.ndarray) -> Control:
    quantities = {quantity.name: quantity for quantity in QUANTITIES}
    claims = [
        (quantities[measurement.name], measurement.slice, measurement.value)
        for measurement in per_group
        if measurement.value is not None
    ]
    # All numbers of some groups, not some numbers of all groups: the mask of a group serves all its numbers.
    few = set(list(dict.fromkeys(pairs(where) for _, where, _ in claims))[:TRIED])
    value = self_tests.largest_deviation(
        [claim for claim in claims if pairs(claim[1]) in few], data.groups, predicted, data.labels, data.weights
    )
    return Control.within(
        "recount",
        "Are the means and errors the same when they are computed again from the rows of each group alone?",
        value,
        at_most=1e-9,
        reason="a number differs from a second computation on the same rows, so none can be trusted",
    )


def _trials(
    parameters: Parameters,
    data: AuditData,
    context: Context,
    compared: list[disparities.Compared],
    tests: int,
    predicted: np.ndarray,
    residual: np.ndarray | None,
) -> list[Control]:
    """False alarms on shuffled groups, and finds of a planted shift; for the first attribute with two groups."""
    tried_name = "mean_prediction_difference" if residual is None else "mean_residual_difference"
    tested = (comparison for comparison in compared if comparison.p is not None)
    first = next((comparison for comparison in tested if comparison.name == tried_name), None)
    controls = []
    if first is not None:
        law = present(first.law, "a tested mean")
        values = present(first.quantity, "a tested mean").of(predicted, residual)
        sample = present(first.sample(values, data.weights), "a tested mean")
        over = " and ".join(first.split.attributes)
        names = tuple(quantity.disparity for quantity in QUANTITIES)
        alarms = mean_trials.false_alarms(sample, parameters.trials, context.rng)
        controls.append(
            false_alarms(
                "shuffled groups",
                f"Where the groups of {over} are shuffled, how often does the test call their means different?",
                alarms,
                parameters.trials,
                names,
            )
        )
        gap = moments.detectable(present(first.means, "a tested mean"), tests)
        power = mean_trials.found_when_planted(sample, gap, law, tests, parameters.trials, context.rng)
        controls.append(
            Control.within(
                "planted shift",
                f"Is a difference of {gap:.3g}, which is called detectable, found when one group of {over} is moved?",
                power,
                at_least=0.65,
                guards=names,
                on_failure="note",
                reason="there are too few people, or too uneven ones, for the differences called detectable to be "
                "found; absence of a finding says little",
            )
        )
    return [*controls, *_trial_of_distances(parameters, data, context, compared, predicted)]


def _trial_of_distances(
    parameters: Parameters,
    data: AuditData,
    context: Context,
    compared: list[disparities.Compared],
    predicted: np.ndarray,
) -> list[Control]:
    """False alarms of the test of distances; for the first attribute with two groups."""
    first = next((comparison for comparison in compared if comparison.p is not None and comparison.name == KS), None)
    if first is None:
        return []
    in_group = first.codes >= 0
    sample = mean_trials.Sample(first.codes, predicted, data.weights).take(in_group)
    unit = None if data.clusters is None else data.clusters[in_group]
    return [
        false_alarms(
            "shuffled predictions",
            f"Where the groups of {' and '.join(first.split.attributes)} are shuffled, how often does the test "
            "call their distributions different?",
            self_tests.false_alarms_of_distances(sample, parameters.trials, context.rng, unit),
            parameters.trials,
            (KS, WASSERSTEIN),
        )
    ]


def _chance(compared: list[disparities.Compared]) -> list[Table]:
    """What shuffled groups would show, beside what was found."""
    rows = tuple(
        (
            DEFINITIONS[comparison.name].title,
            " and ".join(comparison.split.attributes),
            comparison.value,
            comparison.usual,
        )
        for comparison in compared
        if comparison.usual is not None
    )
    if not rows:
        return []
    return [
        Table(
            name="chance",
            title="Distances between predictions, and what chance gives",
            caption="Chance: the distance that shuffled groups of the same sizes stay below in 95 of 100 shuffles (on "
            "at most 256 quantiles). A distance below it is no sign of a difference.",
            columns=(
                Column(name="distance", title="Distance"),
                Column(name="over", title="Over the groups of"),
                Column(name="found", title="Found"),
                Column(name="chance", title="By chance, at most (95 %)"),
            ),
            rows=rows,
        )
    ]


def _notes(
    parameters: Parameters, data: AuditData, splits: list[Split], compared: Sequence[disparities.Compared]
) -> list[str]:
    notes = []
    if any(comparison.value is not None and comparison.p is None for comparison in compared):
        notes.append(f"Intervals go by units; {MIXED}.")
    if data.labels is None:
        dropped = [quantity.name for quantity in QUANTITIES if quantity.labelled]
        notes.append(f"There are no labels, so these were not measured: {', '.join(dropped)}.")
    if data.weights is not None:
        notes.append(
            "Numbers are weighted; standard errors are linearised, bands and shuffles of distances use the effective "
            "number of rows (Kish 1965)."
        )
    hidden = list(dict.fromkeys(name for partition in splits for name in partition.hidden))
    if hidden:
        notes.append(f"Not in any disparity, because too small to show: {first_few(hidden)}.")
    return [*notes, *no_intersection(parameters.intersections, data)]
