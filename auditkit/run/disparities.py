"""What is added to every disparity: how many people it leaves out, and which of its two groups fares worse."""

from typing import Literal

from auditkit.data import AuditData
from auditkit.figures import bounded
from auditkit.results import (
    CheckResult,
    Figure,
    GroupPair,
    LeftOut,
    Measurement,
    group_name,
    harm_text,
    left_out_text,
)
from auditkit.text import first_few
from auditkit.too_few import fewer_than

BOUNDS: dict[str, Literal["at least", "at most"]] = {"grows": "at least", "shrinks": "at most"}
"""What a number over some groups says of the number over all, by what one more group can do to it."""
NAMED = 5
"""Smaller groups that are named; more are counted."""


def complete_disparities(result: CheckResult, data: AuditData) -> CheckResult:
    """The result with every disparity's left-out groups counted, and the bound that it gives on all groups.

    Nobody is left out with a group that is empty. A group of at least `minimum_cell` people bars a limit from being
    met; smaller groups do where together they are more than `largest_left_out` of all people. A number that more
    groups could move either way is inconclusive while a group of at least `minimum_cell` people is left out.

    The same holds of a limit on every group: one that is too small to have a number, or smaller ones together, bars it
    from being met only where they are more than that share of the people.
    """
    measurements = tuple(_completed(measurement, result, data) for measurement in result.measurements)
    drawn = tuple(bounded(figure, measurements) for figure in result.figures)
    return result.model_copy(update={"measurements": measurements, "figures": drawn})


def _completed(measurement: Measurement, result: CheckResult, data: AuditData) -> Measurement:
    # a single group that is too small has no number of its own; it bars a limit on every group only with others like
    # it
    if measurement.slice and measurement.value is None and data.cells.unshown(measurement.slice) is not None:
        return measurement.model_copy(update={"left_out": (_too_small(measurement, data),)})
    if (
        not measurement.left_out or measurement.bound is not None
    ):  # a check that says the bound has left out no groups of people
        return measurement
    groups = _counted(measurement.left_out, data)
    definition = result.definitions.get(measurement.name)
    grows = "neither" if definition is None else definition.more_groups
    if measurement.value is None or not groups:
        return measurement.model_copy(update={"left_out": groups})
    # an average or an entropy can go either way, so nothing that was compared bounds the number over all
    if grows == "neither":
        return _undirected(measurement.model_copy(update={"left_out": groups}), data)
    return measurement.model_copy(update={"left_out": groups, "bound": BOUNDS[grows]})


def _too_small(measurement: Measurement, data: AuditData) -> LeftOut:
    """A group without a number, as one of all groups of the same attributes that are too small to show."""
    people = data.cells.counts(tuple(name for name in data.cells.groups if name in measurement.slice))
    small = int(people[people < data.minimum_cell].sum())
    return LeftOut(
        slice=measurement.slice, reason=measurement.reason or "", bars=small > data.largest_left_out * data.cells.size
    )


def _undirected(disparity: Measurement, data: AuditData) -> Measurement:
    large = [group for group in disparity.left_out if group.slice and not data.cells.unshown(group.slice)]
    if not large or disparity.validity != "valid":
        return disparity
    return disparity.model_copy(update={"validity": "inconclusive", "reason": left_out_text(large)})


def _counted(groups: tuple[LeftOut, ...], data: AuditData) -> tuple[LeftOut, ...]:
    cells, total = data.cells, data.cells.size
    large, small = [], []
    for group in groups:
        people = cells.people(group.slice)
        if people >= data.minimum_cell:
            size = {"people": people, "share": people / total} if cells.reason(group.slice) is None else {}
            large.append(group.model_copy(update={**size, "bars": True}))
        # an intersection that nobody is in leaves nobody out
        elif people:
            small.append((group, people))
    return (*large, *_together(small, total, data))


def _together(small: list[tuple[LeftOut, int]], total: int, data: AuditData) -> list[LeftOut]:
    """One entry for all groups that are too small to show; a single one stands by itself."""
    if not small:
        return []
    people = sum(size for _, size in small)
    too_small, bars = fewer_than(data.minimum_cell, "people"), people > data.largest_left_out * total
    if len(small) == 1:
        return [LeftOut(slice=small[0][0].slice, reason=too_small, bars=bars)]
    names = first_few([group_name(group.slice) for group, _ in small], NAMED)
    together = LeftOut(slice={}, reason=f"{too_small} each: {names}", bars=bars)
    is_shown = people >= data.minimum_cell
    return [together.model_copy(update={"people": people, "share": people / total}) if is_shown else together]


def name_worse_off(result: CheckResult, data: AuditData) -> CheckResult:
    """The result with `worse_off` of every pair filled in, or empty where nobody said what being selected is.

    Only here is it decided, for all checks alike: whatever a check says itself is overwritten. The harm of a pair is
    that of the rate in which the two differ, where the check defines it, else that of the measure. A figure that is
    called as a measurement says the same in its caption.
    """
    measurements = tuple(
        measurement.model_copy(
            update={"pairs": tuple(_with_harm(pair, measurement, result, data) for pair in measurement.pairs)}
        )
        for measurement in result.measurements
    )
    figures = tuple(_captioned(figure, result, data) for figure in result.figures)
    return result.model_copy(update={"measurements": measurements, "figures": figures})


def _captioned(figure: Figure, result: CheckResult, data: AuditData) -> Figure:
    # a map over two attributes is called after its measure: `selection_rate_map_sex_race`
    definition = result.definitions.get(figure.name.partition("_map_")[0])
    if definition is None or definition.harm is None:
        return figure
    sentence = harm_text(definition.harm, data.outcome_of(), data.task)
    return figure.model_copy(update={"caption": f"{figure.caption} {sentence}".strip()}) if sentence else figure


def _with_harm(pair: GroupPair, measurement: Measurement, result: CheckResult, data: AuditData) -> GroupPair:
    definition = result.definitions.get(pair.rate) or result.definitions.get(measurement.name)
    category = measurement.conditions.get("class", measurement.conditions.get("classified as"))
    score = data.case_scores.get(str(measurement.conditions.get("score")))
    if score is not None:  # the owner said which values are the better ones, and no word about selection is needed
        worse = "low" if score.better == "higher" else "high"
        alike = pair.low.value is not None and pair.low.value == pair.high.value
        return pair.model_copy(update={"worse_off": None if alike else worse})
    outcome = data.outcome_of(None if category is None else str(category))
    harm = definition.harm if definition is not None else None
    # two equal rates: nobody is worse off, though one group was found to be the lowest
    same = pair.low.value is not None and pair.low.value == pair.high.value
    return pair.model_copy(update={"worse_off": harm.worse_off(outcome) if harm is not None and not same else None})
