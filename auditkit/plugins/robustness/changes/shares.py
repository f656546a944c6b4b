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


class Gap(NamedTuple):
    """A share over the groups of one attribute."""

    name: str
    attribute: str
    shares: stats.Shares
    left_out: tuple[LeftOut, ...]
    members: Members
    cost: float


def share(
    name: str, hits: np.ndarray, data: AuditData, rows: np.ndarray | None = None, *, conditions: dict[str, Scalar],
    where: dict[str, str] | None = None, hidden: str | None = None,
) -> Measurement:  # fmt: skip
    """A share of some rows with Wilson's interval; with weights, for the effective number of rows.

    Args:
        name: of the measurement.
        hits: (N,) bool.
        data: for the weights and the smallest cell.
        rows: (N,) bool: of which rows; None: of all.
        conditions: what it is under.
        where: of which group.
        hidden: why it may not be said.
    """
    fields: dict[str, Any] = {
        "name": name, "unit": "share", "direction": DEFINITIONS[name].direction, "slice": where or {},
        "conditions": conditions,
    }  # fmt: skip
    if hidden is not None:
        return Measurement(value=None, reason=hidden, **fields)
    rows = np.ones(len(hits), dtype=bool) if rows is None else rows
    least = max(1, data.minimum_rate)
    if (where or not rows.all()) and rows.sum() < least:
        reason = fewer_than(least, "of the rows that were changed")
        return Measurement(value=None, reason=reason, validity="inconclusive", **fields)
    value, size = weighed(hits, data, rows)
    interval = stats.wilson(min(size, size * value), size)
    if data.weights is not None:
        interval = interval.model_copy(update={"method": "Wilson, for the effective number of rows"})
    return Measurement(value=value, interval=interval, n=int(rows.sum()), **fields)


def weighed(hits: np.ndarray, data: AuditData, rows: np.ndarray) -> tuple[float, float]:
    """The weighted share of these rows, and the effective number of them."""
    weights = None if data.weights is None else data.weights[rows]
    value = stats.weighted_mean(hits[rows].astype(float), weights)
    return value, float(stats.effective_size(int(rows.sum()) if weights is None else weights))


def gap(name: str, hits: np.ndarray, data: AuditData, attribute: str, cost: float) -> Gap:
    """The share in every group of an attribute that can be shown and has enough rows."""
    successes, sizes, cells, left_out = [], [], [], []
    for cell in data.slices():
        if tuple(cell.where) != (attribute,):
            continue
        least = max(1, data.minimum_rate)
        too_small = fewer_than(least, "of the rows that were changed") if cell.rows.sum() < least else None
        if cell.hidden is not None or too_small is not None:
            left_out.append(LeftOut(slice=cell.where, reason=cell.hidden or too_small or ""))
            continue
        cells.append(cell)
        number, size = weighed(hits, data, cell.rows)
        successes.append(min(size, number * size))
        sizes.append(size)
    shares = stats.Shares(np.array(successes), np.array(sizes))
    members = Members(
        name.replace("_difference", "_share"), [cell.where for cell in cells], shares.rates,
        np.array([cell.rows.sum() for cell in cells]), np.array([hits[cell.rows].sum() for cell in cells]),
    )  # fmt: skip
    return Gap(name, attribute, shares, tuple(left_out), members, cost)


def gaps(parts: list[Gap], data: AuditData, permutations: int, rng: np.random.Generator) -> list[Measurement]:
    """The widest differences, tested together by Holm's method, and beside each the same of some of the groups."""
    ready = [part for part in parts if len(part.members.where) > 1]
    p_values = [
        stats.permutation_p(stats.largest_z([part.shares]), stats.shuffled_z([part.shares], permutations, rng))
        for part in ready
    ]
    adjusted = (
        dict(zip(map(id, ready), zip(p_values, stats.holm(p_values).tolist(), strict=True), strict=True))
        if p_values
        else {}
    )
    headlines, further = [], []
    for part in parts:
        (headline,) = _widest(part, part.members.where, None)
        further += variants([headline], [part.members.where], partial(_widest, part), data)
        if id(part) in adjusted:
            raw, holm = adjusted[id(part)]
            method = f"permutation of the largest studentized difference, {permutations} shuffles; Holm"
            family = f"all {len(ready)} differences of robustness.changes"
            test = Test(method=method, p=raw, p_adjusted=holm, family=family)
            headline = headline.model_copy(
                update={"test": test, "detectable": stats.detectable_among(part.shares, len(ready))}
            )
        headlines.append(headline)
    return [*headlines, *further]


def _widest(part: Gap, groups: Sequence[Group], reference: Group | None) -> list[Measurement]:
    """The widest difference over some groups, untested."""
    fields: dict[str, Any] = {
        "name": part.name, "unit": "share", "direction": "lower", "across": (part.attribute,),
        "conditions": {"cost": part.cost}, "left_out": part.left_out,
    }  # fmt: skip
    if len(groups) < 2:
        left_out_sentence = left_out_text(part.left_out)
        reason = two_groups([part.attribute], "can be assessed") + (
            f"; {left_out_sentence}" if left_out_sentence else ""
        )
        return [Measurement(value=None, reason=reason, validity="inconclusive", **fields)]
    widest, pairs = widest_among([part.shares], [part.members], groups, reference)
    return [Measurement(value=widest.value, interval=widest.interval, n=None, pairs=pairs, **fields)]


def median_cost(costs: np.ndarray) -> Measurement:
    """The median of the cheapest costs, infinite ones above all, with the interval that order statistics give."""
    common: dict[str, Any] = {"name": "median_flip_cost", "unit": "cost", "direction": "higher"}
    n, ordered = len(costs), np.sort(costs)
    middle = float((ordered[(n - 1) // 2] + ordered[n // 2]) / 2)
    if not np.isfinite(middle):
        reason = "for half of the rows or more no change was found that flips the decision"
        return Measurement(value=None, reason=reason, n=n, **common)
    return Measurement(value=middle, interval=stats.median_interval(costs), n=n, **common)
