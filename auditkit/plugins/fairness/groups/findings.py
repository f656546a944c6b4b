"""From counts to findings: everything that group fairness says about decisions."""

from auditkit.checks import Context, Findings
from auditkit.counts import count, encode
from auditkit.data import AuditData
from auditkit.plugins.fairness.groups import (
    burden,
    conditional,
    controls,
    disparity_measurements,
    figures,
    tables,
)
from auditkit.plugins.fairness.groups.comparisons import comparisons, test_all
from auditkit.plugins.fairness.groups.disparities import Compared, Tested
from auditkit.plugins.fairness.groups.group_table import tabulate, targets
from auditkit.plugins.fairness.groups.notes import notes
from auditkit.plugins.fairness.groups.parameters import Parameters
from auditkit.plugins.fairness.groups.rate_measurements import of_smaller, per_group
from auditkit.results import Level
from auditkit.value_spelling import spelling


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.groups` says about these decisions."""
    predictions = context.predictions
    encoded = {name: encode(column) for name, column in data.groups.items()}
    counts = count(
        encoded, predictions.codes, None if data.labels is None else predictions.truth,
        classes=[spelling(label) for label in predictions.classes], weights=data.weights, people=data.people,
    )  # fmt: skip
    groups = tabulate(counts, parameters, data)
    looked_at = targets(parameters, counts, predictions, data.task)
    numbers = [
        measurement for target in looked_at for table in groups for measurement in per_group(target, table, data)
    ]

    context.progress(1, 3, "shuffling groups")
    # The table of everyone comes first, and has no groups to compare.
    compared = [
        comparison for table in groups[1:] for target in looked_at for comparison in comparisons(target, table, data)
    ]
    explained = conditional.conditionals(parameters, looked_at, groups, data, context)
    everything: list[Tested] = [*compared, *explained]
    tests = test_all(everything, parameters, context.rng)
    gaps = []
    for comparison in compared:
        measurements = disparity_measurements.measurements(comparison, tests, parameters, data, context.rng)
        gaps += measurements
        if isinstance(comparison, Compared):
            gaps += disparity_measurements.beside_them(comparison, measurements, data)
    conditions = [conditional.measured(disparity, tests, parameters, data) for disparity in explained]

    context.progress(2, 3, "controls")
    tried = [controls.counted_again(numbers, looked_at, data, predictions)]
    tried += controls.tried(parameters, data, context, everything, looked_at, tests, encoded)
    return Findings(
        measurements=[
            *numbers, *gaps, *conditions, *burden.burden_ratios(groups[1:], looked_at, data),
            *(number for target in looked_at for table in groups for number in of_smaller(target, table, data)),
        ],
        controls=tried,
        figures=figures.pictures(looked_at, numbers, gaps),
        tables=[tables.impact(groups[1:], figures.drawn(looked_at, gaps), counts, data)],
        notes=notes(parameters, data, counts, looked_at, tests),
        level=level,
    )  # fmt: skip
