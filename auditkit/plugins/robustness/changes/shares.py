"""Shares of rows that flip or withstand, for everyone, by group, and the widest difference between groups."""

from typing import Any

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.metrics.catalogue import interval_method
from auditkit.plugins.robustness.changes.definitions import DEFINITIONS
from auditkit.plugins.robustness.shares import Mass, ShareGap, comparable, share_gap, weighed_share
from auditkit.results import Measurement, Scalar, left_out_text
from auditkit.too_few import fewer_than, two_groups


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
    units = None if data.clusters is None else len(np.unique(data.clusters[rows]))
    if (where or not rows.all()) and (rows.sum() if units is None else units) < least:
        reason = fewer_than(least, "of the rows that were changed")
        return Measurement(value=None, reason=reason, validity="inconclusive", **fields)
    value, size = weighed_share(hits, Mass(data.weights, data.clusters), rows)
    # the product may round to a hair more than all
    interval = stats.wilson(min(size, size * value), size)
    method = interval_method("Wilson", data.weights is not None, data.clusters is not None)
    interval = interval.model_copy(update={"method": method})
    return Measurement(value=value, interval=interval, n=int(rows.sum()), units=units, **fields)


def gap(name: str, hits: np.ndarray, data: AuditData, attribute: str, cost: float) -> ShareGap:
    """The share in every group of an attribute that can be shown and has enough rows."""
    least = max(1, data.minimum_rate)
    too_few = fewer_than(least, "of the rows that were changed")
    cells, left_out = comparable(attribute, data, lambda cell: cell.hidden or (too_few if cell.n < least else None))
    fields = {"across": (attribute,), "conditions": {"cost": cost}, "left_out": left_out}
    reason = "; ".join(filter(None, (two_groups([attribute], "can be assessed"), left_out_text(left_out))))
    return share_gap(
        name, name.replace("_difference", "_share"), hits, Mass(data.weights, data.clusters), cells, fields, reason
    )


def median_cost(costs: np.ndarray, clusters: np.ndarray | None = None) -> Measurement:
    """The median of the cheapest costs, infinite ones above all, with the interval that order statistics give."""
    common: dict[str, Any] = {"name": "median_flip_cost", "unit": "cost", "direction": "higher"}
    n, ordered = len(costs), np.sort(costs)
    middle = float((ordered[(n - 1) // 2] + ordered[n // 2]) / 2)
    if not np.isfinite(middle):
        reason = "for half of the rows or more no change was found that flips the decision"
        return Measurement(value=None, reason=reason, n=n, **common)
    return Measurement(value=middle, interval=stats.median_interval(costs, clusters=clusters), n=n, **common)
