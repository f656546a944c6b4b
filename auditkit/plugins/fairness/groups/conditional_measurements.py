"""Conditional demographic disparity of the groups of the data: from rows to measurements."""

from typing import Any

import numpy as np
from scipy import special

from auditkit import stats
from auditkit.checks import Context
from auditkit.counts import Tally, count
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.metrics.rates import interval_method
from auditkit.plugins.fairness.groups import conditional
from auditkit.plugins.fairness.groups.disparity_measurements import CORRECTIONS, family
from auditkit.plugins.fairness.groups.group_table import Groups, Target
from auditkit.plugins.fairness.groups.measures import INDICES
from auditkit.plugins.fairness.groups.parameters import Parameters
from auditkit.results import Measurement, Test
from auditkit.too_few import fewer_than

NAME = "conditional_demographic_disparity"
STRATUM = "\0stratum"
"""The name of the strata among the attributes: one that no column has."""


def conditionals(
    parameters: Parameters, targets: list[Target], tables: list[Groups], data: AuditData, context: Context
) -> list[conditional.Conditional]:
    """The disparity of every group, within the strata of the given columns; tested, not adjusted."""
    targets = [target for target in targets if NAME in target.measures and target.class_index is not None]
    if not targets:
        return []
    columns: dict[str, Any] = {**data.groups, STRATUM: conditional.strata(data, parameters.given)}
    size = len(columns[STRATUM].values)
    results = []
    # The strata are counted as one more attribute, so that one table serves every set of groups.
    counts = count(
        columns, context.predictions.codes, classes=[str(index) for index in range(len(context.predictions.classes))],
        weights=data.weights, people=data.people,
    )  # fmt: skip
    for groups in tables:
        # A group that is itself among the given columns is alone in its strata, and has nobody to be compared with.
        if not groups.attributes or set(groups.attributes) & set(parameters.given):
            continue
        tally = counts.over((STRATUM, *groups.attributes)).tally
        is_occupied = [not data.cells.empty(group) for group in counts.over(groups.attributes).where]
        for target in targets:
            against_rest = tally.against(present(target.class_index, "conditions are about a class"))
            # No labels were counted, so everybody stands under "not known"; who has no decision is left out.
            strata = Tally(*(table[:, 2, :2].reshape(size, -1, 2)[:, is_occupied] for table in against_rest))
            results += _within_strata(groups, target, strata, parameters, data, context.rng)
    return results


def _within_strata(
    groups: Groups, target: Target, strata: Tally, parameters: Parameters, data: AuditData, rng: np.random.Generator
) -> list[conditional.Conditional]:
    """The disparity of each of K groups, from (S, K, 2) people by stratum, group, and rejected or selected."""
    square = strata.square.sum()
    # Scaled to the effective number of rows, so that resamples of weighted people vary as much as the people do.
    weight = strata.weight * (strata.weight.sum() / square if square > 0 else 0.0)
    values, assessed = conditional.disparities(weight)
    bounds = conditional.intervals(weight, rng, parameters.resamples) if weight.sum() >= 1 else []
    errors = conditional.errors(weight)
    enough = max(stats.FEW, data.minimum_rate)
    conditions = {**target.conditions, "given": ", ".join(parameters.given)}
    results = []
    for index, (where, hidden) in enumerate(zip(groups.where, groups.hidden, strict=True)):
        rows = int(strata.rows[:, index].sum())
        disparity = conditional.Conditional(NAME, groups.attributes, conditions, rows, where=where, reason=hidden)
        results.append(disparity)
        if hidden is None and rows < enough:
            disparity.reason = fewer_than(enough, "people with a decision")
        elif hidden is None and np.isnan(values[index]):
            disparity.reason = "in every stratum all or none were selected"
        if disparity.reason is not None:
            continue
        disparity.value, disparity.interval = float(values[index]), bounds[index]
        if assessed < 1:
            lost = f"{1 - float(assessed):.0%} of people are in strata in which all or none were selected"
            disparity.some_strata, disparity.enough = lost, bool(assessed >= 1 - conditional.TOLD_NOTHING)
        if errors[index] > 0:
            disparity.error = float(errors[index])
            disparity.p = float(2 * special.ndtr(-abs(disparity.value) / disparity.error))
    return results


def measured(disparity: conditional.Conditional, tests: int, parameters: Parameters, data: AuditData) -> Measurement:
    """One group's disparity."""
    index = INDICES[NAME]
    common: dict[str, Any] = {
        "name": NAME, "unit": index.unit, "direction": index.direction, "slice": disparity.where,
        "conditions": dict(disparity.conditions),
    }  # fmt: skip
    if disparity.value is None:
        return Measurement(value=None, reason=disparity.reason, **common)
    test, detectable = None, None
    if disparity.p is not None and disparity.error is not None:
        method = f"Mantel-Haenszel, groups shuffled within strata; {CORRECTIONS[parameters.correction]}"
        test = Test(method=method, p=disparity.p, p_adjusted=disparity.p_adjusted, family=family(tests))
        detectable = float(stats.critical(1 - 0.05 / max(1, tests)) + special.ndtri(0.8)) * disparity.error
    interval = disparity.interval
    if interval is not None:
        interval = interval.model_copy(update={"method": interval_method(interval.method, data.weights is not None)})
    return Measurement(
        value=disparity.value, n=disparity.rows, interval=interval, test=test, detectable=detectable,
        reason=disparity.some_strata or None, validity="valid" if disparity.enough else "inconclusive", **common,
    )  # fmt: skip
