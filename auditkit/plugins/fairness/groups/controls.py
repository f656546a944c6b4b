"""The controls of the check: numbers counted again, shuffled groups, planted gaps."""

from collections.abc import Sequence

import numpy as np

from auditkit.checks import Context
from auditkit.counts import Encoded
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.plugins.fairness.groups import disparities, self_tests
from auditkit.plugins.fairness.groups.comparisons import names_of
from auditkit.plugins.fairness.groups.group_table import Target
from auditkit.plugins.fairness.groups.parameters import Parameters
from auditkit.plugins.fairness.shared.partition import crossed
from auditkit.plugins.fairness.shared.self_tests import TOO_FEW, false_alarms
from auditkit.predictions import Predictions
from auditkit.results import Control, Measurement, pairs

READ = 20_000_000
"""Rows that are read again at most, over all groups that are counted again."""
TRIED = 200
"""Groups that are counted again at most."""


def counted_again(
    measurements: Sequence[Measurement], targets: Sequence[Target], data: AuditData, predictions: Predictions
) -> Control:
    """Whether numbers about groups are the same when they are counted without the table."""
    defined = [measurement for measurement in measurements if measurement.value is not None]
    kinds = {(pairs(measurement.slice), pairs(measurement.conditions)): None for measurement in defined}
    # Each recount reads all rows once, so large data afford fewer of them. They are spread evenly over the groups, for
    # the first ones are all of one attribute.
    tried = max(2, min(TRIED, READ // max(1, len(data))))
    step = max(1, -(-len(kinds) // tried))
    few = set(list(kinds)[::step])
    worst = 0.0
    for target in targets:
        claims = [
            (measurement.name, measurement.slice, float(measurement.value or 0.0))
            for measurement in defined
            if measurement.conditions == target.conditions
            and (pairs(measurement.slice), pairs(measurement.conditions)) in few
            and measurement.name in target.measures
        ]
        if claims:
            worst = max(worst, self_tests.largest_deviation(claims, data.groups, rows_of(target, data, predictions)))
    return Control.within(
        "recount",
        "Are the rates the same when they are counted again, row by row?",
        worst if np.isfinite(worst) else None,
        at_most=1e-9,
        reason="a rate differs from a second count of the same rows, so none can be trusted",
    )


def rows_of(target: Target, data: AuditData, predictions: Predictions) -> self_tests.Rows:
    """What each row is to a target, from decisions and labels as the data spells them."""
    decided = ~predictions.abstained
    known = np.ones(len(data), dtype=bool) if data.known is None else data.known
    positive = None
    if target.class_index is None:
        # A right decision plays the part of being selected, and everybody should be.
        labels = present(data.labels, "whether a decision is right was asked only where there are labels")
        selected, positive = predictions.labels == labels, np.ones(len(data), dtype=bool)
    else:
        selected = predictions.labels == predictions.classes[target.class_index]
        if data.labels is not None:
            positive = data.labels == predictions.classes[target.class_index]
    weight = data.weights
    if data.people is not None:
        # A row of several people counts for each of them, with the weight of the row.
        weight = data.people.astype(float) if weight is None else weight * data.people
    return self_tests.Rows(selected & decided, decided, positive, known, weight)


def tried(
    parameters: Parameters,
    data: AuditData,
    context: Context,
    compared: Sequence[disparities.Tested],
    targets: Sequence[Target],
    tests: int,
    encoded: dict[str, Encoded],
) -> list[Control]:
    """False alarms on shuffled groups, and finds of a planted gap; for the first attribute with two groups."""
    tested = [
        comparison for comparison in compared if isinstance(comparison, disparities.Compared) and comparison.comparable
    ]
    # A criterion of several rates takes the larger statistic; the test is the same, and one rate is cheaper to try.
    single = [
        comparison
        for comparison in tested
        if (comparison.trials or len(comparison.parts)) == 1 and comparison.shuffled is not None
    ]
    if not single:
        return []
    names = sorted({name for comparison in tested for name in names_of(comparison)})
    first = next((comparison for comparison in single if comparison.name == "demographic_parity"), single[0])
    of_first = (
        target.class_index
        for target in targets
        if target.conditions == first.conditions and target.class_index is not None
    )
    class_index = next(of_first, 0)
    return [
        _shuffled(parameters, data, context, first, class_index, tuple(names), encoded),
        _planted(parameters, context, first, tests, tuple(names)),
    ]


def _shuffled(
    parameters: Parameters,
    data: AuditData,
    context: Context,
    first: disparities.Compared,
    class_index: int,
    names: tuple[str, ...],
    encoded: dict[str, Encoded],
) -> Control:
    codes, decided = group_codes(first.across, data, encoded), context.predictions.codes
    is_used = (codes >= 0) & (decided >= 0)
    alarms = self_tests.false_alarms(
        codes[is_used], decided[is_used] == class_index, None if data.weights is None else data.weights[is_used],
        parameters.trials, context.rng, None if data.people is None else data.people[is_used],
    )  # fmt: skip
    over = " and ".join(first.across)
    return false_alarms(
        "shuffled groups",
        f"Where the groups of {over} are shuffled, how often does the test call the selection rates different?",
        alarms, parameters.trials, names,
    )  # fmt: skip


def _planted(
    parameters: Parameters, context: Context, first: disparities.Compared, tests: int, names: tuple[str, ...]
) -> Control:
    gap = disparities.detectable(first.parts[:1], tests)
    power = None
    if gap is not None:
        power = self_tests.found_when_planted(first, gap, tests, parameters.trials, context.rng)
    size = "" if gap is None else f" of {gap:.3f}"
    over = " and ".join(first.across)
    return Control.within(
        "planted gap",
        f"Is a difference{size}, which is called detectable, found when it is planted between two groups of {over}?",
        # Detectable means found 8 times in 10; 0.65 leaves room for the normal approximation and for the chance of the
        # trials.
        power,
        at_least=0.65,
        guards=names,
        on_failure="note",
        reason=TOO_FEW,
    )


def group_codes(across: Sequence[str], data: AuditData, encoded: dict[str, Encoded]) -> np.ndarray:
    """(N,) the position of each row's group among those that may be shown; -1 for the others."""
    where, codes = crossed({name: encoded[name] for name in across}, len(data))
    visible = [data.cells.reason(group) is None for group in where]
    return np.where(visible, np.cumsum(visible) - 1, -1)[codes]
