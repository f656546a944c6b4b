"""From counts to findings: everything that group fairness says about decisions."""

from collections.abc import Sequence

from auditkit.checks import Context, Findings
from auditkit.counts import Counts, encode
from auditkit.data import AuditData
from auditkit.data.disclosure import how_many
from auditkit.plugins.fairness.groups import conditional, figures, impact_ratios, self_tests
from auditkit.plugins.fairness.groups.comparisons import beside_them, comparisons, measurements_of, test_all
from auditkit.plugins.fairness.groups.definitions import MEASURES
from auditkit.plugins.fairness.groups.disparities import Compared, Tested, enough_draws
from auditkit.plugins.fairness.groups.entropy import Unequal
from auditkit.plugins.fairness.groups.group_table import Target, of_smaller, per_group
from auditkit.plugins.fairness.groups.parameters import Parameters
from auditkit.plugins.fairness.groups.views import View, views
from auditkit.plugins.fairness.shared.partition import no_intersection
from auditkit.results import Control, Level, Measurement, pairs
from auditkit.text import first_few


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.groups` says about these decisions."""
    encoded = {name: encode(column) for name, column in data.groups.items()}
    asked = views(parameters, data, context.predictions, encoded)
    looked_at = [target for view in asked for target in view.targets]
    numbers = [
        number for view in asked for target in view.targets for table in view.tables
        for number in per_group(target, table, data)
    ]  # fmt: skip

    context.progress(1, 3, "shuffling groups")
    # The table of everyone comes first, and has no groups to compare.
    compared = [
        [one for table in view.tables[1:] for target in view.targets for one in comparisons(target, table, data)]
        for view in asked
    ]
    explained = [
        disparity for view in asked
        for disparity in conditional.conditionals(parameters, view.targets, view.tables, data, view.within(context))
    ]  # fmt: skip
    every: list[Compared | Unequal] = [comparison for of_view in compared for comparison in of_view]
    everything: list[Tested] = [*every, *explained]
    tests = test_all(everything, parameters, context.rng)
    gaps = []
    for comparison in every:
        measurements = measurements_of(comparison, tests, parameters, data, context.rng)
        gaps += measurements
        if isinstance(comparison, Compared):
            gaps += beside_them(comparison, measurements, data)
    conditions = [conditional.measured(disparity, tests, parameters, data) for disparity in explained]

    context.progress(2, 3, "controls")
    tried = [_counted_again(numbers, asked)]
    for view, of_view in zip(asked, compared, strict=True):
        tried += self_tests.tried(parameters, data, view.within(context), of_view, view.targets, tests, encoded)
        if len(tried) > 1:  # shuffled groups are the same for every label, so they are tried with the first
            break
    drawn = figures.targets_drawn(looked_at, gaps)
    return Findings(
        measurements=[
            *numbers, *gaps, *conditions,
            *(ratio for view in asked for ratio in impact_ratios.burden_ratios(view.tables[1:], view.targets, data)),
            *(number for view in asked for target in view.targets for table in view.tables
              for number in of_smaller(target, table, data)),
        ],
        controls=tried,
        figures=figures.draw(looked_at, numbers, gaps),
        tables=[
            impact_ratios.impact(
                [(view.tables[1:], [target for target in view.targets if target in drawn]) for view in asked],
                asked[0].counts, data,
            )
        ],
        notes=notes(parameters, data, asked[0].counts, looked_at, tests),
        level=level,
    )  # fmt: skip


def _counted_again(numbers: Sequence[Measurement], asked: Sequence[View]) -> Control:
    """The control of the counts; of several labels that of the one whose numbers differ most."""
    controls = [self_tests.counted_again(numbers, view.targets, view.data, view.predictions) for view in asked]
    return max(controls, key=lambda control: -1.0 if control.value is None else control.value)


def notes(
    parameters: Parameters,
    data: AuditData,
    counts: Counts,
    targets: Sequence[Target],
    tests: int,
) -> list[str]:
    """Sentences about what was left out, and why."""
    sentences = [*_blanks(data, counts), *_classes(parameters, data, targets)]
    if not counts.labelled:
        dropped = [name for name in parameters.measures if MEASURES[name].labelled]
        if dropped:
            sentences.append(f"There are no labels, so these were not measured: {', '.join(dropped)}.")
    if data.weights is not None:
        sentences.append("Rates are weighted; intervals and tests use the effective number of rows (Kish 1965).")
    nobody = [pairs(where) for where in data.cells.nobody(parameters.intersections)]
    if nobody:
        sentences.append(
            f"Nobody is in these combinations, so they have no numbers: {first_few(nobody, between='; ')}."
        )
    sentences += no_intersection(parameters.intersections, data)
    if parameters.correction == "benjamini-hochberg":
        sentences.append(
            "Adjusted p-values keep the share of false alarms among the alarms down, not the chance of any."
        )
    # Said, because the number of shuffles is part of the method of each test.
    draws = enough_draws(parameters.permutations, tests)
    if draws > parameters.permutations:
        sentences.append(
            f"{draws} shuffles were drawn, not {parameters.permutations}: fewer could show nothing in {tests} tests."
        )
    return sentences


def _blanks(data: AuditData, counts: Counts) -> list[str]:
    rows = counts.tally.rows
    sentences = []
    if counts.abstained:
        withheld = how_many(
            int(rows[:, :, -1].sum()), data.minimum_cell, data.disclosure, "person, who is", "people: they are"
        )
        sentences.append(f"No decision was made about {withheld} in no rate but the abstention rate.")
    if counts.labelled and rows[:, -1].any():
        unknown = how_many(
            int(rows[:, -1].sum()), data.minimum_cell, data.disclosure, "person are not known: that person is",
            "people are not known: they are",
        )  # fmt: skip
        sentences.append(f"The labels of {unknown} left out of what needs labels, and of no more.")
    return sentences


def _classes(parameters: Parameters, data: AuditData, targets: Sequence[Target]) -> list[str]:
    if data.order:
        return ["Of ordered classes, selected means decided for the class that is named or a higher one."]
    if data.task == "multilabel":
        return ["Each label is a question of its own: selected means that it is given. Tests are adjusted over all."]
    if data.task != "multiclass":
        return ["The parameter classes is for more than two classes, and was not used."] if parameters.classes else []
    sentences = ["Each class is held against all others: selected means decided for the class."]
    class_count = sum(target.class_index is not None for target in targets)
    if class_count > figures.CLASSES:
        sentences.append(
            f"Of {class_count} classes, the {figures.WIDEST} with the widest gaps are drawn; all are measured."
        )
    return sentences
