"""Numbers about answers with intervals by prompt: answers to one prompt are one unit, and vary together."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.results import Direction, Interval, Measurement, Scalar
from auditkit.smaller import slices_and_smaller
from auditkit.too_few import lacking


class Estimate(NamedTuple):
    """One number about some answers, or why there is none."""

    value: float | None
    interval: Interval | None = None
    n: int | None = None
    """Rows behind it."""
    units: int | None = None
    """Prompts behind it; None where nobody says which rows are of one."""
    reason: str | None = None


class Part(NamedTuple):
    """Some of the rows: everyone, or a group."""

    where: dict[str, str]
    """{attribute: value}; empty: everyone."""
    rows: np.ndarray
    """(N,) bool."""
    hidden: str | None
    """Why nothing may be shown of it; None where it may."""


def parts_of(data: AuditData) -> list[Part]:
    """Everyone, then every group of one attribute, and those too small to show as one."""
    everyone = Part({}, np.ones(len(data), dtype=bool), None)
    return [everyone, *(Part(dict(cell.where), cell.rows, cell.hidden) for cell in slices_and_smaller(data))]


def mean(
    values: np.ndarray,
    data: AuditData,
    rows: np.ndarray,
    least: int = 1,
    counted: str = "answers",
    ends: tuple[float, float] = (0.0, 1.0),
) -> Estimate:
    """The mean of a number of each row, or of a difference of two numbers of each row, with an interval by unit.

    Of true and false it is a share with Wilson's interval; of other numbers it is Student's with two cases added at
    either end of the range. Rows of one unit count as what they tell (`stats.cluster_size`).

    Args:
        values: (N,) bool, or numbers between `ends`; those outside of `rows` are not looked at.
        data: says the weights and the unit of each row.
        rows: (N,) bool: those that count.
        least: rows under which there is no number.
        counted: what is counted, for the reason.
        ends: the lowest and the highest value; (-1, 1) for a difference of two shares.
    """
    own = np.asarray(values)[rows]
    weights = None if data.weights is None else data.weights[rows]
    unit = None if data.unit is None else data.unit[rows]
    n = len(own)
    units = None if unit is None else len(np.unique(unit))
    reason = lacking(n, max(1, least), counted)
    if reason is not None:
        return Estimate(None, n=0 if n == 0 else None, reason=reason)
    if own.dtype == bool:
        interval = stats.mean_interval(own, weights=weights, clusters=unit)
    else:
        own = own.astype(np.float64)
        interval = stats.bounded_interval(own, *ends, weights=weights, clusters=unit)
    return Estimate(stats.weighted_mean(own, weights), interval, n, units)


def measurement(
    name: str,
    estimate: Estimate,
    where: dict[str, str],
    direction: Direction = "none",
    unit: str = "share",
    **more: Any,
) -> Measurement:
    """The estimate as a measurement.

    Args:
        name: of the number.
        estimate: its value and interval.
        where: {attribute: value} of whom it is about; empty: everyone.
        direction: which values are better.
        unit: what it is counted in.
        **more: further fields of `Measurement`, such as `conditions`.
    """
    return Measurement(
        name=name, value=estimate.value, interval=estimate.interval, n=estimate.n, units=estimate.units,
        reason=estimate.reason, slice=where, direction=direction, unit=unit, **more,
    )  # fmt: skip


def shares(
    name: str,
    values: np.ndarray,
    counts: np.ndarray,
    data: AuditData,
    direction: Direction = "none",
    counted: str = "answers",
    conditions: dict[str, Scalar] | None = None,
) -> Iterator[Measurement]:
    """A share, or a mean from 0 to 1, of everyone and of every group.

    Args:
        name: of the measurements.
        values: (N,) bool, or numbers from 0 to 1.
        counts: (N,) bool: rows that are in the denominator.
        data: the audit data.
        direction: which values are better.
        counted: what is in the denominator, in words that follow a number.
        conditions: of the measurements.
    """
    for where, rows, hidden in parts_of(data):
        # everyone is shown whatever the number of answers
        least = data.minimum_rate if where else 1
        estimate = Estimate(None, reason=hidden) if hidden else mean(values, data, rows & counts, least, counted)
        yield measurement(name, estimate, where, direction, conditions=conditions or {})
