"""From times until an event to findings about groups: the widest differences, a control, figures."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.group_pairs import Members, pairs_behind
from auditkit.metrics.survival import MEASURES, Estimate, People, estimate
from auditkit.plugins.fairness.shared.partition import Split, split
from auditkit.plugins.fairness.survival.definitions import DEFINITIONS, MEASURED
from auditkit.plugins.fairness.survival.parameters import Parameters
from auditkit.results import Axis, Control, Figure, LeftOut, Level, Measurement, Rule, left_out_text
from auditkit.too_few import two_groups

LEVEL = 0.95


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.survival` says about these predictions."""
    known, answers = present(data.survival, "the check needs times"), context.predictions.answers
    people = People(
        known.times,
        known.events,
        context.predictions.scores,
        answers.alive,
        known.horizons,
        data.weights,
        data.clusters,
    )
    measurements: list[Measurement] = []
    sets = list(data.cells.subsets(parameters.intersections))
    for number, attributes in enumerate(sets):
        context.progress(number, len(sets), "groups")
        groups = split(data, attributes)
        for name, rate in MEASURED.items():
            for place in range(len(known.horizons) if MEASURES[rate].at_horizons else 1):
                measurements.append(_widest(name, place, people, groups, data.minimum_rate))
    return Findings(
        measurements=measurements, controls=[_recount(measurements, people, data)], figures=_figures(measurements),
        notes=["How long people are followed is estimated in each group by itself."], level=level,
    )  # fmt: skip


def _widest(name: str, place: int, people: People, groups: Split, least: int) -> Measurement:
    """The widest difference of one number over the groups of some attributes."""
    measure, meaning = MEASURES[MEASURED[name]], DEFINITIONS[name]
    common: dict[str, Any] = {
        "name": name, "across": groups.attributes, "direction": meaning.direction, "unit": meaning.unit,
        "conditions": {"horizon": people.horizons[place]} if measure.at_horizons else {},
    }  # fmt: skip
    usable = groups.usable
    level = stats.sidak_level(LEVEL, max(1, len(usable) * (len(usable) - 1) // 2))
    parts = [people.take(groups.codes == number) for number in range(len(usable))]
    numbers = [estimate(measure, part, place, least, level) for part in parts]
    kept = [number for number, one in enumerate(numbers) if one.value is not None and one.interval is not None]
    missing = list(groups.left_out) + [
        LeftOut(slice=where, reason=_reason(one))
        for number, (where, one) in enumerate(zip(usable, numbers, strict=True))
        if number not in kept
    ]
    if len(kept) < 2:
        reason = two_groups(groups.attributes, left_out=left_out_text(missing))
        return Measurement(value=None, reason=reason, validity="inconclusive", left_out=tuple(missing), **common)
    values, low, high = (np.array(column) for column in zip(*(_ends(numbers[number]) for number in kept), strict=True))
    apart = stats.square_and_add(values, low, high, stats.pairs_of(len(kept)))
    extreme = stats.largest_apart(apart, values, "simultaneous, square-and-add over all pairs of groups (Šidák)")
    sizes = np.array([len(parts[number].times) for number in kept])
    members = Members(MEASURED[name], [usable[number] for number in kept], values, sizes)
    return Measurement(
        value=extreme.value, interval=extreme.interval, n=int(sizes.sum()), left_out=tuple(missing),
        pairs=tuple(pairs_behind(extreme, [members])), **common,
    )  # fmt: skip


def _reason(number: Estimate) -> str:
    return number.reason or "it has no interval"


def _ends(number: Estimate) -> tuple[float, float, float]:
    """Value and interval of a number that has both."""
    interval = present(number.interval, "kept where there is one")
    low = -np.inf if interval.low is None else interval.low
    high = np.inf if interval.high is None else interval.high
    return present(number.value, "kept where there is one"), low, high


def _recount(measurements: Sequence[Measurement], people: People, data: AuditData) -> Control:
    """The two groups of each difference again, from masks over the rows."""
    worst, tried = 0.0, False
    for measurement in measurements:
        if not measurement.pairs or measurement.value is None:
            continue
        measure, horizon = MEASURES[MEASURED[measurement.name]], measurement.conditions.get("horizon")
        place = people.horizons.index(horizon) if measure.at_horizons else 0
        ends = []
        for end in (measurement.pairs[0].low, measurement.pairs[0].high):
            rows = np.ones(len(data), dtype=bool)
            for attribute, value in end.slice.items():
                rows &= data.groups[attribute] == value
            ends.append(present(measure.of(people.take(rows), place), "it was measured").value)
        worst, tried = max(worst, abs(abs(ends[1] - ends[0]) - measurement.value)), True
    return Control.within(
        "recount", "Are the differences the same when the two groups are measured again by themselves?",
        worst if tried else None, at_most=1e-9,
        reason="a number differs from a second computation on the same people, so none can be trusted",
    )  # fmt: skip


def _figures(measurements: Sequence[Measurement]) -> list[Figure]:
    drawn = []
    for name, meaning in DEFINITIONS.items():
        own = [one for one in measurements if one.name == name]
        axis = Axis(field="value", title=meaning.title, unit=meaning.unit, percent=meaning.unit == "share")
        rules = [Rule(value=0, label="no difference")]
        caption = "Lines are 95 % intervals that hold for all pairs of groups at once."
        drawn.append(figures.forest(name, meaning.title, own, axis=axis, rules=rules, caption=caption))
    return [figure for figure in drawn if figure is not None]
