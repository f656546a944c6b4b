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
    classes = [each for each in targets if each.at is not None]
    if len(classes) <= CLASSES:
        return list(targets)

    def gap(target: Target) -> tuple[float, float]:
        mine = [each for each in between if each.name.endswith("_difference") and each.conditions == target.conditions]
        known = [(each.interval.low or 0.0, each.value) for each in mine if each.interval and each.value is not None]
        return max(known, default=(0.0, 0.0))

    widest = sorted(classes, key=gap, reverse=True)[:WIDEST]
    return [each for each in targets if each.at is None or each in widest]


def pictures(
    targets: Sequence[Target], per_group: Sequence[Measurement], between: Sequence[Measurement]
) -> list[Figure]:
    """Every figure about the targets that are drawn."""
    shown = [each.conditions for each in drawn(targets, between)]
    numbers = [each for each in per_group if each.conditions in shown]
    gaps = [each for each in between if each.conditions in shown]
    found = [_dots(name, numbers) for name in dict.fromkeys(each.name for each in numbers)]
    found += [_forest(what, gaps) for what in ("difference", "ratio")]
    found += _maps(numbers, gaps)
    return [each for each in found if each is not None]


def _axis(name: str) -> Axis:
    kind = RATES.get(name) or COMPOSITES[name]
    share = name in RATES
    return Axis(field="value", title=kind.title, unit="share" if share else "", percent=share)


def _dots(name: str, numbers: Sequence[Measurement]) -> Figure | None:
    some = [each for each in numbers if each.name == name and len(each.slice) <= 1]
    axis = _axis(name)
    methods = {each.interval.method.partition(",")[0] for each in some if each.interval}
    by = "Wilson intervals" if methods <= {"Wilson"} else f"intervals ({', '.join(sorted(methods))})"
    caption = f"Dots are {'shares of the group' if name in RATES else 'values of the group'}, lines 95 % {by}."
    return figures.dot_whisker(name, f"{axis.title} per group", some, axis=axis, caption=caption)


def _forest(what: str, gaps: Sequence[Measurement]) -> Figure | None:
    still, label = (0.0, "no difference") if what == "difference" else (1.0, "equal")
    some = [each for each in gaps if each.name.endswith(f"_{what}")]
    ends = [each.value for each in some if each.value is not None]
    ends += [each.interval.high for each in some if each.interval and each.interval.high is not None]
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
            if any(each.value is not None for each in some):
                found.append(_map(f"{name}_map_{number}", name, pair, some))
    return found


def _worst(cells: Sequence[Measurement]) -> tuple[str, list[Measurement]]:
    """The labelled rate that differs most over the cells, and its numbers."""
    names = list(dict.fromkeys(each.name for each in cells if RATES[each.name].labelled and each.name != "prevalence"))
    some = _widest(cells, names)
    return (some[0].name if some else "", some)


def _widest(cells: Sequence[Measurement], names: Sequence[str]) -> list[Measurement]:
    """The numbers of one rate and one class with the widest range."""
    found: list[Measurement] = []
    widest = -1.0
    for name in names:
        for said in dict.fromkeys(pairs(each.conditions) for each in cells):
            some = [each for each in cells if each.name == name and pairs(each.conditions) == said]
            known = [each.value for each in some if each.value is not None]
            if known and max(known) - min(known) > widest:
                widest, found = max(known) - min(known), some
    return found


def _map(called: str, name: str, pair: tuple[str, ...], some: Sequence[Measurement]) -> Figure:
    across, down = pair
    cells: list[dict[str, Scalar]] = [
        {"across": each.slice[across], "down": each.slice[down], "value": each.value, "n": each.n} for each in some
    ]
    about = f", {pairs(some[0].conditions)}" if some[0].conditions else ""
    blank = sum(each.value is None for each in some)
    caption = f"{blank} of {len(some)} cells are blank: too few people." if blank else ""
    axis = _axis(name)
    return figures.heat_map(
        called, f"{axis.title} by {across} and {down}{about}", cells,
        x=Axis(field="across", title=across), y=Axis(field="down", title=down), value=axis, caption=caption,
    )  # fmt: skip
