"""From counts to findings: what `fairness.adverse_impact` says."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.counts import count
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.plugins.fairness.impact import (
    adverse_tables,
    favourable,
    self_tests,
    significance,
)
from auditkit.plugins.fairness.impact.adverse_parameters import Parameters
from auditkit.plugins.fairness.impact.categories import unknown_values
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
from auditkit.results import Axis, Figure, Level, Measurement, Rule, Test
from auditkit.text import first_few

FAMILY = "all pairs of groups of fairness.adverse_impact"
LIKELY = 0.05
"""A chance above which the report says in words that such a ratio comes by chance."""


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
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
        tables=adverse_tables.tables(impacts, data),
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
    groups, where, n = impact.groups, impact.groups.where[index], int(impact.groups.people[index])
    common: dict[str, Any] = {"slice": where, "n": n}
    if impact.ratios is None:
        reason = why_no_ratio(groups.visible)
        return [Measurement(name="impact_ratio", value=None, reason=reason, direction="higher", slice=where)]
    ratio = Measurement(
        name="impact_ratio", value=impact.ratios.values[index], interval=impact.ratios.intervals[index],
        exact=index == impact.ratios.highest, direction="higher", test=impact.tests.get(index),
        left_out=groups.lacking, pairs=impact.ratios.pair(groups, index), **common,
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
    if value is None:
        return Measurement(name=name, value=None, reason=reason, **fields)
    return Measurement(name=name, value=value, exact=True, **fields)


def _alarm(impact: Impact, parameters: Parameters, rng: np.random.Generator) -> Measurement:
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
    drawings = [
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
    ]  # fmt: skip
    return [figure for figure in drawings if figure is not None]


def _notes(impacts: list[Impact], data: AuditData, decisions: np.ndarray) -> list[str]:
    notes = [_in_words(impact) for impact in impacts if impact.alarm is not None and (impact.alarm.value or 0) > LIKELY]
    small = [name for impact in impacts for name in adverse_tables.under_two_percent(impact.groups)]
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
