"""From counts to findings: what `fairness.adverse_impact` says, with its tables.

Rates and ratios stand in the one table; in the other tests, and what a few selections would change.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.counts import count
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.plugins.fairness.impact import (
    favourable,
    self_tests,
    significance,
)
from auditkit.plugins.fairness.impact.parameters import AdverseParameters, unknown_values
from auditkit.plugins.fairness.impact.selection import (
    Impact,
    Selection,
    lowest_ratios,
    ratios,
    ratios_beside,
    selection,
    smaller_selection,
    undecided,
    why_no_ratio,
)
from auditkit.results import Axis, Column, Figure, Level, Measurement, Rule, Scalar, Table, Test, pairs
from auditkit.text import first_few

FAMILY = "all pairs of groups of fairness.adverse_impact"
LIKELY = 0.05
"""A chance above which the report says in words that such a ratio comes by chance."""


def find(parameters: AdverseParameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.adverse_impact` says about these decisions."""
    # People without a decision are neither selected nor rejected, so they must not count as rejected.
    codes = context.predictions.codes
    decisions = np.where(codes < 0, -1, codes == context.predictions.positive)
    counts = count(data.groups, decisions, people=data.people)
    impacts = []
    for attributes in data.cells.subsets(parameters.intersections):
        groups = selection(counts, attributes, data)
        # Nobody is compared with people of whom some attribute is not known.
        is_known = [not unknown_values(group.values(), parameters.unknown) for group in groups.where]
        groups = groups.only(np.flatnonzero(is_known))
        impacts.append(Impact(groups, ratios(groups, groups.visible)))
    context.progress(1, 4, "exact tests")
    _test(impacts)
    context.progress(2, 4, "chance")
    for impact in impacts:
        impact.alarm = _alarm(impact, parameters, context.rng)
    context.progress(3, 4, "controls")
    controls = [
        self_tests.recount([impact.groups for impact in impacts], data, decisions),
        *self_tests.equal_groups([impact.groups for impact in impacts], parameters.trials, context.rng),
    ]
    lowest = [
        lowest_ratio for impact in impacts for lowest_ratio in lowest_ratios(impact.groups, impact.groups.visible, data)
    ]
    per_group = [measurement for impact in impacts for measurement in _measurements(impact)]
    per_group += [measurement for impact in impacts for measurement in ratios_beside(impact.groups, data)]
    return Findings(
        measurements=[
            *lowest, *per_group, *[impact.alarm for impact in impacts if impact.alarm is not None],
            *(rate for impact in impacts for rate in _together(impact.groups, data)),
        ],
        controls=controls,
        figures=_figures(per_group),
        tables=_tables(impacts, data),
        notes=[*favourable.notes(data), *_notes(impacts, data, decisions), *_unknown(data, parameters.unknown)],
        level=level,
    )  # fmt: skip


def _unknown(data: AuditData, unknown: Sequence[str]) -> list[str]:
    values = {value for name in data.groups for value in unknown_values(data.cells.values[name], unknown)}
    names = first_few(sorted(values))
    return [f"Compared with nobody, for they mean that the group is not known: {names}."] if names else []


def _test(impacts: list[Impact]) -> None:
    """Fill in the tests, adjusted over every pair of groups that could have been tested."""
    exact_tests, possible = [], 0
    for impact in impacts:
        if impact.ratios is None:
            continue
        positions = impact.groups.visible
        # The highest group is chosen by looking, so every pair counts in the family, not only those with it.
        possible += len(positions) * (len(positions) - 1) // 2
        exact_tests += [
            (impact, int(index), significance.exact_test(*impact.counts(int(index))))
            for index in positions
            if index != impact.ratios.highest
        ]
    adjusted = significance.holm_over_pairs([exact.p for _, _, exact in exact_tests], possible)
    for (impact, index, exact), p in zip(exact_tests, adjusted, strict=True):
        ratios = present(impact.ratios, "only impacts with ratios are tested")
        # The groups differ in which exact test they got, by their sizes.
        method = f"{exact.method} against {impact.groups.names[ratios.highest]}; Holm over all pairs"
        impact.tests[index] = Test(method=method, p=exact.p, p_adjusted=float(p), family=FAMILY)


def _measurements(impact: Impact) -> list[Measurement]:
    groups, measurements = impact.groups, []
    for index, where in enumerate(groups.where):
        reason = groups.reasons[index]
        if reason is not None:
            measurements += [
                Measurement(name="selection_rate", value=None, reason=reason, unit="share", slice=where),
                Measurement(name="impact_ratio", value=None, reason=reason, direction="higher", slice=where),
            ]
            continue
        x, n = int(groups.selected[index]), int(groups.people[index])
        measurements += [_rate(x, n, where), *_comparison(impact, index)]
    return measurements


def _together(groups: Selection, data: AuditData) -> list[Measurement]:
    """The selection rate of the groups that are too small to show, as one."""
    joined = smaller_selection(groups, data)
    if joined is None:
        return []
    smaller, x, n = joined
    return [_rate(x, n, smaller.where)]


def _rate(x: int, n: int, where: dict[str, str]) -> Measurement:
    return Measurement(name="selection_rate", value=x / n, interval=stats.wilson(x, n), n=n, unit="share", slice=where)


def _comparison(impact: Impact, index: int) -> list[Measurement]:
    """The ratio of one group that is shown, and what bears on it."""
    groups, where = impact.groups, impact.groups.where[index]
    common: dict[str, Any] = {"slice": where, "n": int(groups.people[index])}
    if impact.ratios is None:
        reason = why_no_ratio(groups.visible)
        return [Measurement(name="impact_ratio", value=None, reason=reason, direction="higher", slice=where)]
    ratio = Measurement(
        name="impact_ratio", direction="higher", test=impact.tests.get(index), left_out=groups.lacking, slice=where,
        **impact.ratios.facts(groups, index),
    )  # fmt: skip
    if index == impact.ratios.highest:
        return [ratio]
    counts = impact.counts(index)
    moves, short = significance.selections_to_turn(*counts), significance.shortfall(*counts)
    deviations = significance.standard_deviations(*counts)
    return [
        ratio,
        _exact("standard_deviations", deviations, "all of both groups were selected, or none", **common),
        _exact("shortfall", short, "", unit="selections", direction="lower", **common),
        _exact(
            "selections_to_turn", moves, "no number of selections moved between the two groups turns the result",
            unit="selections", **common,
        ),
    ]  # fmt: skip


def _exact(name: str, value: float | None, reason: str, **fields: Any) -> Measurement:
    return Measurement(
        name=name, value=value, exact=value is not None, reason=reason if value is None else None, **fields
    )


def _alarm(impact: Impact, parameters: AdverseParameters, rng: np.random.Generator) -> Measurement:
    groups = impact.groups
    common: dict[str, Any] = {"name": "chance_of_ratio_under_0_8", "unit": "share", "across": groups.attributes}
    if impact.ratios is None:
        return Measurement(value=None, reason=why_no_ratio(groups.visible), **common)
    sizes, rate = _sizes_and_rate(groups)
    # Without a true difference, the rate of all together is the best estimate of each group's.
    hits = significance.below_by_chance(sizes, rate, parameters.draws, rng)
    interval = stats.clopper_pearson(hits, parameters.draws).model_copy(
        update={"method": f"Clopper-Pearson, for the error of {parameters.draws:,} simulated samples"}
    )
    return Measurement(value=hits / parameters.draws, interval=interval, n=int(sizes.sum()), **common)


def _sizes_and_rate(groups: Selection) -> tuple[np.ndarray, float]:
    """People in each group that is shown, and the selection rate of all of them."""
    sizes = groups.people[groups.visible]
    return sizes, float(groups.selected[groups.visible].sum() / sizes.sum())


def _figures(per_group: list[Measurement]) -> list[Figure]:
    single = [measurement for measurement in per_group if len(measurement.slice) == 1]
    drawings = (
        figures.dot_whisker(
            "impact_ratio", "Impact ratio per group",
            [measurement for measurement in single if measurement.name == "impact_ratio"],
            axis=Axis(field="value", title="Impact ratio"),
            caption="Each group's selection rate over the highest one, with 95 % score intervals that hold for all "
            "pairs of groups at once. The line at 0.8 is the rule of thumb of 29 CFR 1607.4(D), not a limit of this "
            "audit.",
            rules=[Rule(value=significance.LINE, label="four fifths"), Rule(value=1.0, label="equal")],
        ),
        figures.dot_whisker(
            "selection_rate", "Selection rate per group",
            [measurement for measurement in single if measurement.name == "selection_rate"],
            axis=Axis(field="value", title="Selection rate", unit="share", percent=True),
            caption="Dots are shares of the group, lines 95 % Wilson intervals.",
        ),
    )  # fmt: skip
    return list(filter(None, drawings))


def _notes(impacts: list[Impact], data: AuditData, decisions: np.ndarray) -> list[str]:
    notes = [_in_words(impact) for impact in impacts if impact.alarm is not None and (impact.alarm.value or 0) > LIKELY]
    small = [name for impact in impacts for name in _under_two_percent(impact.groups)]
    if small:
        notes.append(
            f"Under 2 % of the people shown: {first_few(small)}. 29 CFR 1607.15(A)(2)(c) is read as asking for no "
            "documentation of impact on such groups (unverified: the text was not at hand)."
        )
    hidden = list(dict.fromkeys(name for impact in impacts for name in impact.groups.left_out(False)))
    if hidden:
        notes.append(f"In no comparison, because too small: {first_few(hidden)}.")
    notes += undecided("rate", decisions, data)
    if data.weights is not None:
        notes.append("The guidelines count people, so weights were not used.")
    return notes


def _in_words(impact: Impact) -> str:
    alarm = present(impact.alarm, "only impacts with an alarm are put in words")
    share = present(alarm.value, "an alarm is a share")
    interval = present(alarm.interval, "a share has one")
    groups, low, high = impact.groups, interval.low or 0.0, interval.high or 1.0
    sizes, rate = _sizes_and_rate(groups)
    return (
        f"By chance alone: if the {len(sizes)} groups of {impact.across} were all selected at the overall rate of "
        f"{rate:.1%}, some ratio would still fall below four fifths in {share:.0%} of samples of these "
        f"sizes (simulation error: {low:.1%} to {high:.1%}). So a ratio below four fifths says little by itself here; "
        "read the tests."
    )


RATES = (
    Column(name="group", title="Group"),
    Column(name="people", title="People"),
    Column(name="selected", title="Selected"),
    Column(name="rate", title="Selection rate", unit="share", percent=True),
    Column(name="ratio", title="Impact ratio"),
    Column(name="low", title="Ratio from"),
    Column(name="high", title="Ratio to"),
    Column(name="small", title="Under 2 % of the people"),
    Column(name="reason", title="Why it is not shown"),
)
TESTS = (
    Column(name="group", title="Group"),
    Column(name="deviations", title="Standard deviations"),
    Column(name="p", title="p, exact test"),
    Column(name="p_adjusted", title="p, adjusted (Holm)"),
    Column(name="shortfall", title="More selections that reach four fifths"),
    Column(name="turn", title="Moved selections that turn the result"),
)


def _tables(impacts: Sequence[Impact], data: AuditData) -> list[Table]:
    """Two tables for each set of attributes; one where nothing can be compared."""
    tables_made = []
    for number, impact in enumerate(impacts, 1):
        tables_made.append(_rates_table(impact, number, data))
        if impact.ratios is not None:
            tables_made.append(_tests_table(impact, number))
    return tables_made


def _under_two_percent(groups: Selection) -> list[str]:
    """The groups, among those shown, that are less than one in fifty of the people shown."""
    total = int(groups.people[groups.visible].sum())
    # In whole numbers, so that exactly one in fifty is not under it.
    return [groups.names[index] for index in groups.visible if 50 * int(groups.people[index]) < total]


def _rates_table(impact: Impact, number: int, data: AuditData) -> Table:
    groups, small = impact.groups, set(_under_two_percent(impact.groups))
    rows: list[tuple[Scalar, ...]] = []
    for index, name in enumerate(groups.names):
        if groups.reasons[index] is not None:
            rows.append((name, None, None, None, None, None, None, None, groups.reasons[index]))
            continue
        x, n = int(groups.selected[index]), int(groups.people[index])
        ratio = None if impact.ratios is None else impact.ratios.values[index]
        interval = None if impact.ratios is None else impact.ratios.intervals[index]
        ends = (None, None) if interval is None else (interval.low, interval.high)
        rows.append((name, n, x, x / n, ratio, *ends, name in small, ""))
    joined = smaller_selection(groups, data)
    if joined is not None:  # compared with nobody
        smaller, x, n = joined
        rows.append((pairs(smaller.where), n, x, x / n, None, None, None, None, ""))
    return Table(
        name=f"impact_{number}",
        title=f"Selection rates and impact ratios by {impact.across}",
        caption="The impact ratio is the group's selection rate over the highest one. From and to: 95 % score "
        "intervals for that ratio, for all pairs of groups at once; the highest group has none, as its ratio is 1 by "
        "definition.",
        columns=RATES,
        made_of="selected rejected",
        across=groups.attributes,
        rows=tuple(rows),
    )


def _tests_table(impact: Impact, number: int) -> Table:
    ratios = present(impact.ratios, "only impacts with ratios have a table")
    rows: list[tuple[Scalar, ...]] = []
    for index in map(int, impact.groups.visible):
        if index == ratios.highest:
            continue
        test, counts = impact.tests[index], impact.counts(index)
        rows.append(
            (
                impact.groups.names[index], significance.standard_deviations(*counts), test.p, test.p_adjusted,
                significance.shortfall(*counts), significance.selections_to_turn(*counts),
            )
        )  # fmt: skip
    return Table(
        name=f"significance_{number}",
        title=f"Each group by {impact.across} against the highest, {impact.groups.names[ratios.highest]}",
        caption="Standard deviations below 0: the group is selected less often. The exact test is Boschloo's where the "
        "product of the two sizes is 2,500 or less, else Fisher's. A result that one or two moved selections would "
        "turn rests on very few decisions.",
        columns=TESTS,
        made_of="further",
        rows=tuple(rows),
    )
