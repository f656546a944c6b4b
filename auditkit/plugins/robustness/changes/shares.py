"""Shares of rows that flip or withstand, for everyone, by group, and the widest difference between groups."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.group_pairs import Members, widest_among
from auditkit.plugins.robustness.changes.definitions import DEFINITIONS
from auditkit.results import LeftOut, Measurement, Test
from auditkit.results.disparity_text import left_out_text
from auditkit.too_few import fewer_than, two_groups
from auditkit.variants import Group, variants

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.results import Scalar

"""How the reason of a group begins that is hidden for its own size, not for another's sake."""


class Gap(NamedTuple):
    """A share over the groups of one attribute."""

    name: str
    attribute: str
    shares: stats.Shares
    values: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    members: Members
    cost: float


def share(
    name: str, hit: np.ndarray, data: AuditData, rows: np.ndarray | None = None, *, conditions: dict[str, Scalar],
    where: dict[str, str] | None = None, hidden: str | None = None,
) -> Measurement:  # fmt: skip
    """A share of some rows with Wilson's interval; with weights, for the effective number of rows.

    Args:
        name: of the measurement.
        hit: (N,) bool.
        data: for the weights and the smallest cell.
        rows: (N,) bool: of which rows; None: of all.
        conditions: what it is under.
        where: of which group.
        hidden: why it may not be said.
    """
    common: dict[str, Any] = {
        "name": name, "unit": "share", "direction": DEFINITIONS[name].direction, "slice": where or {},
        "conditions": conditions,
    }  # fmt: skip
    if hidden is not None:
        return Measurement(value=None, reason=hidden, **common)
    rows = np.ones(len(hit), dtype=bool) if rows is None else rows
    few = max(1, data.minimum_rate)
    if (where or not rows.all()) and rows.sum() < few:
        reason = fewer_than(few, "of the rows that were changed")
        return Measurement(value=None, reason=reason, validity="inconclusive", **common)
    value, size = weighed(hit, data, rows)
    interval = stats.wilson(min(size, size * value), size)
    if data.weights is not None:
        interval = interval.model_copy(update={"method": "Wilson, for the effective number of rows"})
    return Measurement(value=value, interval=interval, n=int(rows.sum()), **common)


def weighed(hit: np.ndarray, data: AuditData, rows: np.ndarray) -> tuple[float, float]:
    """The weighted share of these rows, and the effective number of them."""
    weights = None if data.weights is None else data.weights[rows]
    value = stats.weighted_mean(hit[rows].astype(float), weights)
    return value, float(stats.effective_size(int(rows.sum()) if weights is None else weights))


def gap(name: str, hit: np.ndarray, data: AuditData, attribute: str, cost: float) -> Gap:
    """The share in every group of an attribute that can be shown and has enough rows."""
    successes, sizes, values, left_out = [], [], [], []
    kept = []
    for cell in data.slices():
        if tuple(cell.where) != (attribute,):
            continue
        value, few = cell.where[attribute], max(1, data.minimum_rate)
        small = fewer_than(few, "of the rows that were changed") if cell.rows.sum() < few else None
        if cell.hidden is not None or small is not None:
            left_out.append(LeftOut(slice=cell.where, reason=cell.hidden or small or ""))
            continue
        kept.append(cell)
        number, size = weighed(hit, data, cell.rows)
        successes.append(min(size, number * size))
        sizes.append(size)
        values.append(value)
    shares = stats.Shares(np.array(successes), np.array(sizes))
    members = Members(
        name.replace("_difference", "_share"), [cell.where for cell in kept], shares.rates,
        np.array([cell.rows.sum() for cell in kept]), np.array([hit[cell.rows].sum() for cell in kept]),
    )  # fmt: skip
    return Gap(name, attribute, shares, tuple(values), tuple(left_out), members, cost)


def gaps(parts: list[Gap], data: AuditData, permutations: int, rng: np.random.Generator) -> list[Measurement]:
    """The widest differences, tested together by Holm's method, and beside each the same of some of the groups."""
    ready = [part for part in parts if len(part.values) > 1]
    p = [
        stats.permutation_p(stats.largest_z([each.shares]), stats.shuffled_z([each.shares], permutations, rng))
        for each in ready
    ]
    adjusted = dict(zip(map(id, ready), zip(p, stats.holm(p).tolist(), strict=True), strict=True)) if p else {}
    found, beside = [], []
    for part in parts:
        (first,) = _widest(part, part.members.where, None)
        beside += variants([first], [part.members.where], partial(_widest, part), data)
        if id(part) in adjusted:
            raw, holm = adjusted[id(part)]
            how = f"permutation of the largest studentized difference, {permutations} shuffles; Holm"
            family = f"all {len(ready)} differences of robustness.changes"
            test = Test(method=how, p=raw, p_adjusted=holm, family=family)
            first = first.model_copy(
                update={"test": test, "detectable": stats.detectable_among(part.shares, len(ready))}
            )
        found.append(first)
    return [*found, *beside]


def _widest(each: Gap, kept: Sequence[Group], reference: Group | None) -> list[Measurement]:
    """The widest difference over some groups, untested."""
    common: dict[str, Any] = {
        "name": each.name, "unit": "share", "direction": "lower", "across": (each.attribute,),
        "conditions": {"cost": each.cost}, "left_out": each.left_out,
    }  # fmt: skip
    if len(kept) < 2:
        left = left_out_text(each.left_out)
        reason = two_groups([each.attribute], "can be assessed") + (f"; {left}" if left else "")
        return [Measurement(value=None, reason=reason, validity="inconclusive", **common)]
    widest, behind = widest_among([each.shares], [each.members], kept, reference)
    return [Measurement(value=widest.value, interval=widest.interval, n=None, pairs=behind, **common)]


def median_cost(costs: np.ndarray) -> Measurement:
    """The median of the cheapest costs, infinite ones above all, with the interval that order statistics give."""
    common: dict[str, Any] = {"name": "median_flip_cost", "unit": "cost", "direction": "higher"}
    n, ordered = len(costs), np.sort(costs)
    middle = float((ordered[(n - 1) // 2] + ordered[n // 2]) / 2)
    if not np.isfinite(middle):
        reason = "for half of the rows or more no change was found that flips the decision"
        return Measurement(value=None, reason=reason, n=n, **common)
    return Measurement(value=middle, interval=stats.median_interval(costs), n=n, **common)
