"""The pictures of the check: rates per group, disparities, rates per intersection."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from auditkit import figures
from auditkit.metrics.catalogue import RATES
from auditkit.metrics.composites import COMPOSITES
from auditkit.plugins.fairness.groups.group_table import Target
from auditkit.results import Axis, Figure, Measurement, Rule, Scalar, pairs

CLASSES = 10
"""Classes that are all drawn; of more, only those with the widest gaps."""
WIDEST = 5
PAIRS = 3
"""Pairs of attributes that get heat maps."""


def drawn(targets: Sequence[Target], between: Sequence[Measurement]) -> list[Target]:
    """The targets that are drawn: all of at most 10 classes; else what is about all, and the classes that differ most.

    The widest gap is the one whose interval reaches least far down; of equal ones, the one with the largest value.
    """
    classes = [target for target in targets if target.at is not None]
    if len(classes) <= CLASSES:
        return list(targets)

    def gap(target: Target) -> tuple[float, float]:
        mine = [
            measurement
            for measurement in between
            if measurement.name.endswith("_difference") and measurement.conditions == target.conditions
        ]
        known = [
            (measurement.interval.low or 0.0, measurement.value)
            for measurement in mine
            if measurement.interval and measurement.value is not None
        ]
        return max(known, default=(0.0, 0.0))

    widest = sorted(classes, key=gap, reverse=True)[:WIDEST]
    return [target for target in targets if target.at is None or target in widest]


def pictures(
    targets: Sequence[Target], per_group: Sequence[Measurement], between: Sequence[Measurement]
) -> list[Figure]:
    """Every figure about the targets that are drawn."""
    shown = [target.conditions for target in drawn(targets, between)]
    numbers = [measurement for measurement in per_group if measurement.conditions in shown]
    gaps = [measurement for measurement in between if measurement.conditions in shown]
    found = [_dots(name, numbers) for name in dict.fromkeys(number.name for number in numbers)]
    found += [_forest(what, gaps) for what in ("difference", "ratio")]
    found += _maps(numbers, gaps)
    return [figure for figure in found if figure is not None]


def _axis(name: str) -> Axis:
    kind = RATES.get(name) or COMPOSITES[name]
    share = name in RATES
    return Axis(field="value", title=kind.title, unit="share" if share else "", percent=share)


def _dots(name: str, numbers: Sequence[Measurement]) -> Figure | None:
    some = [number for number in numbers if number.name == name and len(number.slice) <= 1]
    axis = _axis(name)
    methods = {measurement.interval.method.partition(",")[0] for measurement in some if measurement.interval}
    by = "Wilson intervals" if methods <= {"Wilson"} else f"intervals ({', '.join(sorted(methods))})"
    caption = f"Dots are {'shares of the group' if name in RATES else 'values of the group'}, lines 95 % {by}."
    return figures.dot_whisker(name, f"{axis.title} per group", some, axis=axis, caption=caption)


def _forest(what: str, gaps: Sequence[Measurement]) -> Figure | None:
    still, label = (0.0, "no difference") if what == "difference" else (1.0, "equal")
    some = [gap for gap in gaps if gap.name.endswith(f"_{what}")]
    ends = [measurement.value for measurement in some if measurement.value is not None]
    ends += [
        measurement.interval.high
        for measurement in some
        if measurement.interval and measurement.interval.high is not None
    ]
    axis = Axis(
        field="value", title=f"{what.capitalize()} over groups",
        domain=(0, 1) if not ends or max(ends) <= 1 else None,
    )  # fmt: skip
    caption = f"Lines are 95 % intervals that hold for all pairs of groups at once. At {still:.0f} all are equal."
    return figures.forest(
        f"{what}s", f"Disparities as {what}", some, axis=axis, caption=caption, rules=[Rule(value=still, label=label)]
    )


def _maps(numbers: Sequence[Measurement], gaps: Sequence[Measurement]) -> list[Figure]:
    """For the first pairs of attributes: the selection rate, and the labelled rate that differs most, of one target."""
    attributes = list(dict.fromkeys(name for each in numbers for name in each.slice))
    found = []
    for number, pair in enumerate(list(itertools.combinations(attributes, 2))[:PAIRS], start=1):
        cells = [each for each in numbers if set(each.slice) == set(pair) and each.name in RATES]
        rates = [("selection_rate", _widest(cells, ["selection_rate"]))]
        rates.append(_worst(cells))
        for name, some in rates:
            if any(measurement.value is not None for measurement in some):
                found.append(_map(f"{name}_map_{number}", name, pair, some))
    return found


def _worst(cells: Sequence[Measurement]) -> tuple[str, list[Measurement]]:
    """The labelled rate that differs most over the cells, and its numbers."""
    names = list(dict.fromkeys(cell.name for cell in cells if RATES[cell.name].labelled and cell.name != "prevalence"))
    some = _widest(cells, names)
    return (some[0].name if some else "", some)


def _widest(cells: Sequence[Measurement], names: Sequence[str]) -> list[Measurement]:
    """The numbers of one rate and one class with the widest range."""
    measurements: list[Measurement] = []
    widest = -1.0
    for name in names:
        for sentence in dict.fromkeys(pairs(cell.conditions) for cell in cells):
            some = [cell for cell in cells if cell.name == name and pairs(cell.conditions) == sentence]
            known = [measurement.value for measurement in some if measurement.value is not None]
            if known and max(known) - min(known) > widest:
                widest, measurements = max(known) - min(known), some
    return measurements


def _map(called: str, name: str, pair: tuple[str, ...], some: Sequence[Measurement]) -> Figure:
    across, down = pair
    cells: list[dict[str, Scalar]] = [
        {
            "across": measurement.slice[across],
            "down": measurement.slice[down],
            "value": measurement.value,
            "n": measurement.n,
        }
        for measurement in some
    ]
    about = f", {pairs(some[0].conditions)}" if some[0].conditions else ""
    blank = sum(measurement.value is None for measurement in some)
    caption = f"{blank} of {len(some)} cells are blank: too few people." if blank else ""
    axis = _axis(name)
    return figures.heat_map(
        called, f"{axis.title} by {across} and {down}{about}", cells,
        x=Axis(field="across", title=across), y=Axis(field="down", title=down), value=axis, caption=caption,
    )  # fmt: skip
