"""What is measured of which people: groups with their counts, classes whose decisions are looked at, their rates.

Rates, and what is made of several rates, are numbers about single groups, as measurements.
"""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.counts import Counts, Tally
from auditkit.data import AuditData
from auditkit.errors import DataError, closest
from auditkit.metrics.catalogue import RATES, Rate, denominator, interval_method, right_or_not, shares
from auditkit.metrics.composites import COMPOSITES, Composite
from auditkit.plugins.fairness.groups.definitions import DEFAULT, MEASURES, MULTICLASS, WHOLE
from auditkit.plugins.fairness.groups.parameters import Parameters
from auditkit.predictions import Predictions
from auditkit.results import Interval, Measurement, pairs
from auditkit.smaller import smaller_together
from auditkit.too_few import lacking
from auditkit.value_spelling import spelling


class Groups(NamedTuple):
    """The groups of some attributes, with their counts of labels and decisions."""

    attributes: tuple[str, ...]
    """None of them: everyone."""
    where: list[dict[str, str]]
    hidden: list[str | None]
    """Why nothing is measured of a group: it is too small; None where it is not."""
    tally: Tally
    """(K, C + 1, C + 1), or (K, 3, 3) once one class is held against the others."""

    @property
    def names(self) -> list[str]:
        """Each group as people read it."""
        return [pairs(texts) for texts in self.where]


class Target(NamedTuple):
    """What counts as selected, and what is measured of it."""

    conditions: dict[str, str]
    """{"class": name} where there are more than two classes; else empty."""
    class_index: int | None
    """The position of the class; None: whether the decision is right, whatever the class."""
    measures: tuple[str, ...]

    def of(self, groups: Groups) -> Groups:
        """These groups, with the counts that this is about."""
        return groups._replace(
            tally=right_or_not(groups.tally) if self.class_index is None else groups.tally.against(self.class_index)
        )


def tabulate(counts: Counts, parameters: Parameters, data: AuditData) -> list[Groups]:
    """Everyone, then the groups of every set of attributes up to the number that is intersected; none is empty."""
    tables = []
    for attributes in [(), *data.cells.subsets(parameters.intersections)]:
        where, tally = counts.over(attributes)
        occupied = [index for index, group in enumerate(where) if not data.cells.empty(group)]
        where, tally = [where[index] for index in occupied], tally.taken(np.array(occupied, dtype=np.int64))
        tables.append(Groups(attributes, where, [data.cells.reason(group) for group in where], tally))
    return tables


def smaller(groups: Groups, data: AuditData) -> Groups | None:
    """The groups that are too small to show, as one; None where they may not be shown as one."""
    together = smaller_together(groups.attributes, data)
    if together is None:
        return None
    indices = together.among(groups.where)
    return groups._replace(where=[together.where], hidden=[None], tally=groups.tally.as_one(indices))


def targets(parameters: Parameters, counts: Counts, predictions: Predictions, task: str) -> list[Target]:
    """What is looked at: the positive class, or where there are more than two all of them, each against the rest.

    Raises:
        DataError: the parameter `classes` names one that is none.
    """
    measures = measures_taken(parameters, counts, task)
    if task != "multiclass":
        return [Target({}, predictions.positive, measures)]
    names = [spelling(label) for label in predictions.classes]
    for name in parameters.classes:
        if name not in names:
            raise DataError(f"fairness.groups: classes names {name!r}, which is no class; {closest(name, names)}")
    # Whether a decision is right is about all classes at once, so it is measured once and not class by class.
    looked_at = [Target({}, None, tuple(measure for measure in measures if measure in WHOLE))]
    rest = tuple(measure for measure in measures if measure not in WHOLE)
    chosen = parameters.classes or names
    looked_at += [Target({"class": name}, index, rest) for index, name in enumerate(names) if name in chosen]
    return [target for target in looked_at if target.measures]


def measures_taken(parameters: Parameters, counts: Counts, task: str) -> tuple[str, ...]:
    """The measures that can be taken: asked for, or default; those of labels only where there are some."""
    names = parameters.measures
    if task == "multiclass" and names == DEFAULT:
        names = (*names, *MULTICLASS)
    # A model can look fair by declining to decide about one group, so this rate is measured wherever anybody is
    # undecided.
    if counts.abstained:
        names = (*names, "abstention_rate")
    if parameters.given:
        names = (*names, "conditional_demographic_disparity")
    return tuple(name for name in dict.fromkeys(names) if counts.labelled or not MEASURES[name].labelled)


def per_group(target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    """Every rate and every composite of the target, for every group of one table."""
    groups = target.of(groups)
    rates = [_rate(RATES[name], target, groups, data) for name in target.measures if name in RATES]
    composites = [_composite(COMPOSITES[name], target, groups, data) for name in target.measures if name in COMPOSITES]
    return [measurement for measurements in (*rates, *composites) for measurement in measurements]


def of_smaller(target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    """The same numbers for the groups of one table that are too small to show, as one; none where they stay hidden."""
    as_one = smaller(groups, data)
    return [] if as_one is None else per_group(target, as_one, data)


def _rate(rate: Rate, target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    share = shares(groups.tally, rate)
    low, high = stats.wilson_bounds(share.successes, share.sizes)
    method = interval_method("Wilson", data.weights is not None, data.clusters is not None)
    measurements = []
    for index, where in enumerate(groups.where):
        reason, rows = groups.hidden[index], int(share.rows[index])
        units = None if share.units is None else int(share.units[index])
        few = lacking(int(share.many[index]), data.minimum_rate, rate.of)
        if reason or few:
            # That nobody is in a denominator gives nobody away; any other small number might.
            n = 0 if not reason and rows == 0 else None
            measurements.append(_measurement(rate, target, where, reason=reason or few, n=n))
            continue
        interval = Interval(low=float(low[index]), high=float(high[index]), method=method)
        number = _measurement(rate, target, where, value=float(share.values[index]), n=rows, interval=interval)
        measurements.append(number.model_copy(update={"units": units}))
    return measurements


def _composite(composite: Composite, target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    estimates = composite.estimate(groups.tally)
    rows = [(denominator(groups.tally, words), of) for words, of in composite.of]
    measurements = []
    for index, where in enumerate(groups.where):
        few = (lacking(int(parts.many[index]), data.minimum_rate, of) for parts, of in rows)
        reason = groups.hidden[index] or next(filter(None, few), None)
        value = float(estimates.values[index])
        if reason is None and np.isnan(value):
            reason = composite.undefined
        if reason is not None:
            measurements.append(_measurement(composite, target, where, reason=reason))
            continue
        # The ends come from those of the parts, so a value at an edge may lie outside of them by a rounding.
        high = float(estimates.high[index])
        interval = Interval(
            low=min(value, float(estimates.low[index])), high=max(value, high) if np.isfinite(high) else None,
            method=interval_method(estimates.method, data.weights is not None, data.clusters is not None),
        )  # fmt: skip
        counted = rows[0][0]
        units = None if counted.units is None else int(counted.units[index])
        number = _measurement(composite, target, where, value=value, n=int(counted.rows[index]), interval=interval)
        measurements.append(number.model_copy(update={"units": units}))
    return measurements


def _measurement(
    measure: Rate | Composite,
    target: Target,
    where: dict[str, str],
    *,
    value: float | None = None,
    reason: str | None = None,
    n: int | None = None,
    interval: Interval | None = None,
) -> Measurement:
    return Measurement(
        name=measure.name, value=value, reason=reason, interval=interval, n=n,
        direction=measure.direction, slice=where, unit="share" if isinstance(measure, Rate) else "",
        conditions=dict(target.conditions),
    )  # fmt: skip
