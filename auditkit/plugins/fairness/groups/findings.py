"""From counts to findings: measurements, controls, figures, table and notes of group fairness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.counts import Tally, count, encode
from auditkit.plugins.fairness.groups import disparities, trials
from auditkit.plugins.fairness.groups.disparities import Compared
from auditkit.plugins.fairness.groups.measures import CRITERIA, RATES, Criterion, Rate, shares
from auditkit.results import Axis, Column, Control, Figure, Interval, Level, Measurement, Rule, Table, Test, pairs

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.plugins.fairness.groups.check import GroupFairness

FAMILY = "all disparities of fairness.groups"
TRIED = 200
"""Groups that are counted again row by row."""


class Groups(NamedTuple):
    """The groups of some attributes, with their counts."""

    attributes: tuple[str, ...]
    where: list[dict[str, str]]
    hidden: list[str | None]
    tally: Tally

    @property
    def names(self) -> list[str]:
        """Each group as people read it."""
        return [pairs(each) for each in self.where]


def find(check: GroupFairness, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.groups` says about these decisions."""
    selected = context.predictions.selected
    outcomes = None if data.labels is None else context.predictions.outcomes
    counts = count(data.groups, selected, outcomes, weights=data.weights)
    tables = []
    for attributes in [(), *data.cells.subsets(check.intersections)]:
        where, tally = counts.over(attributes)
        tables.append(Groups(attributes, where, [data.cells.reason(each) for each in where], tally.against(1)))
    rates = [RATES[name] for name in check.measures if name in RATES and (counts.labelled or not RATES[name].labelled)]
    criteria = [CRITERIA[name] for name in check.measures if name in CRITERIA]
    criteria = [each for each in criteria if counts.labelled or not each.labelled]

    per_group = [each for groups in tables for rate in rates for each in _rates(rate, groups, data)]
    compared = [_compare(each, groups, data.minimum_cell) for groups in tables[1:] for each in criteria]
    context.progress(1, 3, "shuffling groups")
    disparities.add_p_values(compared, check.permutations, context.rng)
    tests = sum(each.comparable for each in compared)
    between = [found for each in compared for found in _disparity(each, tests, data)]
    context.progress(2, 3, "controls")
    controls = [_recount(per_group, data, context), *_trials(check, data, context, compared, tests)]
    return Findings(
        measurements=[*per_group, *between],
        controls=controls,
        figures=_figures(per_group, between),
        tables=[_table(tables[1:], data)],
        notes=_notes(check, data, compared, counts.labelled),
        level=level,
    )


def _rates(rate: Rate, groups: Groups, data: AuditData) -> list[Measurement]:
    share = shares(groups.tally, rate)
    found = []
    for at, where in enumerate(groups.where):
        value, reason, n, interval = None, groups.hidden[at], None, None
        rows, size = int(share.rows[at]), float(share.sizes[at])
        if reason is None and rows < max(1, data.minimum_cell):
            reason, n = disparities.undefined(rows, rate.of, data.minimum_cell), rows if rows == 0 else None
        if reason is None:
            value, n = float(share.values[at]), rows
            interval = _wilson(min(size, float(share.successes[at])), size, data)
        found.append(
            Measurement(
                name=rate.name, value=value, reason=reason, interval=interval, n=n, unit="share",
                direction=rate.direction, slice=where,
            )
        )  # fmt: skip
    return found


def _wilson(successes: float, size: float, data: AuditData) -> Interval:
    interval = stats.wilson(successes, size)
    if data.weights is None:
        return interval
    return interval.model_copy(update={"method": "Wilson, for the effective number of rows"})


def _compare(criterion: Criterion, groups: Groups, minimum: int) -> Compared:
    rates = [(RATES[name].of, shares(groups.tally, RATES[name])) for name in criterion.rates]
    large = groups.tally.rows.sum(axis=(1, 2)) >= minimum
    found = disparities.compare(criterion.name, groups.attributes, groups.names, rates, groups.hidden, minimum)
    # a group that is large enough and hidden only for another's sake could have been assessed, and was not
    for name, reason, enough in zip(groups.names, groups.hidden, large, strict=True):
        if reason is not None and enough:
            found.hidden.remove(f"{name} ({reason})")
            found.unassessed.append(f"{name} ({reason})")
    return found


def _disparity(each: Compared, tests: int, data: AuditData) -> list[Measurement]:
    """The difference and the ratio of one comparison."""
    left_out = f"left out: {_list([*each.unassessed, *each.hidden])}" if each.unassessed or each.hidden else ""
    if not each.comparable:
        reason = f"fewer than two groups of {' and '.join(each.across)} can be compared"
        reason = f"{reason} ({left_out})" if left_out else reason
        return [_undefined(each, what, reason) for what in ("difference", "ratio")]
    gap = disparities.detectable(each.parts, tests)
    common: dict[str, Any] = {
        "n": each.rows,
        "across": each.across,
        "validity": "inconclusive" if each.unassessed else "valid",
        "reason": left_out or None,
        "test": _test(each, data),
    }
    difference = Measurement(
        name=f"{each.criterion}_difference", value=stats.widest_gap(each.parts), unit="share", direction="lower",
        interval=_weighted(stats.widest_gap_interval(each.parts), data), detectable=gap, **common,
    )  # fmt: skip
    value = stats.smallest_ratio(each.parts)
    interval = stats.smallest_ratio_interval(each.parts)
    if value is None or interval is None:
        names = " or the ".join(RATES[name].title.lower() for name in CRITERIA[each.criterion].rates)
        return [difference, _undefined(each, "ratio", f"the {names} is 0 in every group, so there is no ratio")]
    ratio = Measurement(
        name=f"{each.criterion}_ratio", value=value, unit="", direction="higher", interval=_weighted(interval, data),
        detectable=disparities.detectable_ratio(each.parts, gap), **common,
    )  # fmt: skip
    return [difference, ratio]


def _undefined(each: Compared, what: str, reason: str) -> Measurement:
    return Measurement(
        name=f"{each.criterion}_{what}", value=None, reason=reason, across=each.across, validity="inconclusive",
        unit="share" if what == "difference" else "", direction="lower" if what == "difference" else "higher",
    )  # fmt: skip


def _test(each: Compared, data: AuditData) -> Test:
    assert each.p is not None and each.shuffled is not None  # every comparable one was tested
    rows = "effective numbers of rows" if data.weights is not None else "rows"
    among = " with equal label" if len(each.parts) > 1 else ""
    method = f"permutation of the largest studentized difference, {len(each.shuffled)} shuffles of {rows}{among}; Holm"
    return Test(method=method, p=each.p, p_adjusted=each.p_adjusted, family=FAMILY)


def _weighted(interval: Interval, data: AuditData) -> Interval:
    if data.weights is None:
        return interval
    return interval.model_copy(update={"method": f"{interval.method}, for the effective number of rows"})


def _recount(per_group: list[Measurement], data: AuditData, context: Context) -> Control:
    predictions = context.predictions
    positive = predictions.classes[predictions.positive]
    shown = [
        (RATES[each.name], each.slice, each.value)
        for each in per_group
        if each.value is not None
    ]  # fmt: skip
    outcomes = None if data.labels is None else data.labels == positive
    kept = {pairs(where): None for _, where, _ in shown}
    few = set(list(kept)[:TRIED])
    value = trials.largest_deviation(
        [each for each in shown if pairs(each[1]) in few],
        data.groups, predictions.labels == positive, outcomes, data.weights,
    )  # fmt: skip
    return Control.within(
        "recount",
        "Are the rates the same when they are counted again, row by row?",
        value if np.isfinite(value) else None,
        at_most=1e-9,
        reason="a rate differs from a second count of the same rows, so none can be trusted",
    )


def _trials(
    check: GroupFairness, data: AuditData, context: Context, compared: list[Compared], tests: int
) -> list[Control]:
    """False alarms on shuffled groups, and finds of a planted gap; for the first attribute with two groups."""
    tested = [each for each in compared if each.comparable and len(each.parts) == 1]
    if not tested:
        return []
    first = tested[0]
    names = tuple(sorted({f"{each.criterion}_{what}" for each in compared for what in ("difference", "ratio")}))
    noise = 4 * np.sqrt(0.05 * 0.95 / check.trials)
    codes = _codes(first, data)
    alarms = trials.false_alarms(
        codes[codes >= 0], context.predictions.selected[codes >= 0],
        None if data.weights is None else data.weights[codes >= 0], check.trials, context.rng,
    )  # fmt: skip
    over = " and ".join(first.across)
    shuffled = Control.within(
        "shuffled groups",
        f"Where the groups of {over} are shuffled, how often does the test call the selection rates different?",
        alarms,
        at_most=round(0.05 + float(noise), 3),
        guards=names,
        otherwise="inconclusive",
        reason="the test raises more false alarms than the 5 % it promises",
    )
    gap = disparities.detectable(first.parts, tests)
    power = None
    if gap is not None:
        power = trials.found_when_planted(first, gap, tests, check.trials, context.rng)
    size = "" if gap is None else f" of {gap:.3f}"
    planted = Control.within(
        "planted gap",
        f"Is a difference{size}, which is called detectable, found when it is planted between two groups of {over}?",
        power,
        at_least=0.65,
        guards=names,
        otherwise="note",
        reason="there are too few people for the differences called detectable to be found; absence of a finding "
        "says little",
    )
    return [shuffled, planted]


def _codes(each: Compared, data: AuditData) -> np.ndarray:
    """(N,) the position of each row's group among those compared; -1 for the others."""
    encoded = [encode(data.groups[name]) for name in each.across]
    shape = tuple(len(one.values) for one in encoded)
    place = np.ravel_multi_index(tuple(one.codes for one in encoded), shape)
    visible = [
        data.cells.reason({name: one.values[at] for name, one, at in zip(each.across, encoded, where, strict=True)})
        is None
        for where in np.ndindex(*shape)
    ]
    position = np.where(visible, np.cumsum(visible) - 1, -1)
    return position[place]


def _figures(per_group: list[Measurement], between: list[Measurement]) -> list[Figure]:
    found = []
    for name in dict.fromkeys(each.name for each in per_group):
        some = [each for each in per_group if each.name == name and len(each.slice) <= 1]
        axis = Axis(field="value", title=RATES[name].title, unit="share", percent=True)
        caption = "Dots are shares of the group, lines 95 % Wilson intervals."
        title = f"{RATES[name].title} per group"
        found.append(figures.dot_whisker(name, title, some, axis=axis, caption=caption))
    for what, still, label in (("difference", 0.0, "no difference"), ("ratio", 1.0, "equal")):
        some = [each for each in between if each.name.endswith(what)]
        axis = Axis(field="value", title=f"{what.capitalize()} over groups", domain=(0, 1))
        caption = f"Lines are 95 % intervals that hold for all pairs of groups at once. At {still:.0f} all are equal."
        title = f"Disparities as {what}"
        rules = [Rule(value=still, label=label)]
        found.append(figures.forest(f"{what}s", title, some, axis=axis, caption=caption, rules=rules))
    return [each for each in found if each is not None]


def _table(tables: list[Groups], data: AuditData) -> Table:
    """Selection rate of every group that may be shown, and its ratio to that of the most selected group."""
    rows: list[tuple[str | int | float | None, ...]] = []
    for groups in tables:
        share = shares(groups.tally, RATES["selection_rate"])
        shown = [at for at, reason in enumerate(groups.hidden) if reason is None]
        most = max((float(share.values[at]) for at in shown), default=0.0)
        for at, name in enumerate(groups.names):
            if at in shown:
                value = float(share.values[at])
                rows.append((name, int(share.rows[at]), value, value / most if most > 0 else None, ""))
            else:
                rows.append((name, None, None, None, groups.hidden[at]))
    return Table(
        name="impact",
        title="Selection rate and impact ratio",
        caption="Impact ratio: the group's selection rate over that of the most selected group of the same attributes.",
        columns=(
            Column(name="group", title="Group"),
            Column(name="people", title="People"),
            Column(name="rate", title="Selection rate", unit="share", percent=True),
            Column(name="ratio", title="Impact ratio"),
            Column(name="reason", title="Why it is not shown"),
        ),
        rows=tuple(rows),
    )


def _notes(check: GroupFairness, data: AuditData, compared: list[Compared], labelled: bool) -> list[str]:
    notes = []
    if not labelled:
        dropped = [name for name in check.measures if (RATES.get(name) or CRITERIA[name]).labelled]
        if dropped:
            notes.append(f"There are no labels, so these were not measured: {', '.join(dropped)}.")
    if data.weights is not None:
        notes.append("Rates are weighted; intervals and tests use the effective number of rows (Kish 1965).")
    hidden = list(dict.fromkeys(name for each in compared for name in each.hidden))
    if hidden:
        notes.append(f"Not in any disparity, because too small to show: {_list(hidden)}.")
    if len(data.groups) < check.intersections:
        word = "attribute" if len(data.groups) == 1 else "attributes"
        notes.append(f"There is no intersection of {check.intersections} attributes: only {len(data.groups)} {word}.")
    return notes


def _list(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
