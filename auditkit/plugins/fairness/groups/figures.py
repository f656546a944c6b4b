"""The figures of the check: rates per group, disparities, rates per intersection."""

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


def targets_drawn(targets: Sequence[Target], between: Sequence[Measurement]) -> list[Target]:
    """The targets that are drawn: all of at most 10 classes; else what is about all, and the classes that differ most.

    The widest gap is the one whose interval reaches least far down; of equal ones, the one with the largest value.
    """
    # With hundreds of classes a page of figures says nothing; the numbers of all are in the results.
    classes = [target for target in targets if target.class_index is not None]
    if len(classes) <= CLASSES:
        return list(targets)

    def gap(target: Target) -> tuple[float, float]:
        known = (
            (measurement.interval.low or 0.0, measurement.value)
            for measurement in between
            if measurement.name.endswith("_difference") and measurement.conditions == target.conditions
            if measurement.interval and measurement.value is not None
        )
        return max(known, default=(0.0, 0.0))

    widest = sorted(classes, key=gap, reverse=True)[:WIDEST]
    return [target for target in targets if target.class_index is None or target in widest]


def draw(targets: Sequence[Target], per_group: Sequence[Measurement], between: Sequence[Measurement]) -> list[Figure]:
    """Every figure about the targets that are drawn."""
    conditions = [target.conditions for target in targets_drawn(targets, between)]
    numbers = [measurement for measurement in per_group if measurement.conditions in conditions]
    gaps = [measurement for measurement in between if measurement.conditions in conditions]
    dots = (_dots(name, numbers) for name in dict.fromkeys(number.name for number in numbers))
    forests = (_forest(kind, gaps) for kind in ("difference", "ratio"))
    return list(filter(None, (*dots, *forests, *_maps(numbers, gaps))))


def _axis(name: str) -> Axis:
    kind = RATES.get(name) or COMPOSITES[name]
    share = name in RATES
    return Axis(field="value", title=kind.title, unit="share" if share else "", percent=share)


def _dots(name: str, numbers: Sequence[Measurement]) -> Figure | None:
    of_rate = [number for number in numbers if number.name == name and len(number.slice) <= 1]
    axis = _axis(name)
    methods = {measurement.interval.method.partition(",")[0] for measurement in of_rate if measurement.interval}
    by = "Wilson intervals" if methods <= {"Wilson"} else f"intervals ({', '.join(sorted(methods))})"
    caption = f"Dots are {'shares of the group' if name in RATES else 'values of the group'}, lines 95 % {by}."
    return figures.dot_whisker(name, f"{axis.title} per group", of_rate, axis=axis, caption=caption)


def _forest(kind: str, gaps: Sequence[Measurement]) -> Figure | None:
    still, label = (0.0, "no difference") if kind == "difference" else (1.0, "equal")
    of_kind = [gap for gap in gaps if gap.name.endswith(f"_{kind}")]
    ends = [measurement.value for measurement in of_kind if measurement.value is not None]
    ends += [
        measurement.interval.high
        for measurement in of_kind
        if measurement.interval and measurement.interval.high is not None
    ]
    axis = Axis(
        field="value", title=f"{kind.capitalize()} over groups",
        domain=(0, 1) if not ends or max(ends) <= 1 else None,
    )  # fmt: skip
    caption = f"Lines are 95 % intervals that hold for all pairs of groups at once. At {still:.0f} all are equal."
    return figures.forest(
        f"{kind}s", f"Disparities as {kind}", of_kind, axis=axis, caption=caption,
        rules=[Rule(value=still, label=label)],
    )  # fmt: skip


def _maps(numbers: Sequence[Measurement], gaps: Sequence[Measurement]) -> list[Figure]:
    """For the first pairs of attributes: the selection rate, and the labelled rate that differs most, of one target."""
    attributes = list(dict.fromkeys(name for number in numbers for name in number.slice))
    maps = []
    for pair_number, pair in enumerate(list(itertools.combinations(attributes, 2))[:PAIRS], start=1):
        cells = [number for number in numbers if set(number.slice) == set(pair) and number.name in RATES]
        labelled = dict.fromkeys(cell.name for cell in cells if RATES[cell.name].labelled and cell.name != "prevalence")
        for names in (["selection_rate"], list(labelled)):
            of_rate = _widest(cells, names)
            if any(measurement.value is not None for measurement in of_rate):
                maps.append(_map(f"{of_rate[0].name}_map_{pair_number}", pair, of_rate))
    return maps


def _widest(cells: Sequence[Measurement], names: Sequence[str]) -> list[Measurement]:
    """The numbers of one rate and one class with the widest range."""
    measurements: list[Measurement] = []
    widest = -1.0  # below 0, so that equal rates make a map too
    for name in names:
        for conditions in dict.fromkeys(pairs(cell.conditions) for cell in cells):
            of_rate = [cell for cell in cells if cell.name == name and pairs(cell.conditions) == conditions]
            known = [measurement.value for measurement in of_rate if measurement.value is not None]
            if known and max(known) - min(known) > widest:
                widest, measurements = max(known) - min(known), of_rate
    return measurements


def _map(figure_name: str, pair: tuple[str, ...], of_rate: Sequence[Measurement]) -> Figure:
    across, down = pair
    cells: list[dict[str, Scalar]] = [
        {
            "across": measurement.slice[across],
            "down": measurement.slice[down],
            "value": measurement.value,
            "n": measurement.n,
        }
        for measurement in of_rate
    ]
    about = f", {pairs(of_rate[0].conditions)}" if of_rate[0].conditions else ""
    blank = sum(measurement.value is None for measurement in of_rate)
    caption = f"{blank} of {len(of_rate)} cells are blank: too few people." if blank else ""
    axis = _axis(of_rate[0].name)
    return figures.heat_map(
        figure_name, f"{axis.title} by {across} and {down}{about}", cells,
        x=Axis(field="across", title=across), y=Axis(field="down", title=down), value=axis, caption=caption,
    )  # fmt: skip
