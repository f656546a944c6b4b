"""Conditional demographic disparity: who is rejected among people who are alike in the given columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
from scipy import special

from auditkit import stats
from auditkit.checks import Context
from auditkit.counts import Encoded, Tally, count, encode
from auditkit.data import AuditData
from auditkit.data.clusters import counts_rows
from auditkit.errors import DataError, closest, present
from auditkit.plugins.fairness.groups.comparisons import CORRECTIONS, family, with_weights
from auditkit.plugins.fairness.groups.definitions import INDICES
from auditkit.plugins.fairness.groups.disparities import Tested
from auditkit.plugins.fairness.groups.group_table import Groups, Target
from auditkit.plugins.fairness.groups.parameters import CDD, Parameters
from auditkit.plugins.fairness.shared.partition import crossed_codes
from auditkit.results import Interval, Measurement, Test
from auditkit.too_few import fewer_than
from auditkit.value_spelling import spelling

STRATA: Final = 1000
"""More combinations of the given columns are refused: nobody is alike any more."""
TOLD_NOTHING: Final = 0.05
"""Share of people in strata without rejected or without selected above which the number is inconclusive."""
STRATUM = "\0stratum"
"""The name of the strata among the attributes: one that no column has."""


@dataclass
class Conditional(Tested):
    """One group against all others, within strata."""

    where: dict[str, str] = field(default_factory=dict)
    """The group."""
    value: float | None = None
    some_strata: str = ""
    """What share of people is in strata that tell nothing; empty where nobody is."""
    enough: bool = True
    """Whether that share is small enough for the number to count."""
    reason: str | None = None
    """Why there is no value."""
    interval: Interval | None = None
    error: float | None = None
    """The standard error where groups do not matter."""


def strata(data: AuditData, given: Sequence[str]) -> Encoded:
    """The combinations of the values of some columns, and the one of each row.

    Args:
        data: whose inputs or groups have the columns.
        given: their names.

    Raises:
        DataError: a column is not there, or there are more than 1,000 combinations.
    """
    columns = []
    for name in given:
        inputs_by_name = {str(column): column for column in getattr(data.inputs, "columns", ())}
        if name in data.groups:
            columns.append(encode(data.groups[name]))
        elif name in inputs_by_name:
            columns.append(encode(np.array([spelling(value) for value in data.inputs[inputs_by_name[name]]])))
        else:
            raise DataError(
                f"given names {name!r}, which is no column; {closest(name, [*inputs_by_name, *data.groups])}"
            )
    combinations, codes = np.unique(crossed_codes(columns, len(data)), return_inverse=True)
    if len(combinations) > STRATA:
        raise DataError(
            f"given: {', '.join(given)} have {len(combinations):,} combinations; at most {STRATA:,} can be strata. "
            "Name fewer columns, or put numbers into bins first"
        )
    return Encoded(tuple(f"{stratum:04d}" for stratum in range(len(combinations))), codes)


def disparities(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Conditional demographic disparity of each of K groups.

    Args:
        table: (..., S, K, 2) people by stratum, group, and rejected or selected.

    Returns:
        (..., K) between -1 and 1, NaN where no stratum has both rejected and selected people; and (...) the share of
        people in strata that have both.

    Source: Wachter, Mittelstadt and Russell (2021), Why fairness cannot be automated, arXiv:2005.05906; strata
    weighted by their people. A stratum in which all or none were selected has no disparity and is left out.
    """
    total = table.sum(axis=-2, keepdims=True)
    share = np.divide(table, total, out=np.zeros(table.shape), where=total > 0)
    people = total.sum(axis=-1)[..., 0]
    weight = np.where((total > 0).all(axis=-1)[..., 0], people, 0.0)
    assessed = weight.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (weight[..., None] * (share[..., 0] - share[..., 1])).sum(axis=-2) / assessed[..., None]
        return values, assessed / people.sum(axis=-1)


def intervals(table: np.ndarray, rng: np.random.Generator, replicates: int = 1000) -> list[Interval | None]:
    """A percentile interval for each of K groups, from resampled cells: the law of drawing people anew.

    Args:
        table: (S, K, 2) people; with weights, scaled so that the sum is the effective number of rows.
        rng: the source of chance.
        replicates: how many resamples.
    """
    flat = table.ravel() / table.sum()
    rows = round(float(table.sum()))
    samples = [
        disparities(rng.multinomial(rows, flat, size=count).reshape(-1, *table.shape))[0]
        for count in stats.chunks(replicates, flat.size)
    ]
    return [stats.percentile_interval(values, method="bootstrap of cells") for values in np.concatenate(samples).T]


def errors(table: np.ndarray) -> np.ndarray:
    """(K,) standard errors of the disparity if groups were shuffled within each stratum.

    Source: Mantel and Haenszel (1959), Journal of the National Cancer Institute 22: in a stratum the rejected of a
    group follow a hypergeometric law; here strata have the weights of the disparity.
    """
    group, total = table.sum(axis=-1), table.sum(axis=1)
    people = total.sum(axis=-1)
    # A stratum of one person has no variance, and one without rejected or without selected people no disparity.
    is_mixed = (total > 0).all(axis=-1) & (people > 1)
    table, group, total, people = (counts[is_mixed] for counts in (table, group, total, people))
    if not len(people):
        return np.full(table.shape[1], np.nan)
    share = total[:, :1] * total[:, 1:] / people[:, None] ** 2
    variance = group * share * (people[:, None] - group) / (people[:, None] - 1)
    pull = people / people.sum() * (1 / total[:, 0] + 1 / total[:, 1])
    return np.sqrt((pull[:, None] ** 2 * variance).sum(axis=0))


def conditionals(
    parameters: Parameters, targets: list[Target], tables: list[Groups], data: AuditData, context: Context
) -> list[Conditional]:
    """The disparity of every group, within the strata of the given columns; tested, not adjusted."""
    targets = [target for target in targets if CDD in target.measures and target.class_index is not None]
    if not targets:
        return []
    columns: dict[str, Any] = {**data.groups, STRATUM: strata(data, parameters.given)}
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
            within = against_rest.mapped(partial(_selected, size, np.array(is_occupied)))
            results += _within_strata(groups, target, within, parameters, data, context.rng)
    return results


def _selected(strata_count: int, is_occupied: np.ndarray, table: np.ndarray) -> np.ndarray:
    """(S, K, 2) people by stratum, group, and rejected or selected, from (S * groups, 3, 3)."""
    return table[:, 2, :2].reshape(strata_count, -1, 2)[:, is_occupied]


def _within_strata(
    groups: Groups, target: Target, tally: Tally, parameters: Parameters, data: AuditData, rng: np.random.Generator
) -> list[Conditional]:
    """The disparity of each of K groups, from (S, K, 2) people by stratum, group, and rejected or selected."""
    square = tally.square.sum()
    # Scaled to the effective number of rows, so that resamples of weighted people vary as much as the people do.
    weight = tally.weight * (tally.weight.sum() / square if square > 0 else 0.0)
    values, assessed = disparities(weight)
    bounds = intervals(weight, rng, parameters.resamples) if weight.sum() >= 1 else []
    expected = errors(weight)
    enough = max(stats.FEW, data.minimum_rate)
    conditions = {**target.conditions, "given": ", ".join(parameters.given)}
    results = []
    for index, (where, hidden) in enumerate(zip(groups.where, groups.hidden, strict=True)):
        rows = int(tally.rows[:, index].sum())
        disparity = Conditional(CDD, groups.attributes, conditions, rows, where=where, reason=hidden)
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
            disparity.some_strata, disparity.enough = lost, bool(assessed >= 1 - TOLD_NOTHING)
        if expected[index] > 0:
            disparity.error = float(expected[index])
            disparity.p = float(2 * special.ndtr(-abs(disparity.value) / disparity.error))
    return results


def measured(disparity: Conditional, tests: int, parameters: Parameters, data: AuditData) -> Measurement:
    """One group's disparity."""
    index = INDICES[CDD]
    common: dict[str, Any] = {
        "name": CDD, "unit": index.unit, "direction": index.direction, "slice": disparity.where,
        "conditions": dict(disparity.conditions),
    }  # fmt: skip
    if disparity.value is None:
        return Measurement(value=None, reason=disparity.reason, **common)
    test, detectable = None, None
    if disparity.p is not None and disparity.error is not None:
        method = f"Mantel-Haenszel, groups shuffled within strata; {CORRECTIONS[parameters.correction]}"
        test = Test(method=method, p=disparity.p, p_adjusted=disparity.p_adjusted, family=family(tests))
        detectable = float(stats.critical(1 - 0.05 / max(1, tests)) + special.ndtri(0.8)) * disparity.error
    measurement = Measurement(
        value=disparity.value, n=disparity.rows, interval=disparity.interval, test=test, detectable=detectable,
        reason=disparity.some_strata or None, validity="valid" if disparity.enough else "inconclusive", **common,
    )  # fmt: skip
    if data.clusters is not None:  # resampled cells and shuffles within strata know rows alone
        reason = "; ".join(filter(None, (measurement.reason, counts_rows(data.unit_name))))
        measurement = measurement.model_copy(update={"validity": "inconclusive", "reason": reason})
    return with_weights(measurement, data)
