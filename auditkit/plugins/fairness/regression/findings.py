"""From predictions to findings: measurements, controls, figures, table and notes of `fairness.regression`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from auditkit.checks import Context, Findings
from auditkit.errors import present
from auditkit.group_pairs import pairs_among, pairs_behind
from auditkit.plugins.fairness.regression import disparities as comparing
from auditkit.plugins.fairness.regression import figures, moments, self_tests
from auditkit.plugins.fairness.regression.definitions import DEFINITIONS, KS, QUANTITIES, WASSERSTEIN, Quantity
from auditkit.plugins.fairness.regression.disparities import Compared
from auditkit.plugins.fairness.regression.moments import Means
from auditkit.plugins.fairness.shared.partition import Split, no_intersection, split
from auditkit.plugins.fairness.shared.self_tests import false_alarms
from auditkit.results import Column, Control, Level, Measurement, Table, Test, pairs
from auditkit.results.disparity_text import left_out_text
from auditkit.stats import Extreme
from auditkit.text import first_few
from auditkit.variants import Group, variants

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.plugins.fairness.regression.parameters import Parameters

FAMILY = "all disparities of fairness.regression"
TRIED = 200
"""Groups that are recomputed from row masks."""


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.regression` says about these predictions."""
    predicted = context.predictions.labels
    residual = None if data.labels is None else predicted - data.labels
    quantities = [each for each in QUANTITIES if residual is not None or not each.labelled]
    splits = [split(data, attributes) for attributes in [(), *data.cells.subsets(parameters.intersections)]]
    per_group: list[Measurement] = []
    compared: list[Compared] = []
    for step, each in enumerate(splits):
        context.progress(step, len(splits) + 2, "means and distances")
        for quantity in quantities:
            means = moments.means(each.codes, quantity.of(predicted, residual), data.weights, len(each.usable))
            per_group += _per_group(quantity, each, means, data.weights is not None)
            if each.attributes:
                compared.append(comparing.compare(quantity, each, means))
        if each.attributes:
            compared += comparing.apart(each, predicted, data.weights)
    context.progress(len(splits), len(splits) + 2, "shuffling groups")
    comparing.add_p_values(compared, predicted, residual, data.weights, parameters.permutations, context.rng)
    tests = sum(comparison.value is not None for comparison in compared)
    between = [_disparity(comparison, tests) for comparison in compared]
    beside = [measurement for some in compared for measurement in _beside(some, data)]
    context.progress(len(splits) + 1, len(splits) + 2, "controls")
    controls = [
        _recount(per_group, data, predicted),
        *_trials(parameters, data, context, compared, tests, predicted, residual),
    ]
    return Findings(
        measurements=[*per_group, *between, *beside],
        controls=controls,
        figures=figures.draw(per_group, between, splits, predicted, data.weights, data.minimum_cell),
        tables=_chance(compared),
        notes=_notes(parameters, data, splits),
        level=level,
    )


def _per_group(quantity: Quantity, each: Split, found: Means, weighted: bool) -> list[Measurement]:
    measured, at = [], 0
    known = comparing.usable(found)
    for where, reason, empty in zip(each.where, each.reasons, each.empty, strict=True):
        more: dict[str, Any] = {"value": None, "reason": reason, "n": 0 if empty else None}
        if reason is None:
            value = float(found.values[at])
            more = {"value": quantity.shown(value), "n": int(found.rows[at])}
            if not known[at]:
                more |= {"validity": "inconclusive", "reason": f"{comparing.CONSTANT}: they tell nothing of its spread"}
            elif quantity.root and value > 0:
                more["interval"] = moments.root_interval(found, at)
            else:
                more["interval"] = moments.mean_interval(found, at, weighted=weighted)
            at += 1
        measured.append(
            Measurement(name=quantity.name, unit="label units", direction=quantity.direction, slice=where, **more)
        )
    return measured


def _disparity(each: Compared, tests: int) -> Measurement:
    measurement = _measured(each, each.found)
    if each.found is None:
        return measurement
    p = present(each.p, "whatever has a value was tested")
    test = Test(method=each.how, p=p, p_adjusted=each.p_adjusted, family=FAMILY)
    return measurement.model_copy(update={"test": test, "detectable": _detectable(each, tests)})


def _beside(each: Compared, data: AuditData) -> list[Measurement]:
    """The same among large groups, and against the reference group where one is named."""

    def again(kept: Sequence[Group], reference: Group | None) -> list[Measurement]:
        members = present(each.members, "of two groups or more")
        found = _measured(each, each.among(pairs_among(members, kept, reference)))
        return [found.model_copy(update={"n": members.people_of(kept)})]

    where = [] if each.members is None else [each.members.where]
    return variants([_measured(each, each.found)], where, None if each.found is None else again, data)


def _measured(each: Compared, found: Extreme | None) -> Measurement:
    missing = left_out_text(each.left_out)
    common: dict[str, Any] = {
        "name": each.name, "unit": each.unit, "direction": each.direction, "across": each.split.attributes,
        "left_out": tuple(each.left_out),
    }  # fmt: skip
    if found is None or each.members is None:
        reason = f"{each.reason} ({missing})" if missing else each.reason
        return Measurement(value=None, reason=reason, validity="inconclusive", **common)
    first: Literal["low", "high"] = "high" if each.direction == "higher" else "low"
    return Measurement(
        value=found.value, interval=found.interval, n=int(each.members.people.sum()),
        pairs=tuple(pairs_behind(found, [each.members], first)), **common,
    )  # fmt: skip


def _detectable(each: Compared, tests: int) -> float | None:
    if each.quantity is None or each.means is None:
        return None
    if each.quantity.compared == "difference":
        return moments.detectable(each.means, tests)
    return each.quantity.shown(float(np.exp(-moments.detectable(each.means.steady_logs(), tests))))


def _recount(per_group: list[Measurement], data: AuditData, predicted: np.ndarray) -> Control:
    known = {quantity.name: quantity for quantity in QUANTITIES}
    shown = [
        (known[measurement.name], measurement.slice, measurement.value)
        for measurement in per_group
        if measurement.value is not None
    ]
    few = set(list(dict.fromkeys(pairs(where) for _, where, _ in shown))[:TRIED])
    value = self_tests.largest_deviation(
        [each for each in shown if pairs(each[1]) in few], data.groups, predicted, data.labels, data.weights
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
    compared: list[Compared],
    tests: int,
    predicted: np.ndarray,
    residual: np.ndarray | None,
) -> list[Control]:
    """False alarms on shuffled groups, and finds of a planted shift; for the first attribute with two groups."""
    wanted = "mean_prediction_difference" if residual is None else "mean_residual_difference"
    means = [comparison for comparison in compared if comparison.value is not None and comparison.name == wanted]
    controls = []
    if means:
        first = means[0]
        quantity = present(first.quantity, "a tested mean")
        first_means = present(first.means, "a tested mean")
        law = present(first.law, "a tested mean")
        kept = first.codes >= 0
        values, weights = quantity.of(predicted, residual)[kept], _of(data.weights, kept)
        over = " and ".join(first.split.attributes)
        names = tuple(each.disparity for each in QUANTITIES)
        alarms = self_tests.false_alarms(first.codes[kept], values, weights, parameters.trials, context.rng)
        controls.append(
            false_alarms(
                "shuffled groups",
                f"Where the groups of {over} are shuffled, how often does the test call their means different?",
                alarms,
                parameters.trials,
                names,
            )
        )
        gap = moments.detectable(first_means, tests)
        power = self_tests.found_when_planted(
            first.codes[kept], values, weights, gap, law, tests, parameters.trials, context.rng
        )
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
    parameters: Parameters, data: AuditData, context: Context, compared: list[Compared], predicted: np.ndarray
) -> list[Control]:
    """False alarms of the test of distances; for the first attribute with two groups."""
    apart = [comparison for comparison in compared if comparison.value is not None and comparison.name == KS]
    if not apart:
        return []
    first = apart[0]
    kept = first.codes >= 0
    return [
        false_alarms(
            "shuffled predictions",
            f"Where the groups of {' and '.join(first.split.attributes)} are shuffled, how often does the test "
            "call their distributions different?",
            self_tests.false_alarms_of_distances(
                first.codes[kept], predicted[kept], _of(data.weights, kept), parameters.trials, context.rng
            ),
            parameters.trials,
            (KS, WASSERSTEIN),
        )
    ]


def _of(weights: np.ndarray | None, kept: np.ndarray) -> np.ndarray | None:
    return None if weights is None else weights[kept]


def _chance(compared: list[Compared]) -> list[Table]:
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


def _notes(parameters: Parameters, data: AuditData, splits: list[Split]) -> list[str]:
    notes = []
    if data.labels is None:
        dropped = [quantity.name for quantity in QUANTITIES if quantity.labelled]
        notes.append(f"There are no labels, so these were not measured: {', '.join(dropped)}.")
    if data.weights is not None:
        notes.append(
            "Numbers are weighted; standard errors are linearised, bands and shuffles of distances use the effective "
            "number of rows (Kish 1965)."
        )
    hidden = list(dict.fromkeys(name for each in splits for name in each.hidden))
    if hidden:
        notes.append(f"Not in any disparity, because too small to show: {first_few(hidden)}.")
    return [*notes, *no_intersection(parameters.intersections, data)]
