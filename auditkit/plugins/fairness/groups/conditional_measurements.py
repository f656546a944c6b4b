"""Conditional demographic disparity of the groups of the data: from rows to measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from auditkit import stats
from auditkit.counts import count
from auditkit.errors import present
from auditkit.metrics.rates import interval_method
from auditkit.plugins.fairness.groups import conditional
from auditkit.plugins.fairness.groups.conditional import TOLD_NOTHING, Conditional
from auditkit.plugins.fairness.groups.disparity_measurements import CORRECTIONS, family
from auditkit.plugins.fairness.groups.group_table import Groups, Target
from auditkit.plugins.fairness.groups.measures import INDICES
from auditkit.results import Measurement, Test
from auditkit.too_few import fewer_than

if TYPE_CHECKING:
    from auditkit.checks import Context
    from auditkit.data import AuditData
    from auditkit.plugins.fairness.groups.parameters import Parameters

NAME = "conditional_demographic_disparity"
STRATUM = "\0stratum"
"""The name of the strata among the attributes: one that no column has."""


def conditionals(
    parameters: Parameters, targets: list[Target], tables: list[Groups], data: AuditData, context: Context
) -> list[Conditional]:
    """The disparity of every group, within the strata of the given columns; tested, not adjusted."""
    targets = [each for each in targets if NAME in each.measures and each.at is not None]
    if not targets:
        return []
    columns: dict[str, Any] = {**data.groups, STRATUM: conditional.strata(data, parameters.given)}
    size = len(columns[STRATUM].values)
    decided = context.predictions.codes
    found = []
    counts = count(
        columns, decided, classes=[str(index) for index in range(len(context.predictions.classes))],
        weights=data.weights, people=data.people,
    )  # fmt: skip
    for groups in tables:
        if not groups.attributes or set(groups.attributes) & set(parameters.given):
            continue
        tally = counts.over((STRATUM, *groups.attributes)).tally
        there = [not data.cells.empty(group) for group in counts.over(groups.attributes).where]
        for target in targets:
            at = present(target.at, "conditions are about a class")
            kept = tally.against(at)
            weight, square, rows = (
                table[:, 2, :2].reshape(size, -1, 2)[:, there] for table in (kept.weight, kept.square, kept.rows)
            )
            found += _of(groups, target, (weight, square, rows), parameters, data, context.rng)
    return found


def _of(
    groups: Groups,
    target: Target,
    table: tuple[np.ndarray, ...],
    parameters: Parameters,
    data: AuditData,
    rng: np.random.Generator,
) -> list[Conditional]:
    weight, square, rows = table
    scale = weight.sum() / square.sum() if square.sum() > 0 else 0.0
    weight = weight * scale
    values, assessed = conditional.disparities(weight)
    bounds = conditional.intervals(weight, rng, parameters.resamples) if weight.sum() >= 1 else []
    errors = conditional.errors(weight)
    found = []
    for at, (where, hidden) in enumerate(zip(groups.where, groups.hidden, strict=True)):
        one = Conditional(NAME, groups.attributes, {**target.conditions, "given": ", ".join(parameters.given)})
        one.where, one.rows = where, int(rows[:, at].sum())
        enough = max(stats.FEW, data.minimum_rate)
        one.reason = hidden or (fewer_than(enough, "people with a decision") if one.rows < enough else None)
        if one.reason is None and np.isnan(values[at]):
            one.reason = "in every stratum all or none were selected"
        if one.reason is None:
            one.value, one.interval = float(values[at]), bounds[at]
            if assessed < 1:
                lost = f"{1 - float(assessed):.0%} of people are in strata in which all or none were selected"
                one.some_strata, one.enough = lost, bool(assessed >= 1 - TOLD_NOTHING)
            if errors[at] > 0:
                one.error = float(errors[at])
                one.p = float(2 * special.ndtr(-abs(one.value) / one.error))
        found.append(one)
    return found


def measured(each: Conditional, tests: int, parameters: Parameters, data: AuditData) -> Measurement:
    """One group's disparity."""
    index = INDICES[NAME]
    common: dict[str, Any] = {
        "name": NAME, "unit": index.unit, "direction": index.direction, "slice": each.where,
        "conditions": dict(each.conditions),
    }  # fmt: skip
    if each.value is None:
        return Measurement(value=None, reason=each.reason, **common)
    test, detectable = None, None
    if each.p is not None and each.error is not None:
        method = f"Mantel-Haenszel, groups shuffled within strata; {CORRECTIONS[parameters.correction]}"
        test = Test(method=method, p=each.p, p_adjusted=each.p_adjusted, family=family(tests))
        detectable = float(stats.critical(1 - 0.05 / max(1, tests)) + special.ndtri(0.8)) * each.error
    interval = each.interval
    if interval is not None:
        interval = interval.model_copy(update={"method": interval_method(interval.method, data.weights is not None)})
    return Measurement(
        value=each.value, n=each.rows, interval=interval, test=test, detectable=detectable,
        reason=each.some_strata or None, validity="valid" if each.enough else "inconclusive", **common,
    )  # fmt: skip
