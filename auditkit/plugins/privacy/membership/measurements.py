"""What an attack finds, as measurements: of everyone, and of each group that may be shown."""

from typing import Any, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.plugins.privacy.membership.attack import CalledMembers, Scored, above_mean, area
from auditkit.plugins.privacy.membership.definitions import REACHED
from auditkit.plugins.privacy.membership.members import Sides
from auditkit.plugins.privacy.shared.persons import effective_persons
from auditkit.results import Interval, Measurement
from auditkit.smaller import slices_and_smaller, smaller_called
from auditkit.too_few import fewer_than

LEAST = 20
"""Rows that each side needs before anything is said."""
FEW_COPIES = 2.78
"""Student's law with four degrees of freedom: by how many spreads an interval of 95 % is wider."""


def headline(scored: Scored, who: CalledMembers, rate: float) -> list[Measurement]:
    """The attack on everybody."""
    by_mean = above_mean(scored)
    count = len(scored.members)
    sides = [_share(by_mean.members, scored.unit[:count]), _share(by_mean.others, scored.unit[count:])]
    accused = _share(who.others, scored.unit[count:])
    # an area alone is no headline: it hides the few who are exposed
    return [
        _found(scored, who.members, scored.unit[:count], rate, {}),
        Measurement(
            name=REACHED, value=accused.value, unit="share", direction="lower", n=accused.units,
            interval=stats.clopper_pearson(accused.value * accused.size, accused.size),
            conditions={"attack": scored.attack, "false_positive_rate": rate},
        ),
        _auc(scored, np.ones(count, dtype=bool), np.ones(len(scored.others), dtype=bool), {}),
        Measurement(
            name="advantage", value=sides[0].value - sides[1].value, unit="share",
            interval=stats.difference_interval(
                sides[0].value * sides[0].size, sides[0].size, sides[1].value * sides[1].size, sides[1].size
            ),
            n=sum(side.units for side in sides), direction="lower", conditions={"attack": scored.attack},
        ),
    ]  # fmt: skip


class Share(NamedTuple):
    """A share of rows."""

    value: float
    units: int
    """Whose rows they are."""
    size: float
    """How many rows would vary as much: as many as there are persons, fewer where some have more rows than others."""


def _fewest(sides: Sides, members: np.ndarray | None, others: np.ndarray | None) -> int:
    """How many persons the smaller side of a group has."""
    return min(len(np.unique(side.unit[rows])) for side, rows in ((sides.members, members), (sides.others, others)))


def _share(is_called: np.ndarray, unit: np.ndarray) -> Share:
    return Share(float(is_called.mean()), len(np.unique(unit)), effective_persons(unit))


def wider(measurement: Measurement, spread: float) -> Measurement:
    """An area or an advantage whose interval knows that two models of a kind differ."""
    # an advantage moves twice as far as an area; of few copies a spread is known as a Student's with four rows
    factor = {"auc": 1.0, "advantage": 2.0}.get(measurement.name)
    value, interval = measurement.value, measurement.interval
    if not spread or factor is None or value is None or interval is None or None in (interval.low, interval.high):
        return measurement
    extra, bottom = FEW_COPIES * spread * factor, 1.0 - factor
    low = float(max(bottom, value - np.hypot(value - interval.low, extra)))  # type: ignore[operator] # see above
    high = float(min(1.0, value + np.hypot(interval.high - value, extra)))  # type: ignore[operator]
    method = f"{interval.method}, and the spread of the attack on copies"
    return measurement.model_copy(update={"interval": Interval(low=low, high=high, method=method)})


def beats_chance(measurement: Measurement) -> bool:
    """Whether an area or an advantage is above what an attack on nothing has."""
    chance = {"auc": 0.5, "advantage": 0.0}.get(measurement.name)
    low = measurement.interval.low if measurement.interval else None
    return chance is not None and low is not None and low > chance


def _found(
    scored: Scored, is_called: np.ndarray, unit: np.ndarray, rate: float, where: dict[str, str]
) -> Measurement:  # fmt: skip
    conditions: dict[str, Any] = {"attack": scored.attack, "false_positive_rate": rate}
    share = _share(is_called, unit)
    return Measurement(
        name="true_positive_rate", value=share.value, unit="share", direction="lower", n=share.units,
        interval=stats.clopper_pearson(share.value * share.size, share.size), conditions=conditions, slice=where,
    )  # fmt: skip


def _auc(scored: Scored, members: np.ndarray, others: np.ndarray, where: dict[str, str]) -> Measurement:
    unit = scored.unit[np.concatenate([members, others])]
    measured = area(scored.members[members], scored.others[others], unit=unit)
    return Measurement(
        name="auc", value=measured.value, interval=measured.interval, n=len(np.unique(unit)),
        direction="lower", slice=where, conditions={"attack": scored.attack},
    )  # fmt: skip


def per_group(
    sides: Sides, scored: Scored, who: CalledMembers, rate: float, data: AuditData
) -> list[Measurement]:  # fmt: skip
    """The attack on each group that may be shown."""
    measurements = []
    for cell in slices_and_smaller(data):
        small = smaller_called(cell.where, data)
        ((attribute, value),) = cell.where.items()
        values = [value] if small is None else [group[attribute] for group in small.groups]
        members, others = sides.members.inside(attribute, values), sides.others.inside(attribute, values)
        reason = cell.hidden
        if reason is None and (members is None or others is None):
            reason = "the training split does not say who is in this group"
        elif reason is None and _fewest(sides, members, others) < max(LEAST, data.minimum_rate):
            reason = fewer_than(max(LEAST, data.minimum_rate), "members or non-members in this group")
        if reason is not None or members is None or others is None:
            conditions: dict[str, Any] = {"attack": scored.attack}
            common: dict[str, Any] = {"value": None, "reason": reason, "direction": "lower", "slice": cell.where}
            measurements += [
                Measurement(name="auc", conditions=conditions, **common),
                Measurement(
                    name="true_positive_rate", unit="share",
                    conditions={**conditions, "false_positive_rate": rate}, **common,
                ),
            ]  # fmt: skip
        else:
            measurements += [
                _auc(scored, members, others, cell.where),
                _found(scored, who.members[members], sides.members.unit[members], rate, cell.where),
            ]  # fmt: skip
    return measurements
