"""From probabilities of groups to findings: rates and their differences, with all that is possible; a control."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.data.group_probabilities import GroupProbabilities
from auditkit.plugins.fairness.group_probabilities import bounds
from auditkit.plugins.fairness.group_probabilities.bounds import People, Rate, difference, ends
from auditkit.plugins.fairness.group_probabilities.cells import cells_of
from auditkit.plugins.fairness.group_probabilities.definitions import DEFINITIONS, DIFFERENCE, FOUND, RATE, SELECTED
from auditkit.plugins.fairness.group_probabilities.parameters import Parameters
from auditkit.plugins.fairness.group_probabilities.self_tests import drawn_groups
from auditkit.results import Axis, Control, Figure, Level, Measurement, Rule
from auditkit.text import first_few
from auditkit.too_few import lacking, two_groups

NO_LABELS = "there are no labels"
UNKNOWN = "the labels of some people are not known"
ALIKE = "everybody who counts here was decided alike, so that nothing tells how far chance goes"
LEVEL = 0.95


class Compared(NamedTuple):
    """One rate over the groups of one attribute."""

    attribute: str
    name: str
    """Of the rate."""
    groups: tuple[str, ...]
    """Those that have a rate."""
    rates: tuple[Rate, ...]
    sizes: tuple[float, ...]
    """The people who are expected in the denominator of each."""
    reason: str | None
    """Why it is undecided."""


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.group_probabilities` says about these people."""
    measurements: list[Measurement] = []
    controls: list[Control] = []
    notes: list[str] = []
    for number, (attribute, probable) in enumerate(data.group_probabilities.items()):
        context.progress(number, len(data.group_probabilities), "bounds")
        people = _people(parameters, probable, data, context.rng)
        selected = context.predictions.selected
        compared, small = _selection(attribute, probable, people, selected, data)
        own = _measured(compared, people, DEFINITIONS)
        controls.append(drawn_groups(attribute, probable, selected, own[0], data, parameters.trials, context.rng))
        measurements += own
        measurements += _found(attribute, probable, people, data, context)
        if small:
            notes.append(f"Not compared, as too few people of it are expected: {first_few(small)} ({attribute}).")
        notes.append(
            f"{attribute}: {int(people.cells.max()) + 1} cells of people with similar probabilities. Nobody was put "
            "into the group that is likeliest for them."
        )
    return Findings(
        measurements=measurements, controls=controls, figures=_figures(measurements), notes=notes, level=level
    )


def _people(parameters: Parameters, probable: GroupProbabilities, data: AuditData, rng: np.random.Generator) -> People:
    cells = cells_of(probable.shares, parameters.cells, parameters.cell_people)
    unit = data.clusters
    # rows of a unit are in one fold, or one would choose the bounds of the other
    folds = rng.permutation(np.arange(data.units if unit is not None else len(data)) % parameters.folds)
    return People(cells, folds if unit is None else folds[stats.numbered(unit)], data.weights, unit)


def _selection(
    attribute: str, probable: GroupProbabilities, people: People, selected: np.ndarray, data: AuditData
) -> tuple[Compared, list[str]]:
    reason = ALIKE if selected.all() or not selected.any() else None
    return _compared(
        attribute, SELECTED, probable, np.ones(len(data), dtype=bool), data,
        lambda probability: bounds.selection_rate(probability, selected, people), reason,
    )  # fmt: skip


def _found(
    attribute: str, probable: GroupProbabilities, people: People, data: AuditData, context: Context
) -> list[Measurement]:
    """The true positive rates, or why there are none."""
    why = NO_LABELS if data.labels is None else UNKNOWN if data.known is not None else ""
    if why:
        name = FOUND + DIFFERENCE
        meaning = DEFINITIONS[name]
        return [
            Measurement(
                name=name,
                value=None,
                reason=why,
                conditions={"attribute": attribute},
                unit=meaning.unit,
                direction=meaning.direction,
            )
        ]
    selected, positive = context.predictions.selected, context.predictions.outcomes
    among = selected[positive]
    reason = ALIKE if among.all() or not among.any() else None
    compared, _ = _compared(
        attribute, FOUND, probable, positive, data,
        lambda probability: bounds.true_positive_rate(probability, selected, positive, people), reason,
    )  # fmt: skip
    return _measured(compared, people, DEFINITIONS)


def _compared(
    attribute: str,
    name: str,
    probable: GroupProbabilities,
    counted: np.ndarray,
    data: AuditData,
    rate: Callable[[np.ndarray], Rate],
    reason: str | None,
) -> tuple[Compared, list[str]]:
    """The rates of the groups of which people enough are expected, and the names of the others."""
    least, groups, rates, sizes, small = max(data.minimum_cell, data.minimum_rate), [], [], [], []
    for group, probability in zip(probable.groups, probable.shares.T, strict=True):
        size = float(probability[counted].sum())
        if lacking(int(size), least, "people") is not None:
            small.append(group)
            continue
        groups.append(group)
        sizes.append(size)
        rates.append(rate(probability))
    return Compared(attribute, name, tuple(groups), tuple(rates), tuple(sizes), reason), small


def _measured(compared: Compared, people: People, definitions: Any) -> list[Measurement]:
    """The widest difference, then the rate of each group."""
    measurements = [_widest(compared, people)]
    for group, rate, size in zip(compared.groups, compared.rates, compared.sizes, strict=True):
        meaning = definitions[compared.name + RATE]
        measurements.append(
            Measurement(
                name=compared.name + RATE, value=rate.weighted.value, n=int(size), unit=meaning.unit,
                interval=None if compared.reason else ends(rate.low, rate.high, people, LEVEL, 0.0),
                conditions={"attribute": compared.attribute, "group": group}, **_undecided(compared.reason),
            )
        )  # fmt: skip
    return measurements


def _undecided(reason: str | None) -> dict[str, Any]:
    return {} if reason is None else {"reason": reason, "validity": "inconclusive"}


def _widest(compared: Compared, people: People) -> Measurement:
    """The widest difference of two groups; its interval holds for all pairs at once."""
    meaning = DEFINITIONS[compared.name + DIFFERENCE]
    common: dict[str, Any] = {
        "name": compared.name + DIFFERENCE, "conditions": {"attribute": compared.attribute}, "unit": meaning.unit,
        "direction": meaning.direction,
    }  # fmt: skip
    pairs = list(itertools.permutations(compared.rates, 2))
    if not pairs:
        return Measurement(value=None, reason=two_groups([compared.attribute]), validity="inconclusive", **common)
    values = [rate.weighted.value for rate in compared.rates]
    level = stats.sidak_level(LEVEL, len(pairs) // 2)
    intervals = [
        ends(difference(one.low, other.high), difference(one.high, other.low), people, level, -1.0)
        for one, other in pairs
    ]
    known = [interval for interval in intervals if interval is not None]
    if compared.reason is None and len(known) == len(pairs):
        interval = known[0].model_copy(
            update={
                "low": max(0.0, *(interval.low or 0.0 for interval in known)),
                "high": max(0.0, *(interval.high or 0.0 for interval in known)), "level": LEVEL,
            }
        )  # fmt: skip
    else:
        interval = None
    return Measurement(
        value=max(values) - min(values), interval=interval, n=int(sum(compared.sizes)), **common,
        **_undecided(compared.reason),
    )  # fmt: skip


def _figures(measurements: Sequence[Measurement]) -> list[Figure]:
    drawn = []
    for rate in (SELECTED, FOUND):
        for name, draw, rules in (
            (rate + RATE, figures.dot_whisker, ()),
            (rate + DIFFERENCE, figures.forest, (Rule(value=0, label="no difference"),)),
        ):
            own = [one for one in measurements if one.name == name]
            title = DEFINITIONS[name].title
            axis = Axis(field="value", title=title, percent=True, unit="share")
            caption = (
                "Dots hold if the decision does not go with the group beyond the probabilities; lines hold all that "
            )
            drawn.append(
                draw(name, title, own, axis=axis, rules=rules, caption=caption + "is possible, with 95 % confidence.")
            )
    return [figure for figure in drawn if figure is not None]
