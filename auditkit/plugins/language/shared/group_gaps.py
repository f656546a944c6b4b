"""The widest gap between groups of prompts in a share of answers, with an interval by prompt for all pairs at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit import group_pairs, stats
from auditkit.data import AuditData
from auditkit.results import Direction, LeftOut, Measurement, Scalar, left_out_text
from auditkit.too_few import lacking, two_groups
from auditkit.variants import Group, variants


def widest_gaps(
    name: str,
    hits: np.ndarray,
    counts: np.ndarray,
    data: AuditData,
    rate: str,
    counted: str = "answers",
    conditions: dict[str, Scalar] | None = None,
) -> list[Measurement]:
    """For each attribute the widest difference of a share, and the same among large groups and to the reference group.

    Args:
        name: of the measurements; its definition is made with `variants.defined`, and `more_groups` "grows".
        hits: (N,) bool: what is counted.
        counts: (N,) bool: rows in the denominator.
        data: groups, units and weights.
        rate: the name of the share of which this is the gap.
        counted: what is in the denominator, in words that follow a number.
        conditions: of the measurements.
    """
    return [
        measurement
        for attribute in data.groups
        for measurement in _gaps(name, _Groups(hits, counts, data, attribute, rate, counted), conditions or {})
    ]


class _Groups:
    """The share in each group of an attribute that can be compared."""

    def __init__(
        self, hits: np.ndarray, counts: np.ndarray, data: AuditData, attribute: str, rate: str, counted: str
    ) -> None:
        self.data, self.attribute = data, attribute
        values = [where[attribute] for where in ({attribute: value} for value in data.cells.values[attribute])]
        some = [{attribute: value} for value in values if not data.cells.empty({attribute: value})]
        sizes, successes, people, units, reasons = [], [], [], [], []
        for where in some:
            rows = counts & (data.groups[attribute] == where[attribute])
            n = int(rows.sum())
            reason = data.cells.reason(where) or lacking(n, max(2, data.minimum_rate), counted)
            reasons.append(reason)
            if reason is None:
                weights = None if data.weights is None else data.weights[rows]
                size = effective(hits[rows], weights, None if data.unit is None else data.unit[rows])
                sizes.append(size)
                successes.append(size * stats.weighted_mean(hits[rows], weights))
                people.append(n)
                units.append(rows)
        self.left_out: list[LeftOut] = group_pairs.left_out(some, reasons)
        usable = [where for where, reason in zip(some, reasons, strict=True) if reason is None]
        self.part = stats.Shares(np.minimum(np.array(successes), np.array(sizes)), np.array(sizes))
        self.members = group_pairs.Members(rate, usable, self.part.rates if sizes else np.array([]), np.array(people))
        joined = np.logical_or.reduce(units) if units else np.zeros(len(data), dtype=bool)
        self.units = None if data.unit is None else len(np.unique(data.unit[joined]))

    @property
    def comparable(self) -> bool:
        return len(self.members.where) > 1


def effective(hits: np.ndarray, weights: np.ndarray | None, unit: np.ndarray | None) -> float:
    """How many independent rows tell as much of a share: fewer where rows are weighted, or of one unit."""
    clusters = None if unit is None else stats.together(unit)
    if clusters is not None:
        return stats.cluster_size(hits, clusters, weights)
    return stats.effective_size(len(hits) if weights is None else weights)


def _gaps(name: str, groups: _Groups, conditions: dict[str, Scalar]) -> list[Measurement]:
    first = _gap(name, groups, groups.members.where, None, conditions)

    def again(some: Sequence[Group], reference: Group | None) -> list[Measurement]:
        return [_gap(name, groups, some, reference, conditions)]

    return [first, *variants([first], [groups.members.where], again if groups.comparable else None, groups.data)]


def _gap(
    name: str, groups: _Groups, some: Sequence[Group], reference: Group | None, conditions: dict[str, Scalar]
) -> Measurement:
    direction: Direction = "lower"
    common: dict[str, Any] = {
        "name": name, "direction": direction, "unit": "share", "across": (groups.attribute,),
        "left_out": tuple(groups.left_out), "conditions": conditions,
    }  # fmt: skip
    if not groups.comparable:
        missing = left_out_text(groups.left_out)
        reason = two_groups([groups.attribute], left_out=missing)
        return Measurement(value=None, reason=reason, validity="inconclusive", **common)
    extreme, pairs = group_pairs.widest_among([groups.part], [groups.members], some, reference)
    interval = extreme.interval
    if groups.data.clusters is not None:
        interval = interval.model_copy(update={"method": f"{interval.method}, by units"})
    return Measurement(
        value=extreme.value, interval=interval, n=groups.members.people_of(some), units=groups.units, pairs=pairs,
        **common,
    )  # fmt: skip
