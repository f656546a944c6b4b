"""Comparisons over groups, as measurements: difference, ratio and index, each with interval, test and power."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.groups import disparities, entropy, ratios
from auditkit.plugins.fairness.groups.comparing import LOGARITHMIC
from auditkit.plugins.fairness.groups.disparities import Compared, Tested
from auditkit.plugins.fairness.groups.entropy import Unequal
from auditkit.plugins.fairness.groups.measures import CRITERIA, INDICES, RATES, Direction
from auditkit.plugins.fairness.groups.rates import weighted
from auditkit.results import Interval, Measurement, Test

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.plugins.fairness.groups.check import GroupFairness

CORRECTIONS = {"holm": "Holm", "benjamini-hochberg": "Benjamini-Hochberg"}


def measurements(
    each: Compared | Unequal, tests: int, check: GroupFairness, data: AuditData, rng: np.random.Generator
) -> list[Measurement]:
    """What one comparison says: difference and ratio, or one index."""
    index = each.name in INDICES
    if not each.comparable:
        left = left_out(each)
        reason = f"fewer than two groups of {' and '.join(each.across)} can be compared"
        reason = f"{reason} ({left})" if left else reason
        return [undefined(each, name, reason) for name in ([each.name] if index else both(each.name))]
    if isinstance(each, Unequal):
        return [_entropy(each, tests, check, data, rng)]
    common = beside(each, tests, check, data)
    if index:
        return [_differential(each, tests, common, data)]
    found = _odds(each, tests, common) if CRITERIA[each.name].odds else _shares(each, tests, common)
    return [
        one.model_copy(
            update={"interval": one.interval.model_copy(update={"method": weighted(one.interval.method, data)})}
        )
        if one.interval
        else one
        for one in found
    ]


def both(name: str) -> list[str]:
    """The measurements of a criterion."""
    return [f"{name}_difference", f"{name}_ratio"]


def beside(each: Tested, tests: int, check: GroupFairness, data: AuditData) -> dict[str, Any]:
    """What every number of a comparison carries beside its value."""
    left = left_out(each)
    return {
        "n": each.rows,
        "across": each.across,
        "conditions": dict(each.conditions),
        "validity": "inconclusive" if each.unassessed else "valid",
        "reason": left or None,
        "test": _test(each, tests, check, data),
    }


def left_out(each: Tested) -> str:
    """The groups that are not in a comparison, in words; empty where all are."""
    names = [*each.unassessed, *each.hidden]
    return f"left out: {some(names)}" if names else ""


def some(names: list[str], most: int = 8) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def undefined(each: Tested, name: str, reason: str) -> Measurement:
    """A comparison without a value."""
    unit = "" if name.endswith("_ratio") else "share"
    direction: Direction = "higher" if name.endswith("_ratio") else "lower"
    if each.name in INDICES:
        unit, direction = INDICES[each.name].unit, INDICES[each.name].direction
    elif CRITERIA[each.name].odds:
        unit = ""
    return Measurement(
        name=name, value=None, reason=reason, across=each.across, conditions=dict(each.conditions),
        validity="inconclusive", unit=unit, direction=direction,
    )  # fmt: skip


def _test(each: Tested, tests: int, check: GroupFairness, data: AuditData) -> Test | None:
    if each.p is None:
        return None
    rows = "effective numbers of rows" if data.weights is not None else "rows"
    what = "index"
    number = disparities.enough_draws(check.permutations, tests)
    if isinstance(each, Compared):
        what, number = "largest studentized difference", 0 if each.shuffled is None else len(each.shuffled)
        rows += " with equal label" if each.name in CRITERIA and len(each.parts) > 1 else ""
    method = f"permutation of the {what}, {number} shuffles of {rows}; {CORRECTIONS[check.correction]}"
    return Test(method=method, p=each.p, p_adjusted=each.p_adjusted, family=family(tests))


def family(tests: int) -> str:
    """What the p-values are adjusted over."""
    return f"all {tests} disparities of fairness.groups" if tests > 1 else "the only disparity of fairness.groups"


def _shares(each: Compared, tests: int, common: dict[str, Any]) -> list[Measurement]:
    gap = disparities.detectable(each.parts, tests)
    difference = Measurement(
        name=f"{each.name}_difference", value=stats.widest_gap(each.parts), unit="share", direction="lower",
        interval=stats.widest_gap_interval(each.parts), detectable=gap, **common,
    )  # fmt: skip
    value, interval = stats.smallest_ratio(each.parts), stats.smallest_ratio_interval(each.parts)
    if value is None or interval is None:
        names = " or the ".join(RATES[name].title.lower() for name in CRITERIA[each.name].rates)
        reason = f"the {names} is 0 in every group, so there is no ratio"
        return [difference, undefined(each, f"{each.name}_ratio", reason)]
    ratio = Measurement(
        name=f"{each.name}_ratio", value=value, unit="", direction="higher", interval=interval,
        detectable=disparities.detectable_ratio(each.parts, tests), **common,
    )  # fmt: skip
    return [difference, ratio]


def _odds(each: Compared, tests: int, common: dict[str, Any]) -> list[Measurement]:
    (part,) = each.parts
    found = ratios.odds_apart(part)
    power = ratios.detectable_odds(part, disparities.detectable(each.parts, tests))
    difference = Measurement(
        name=f"{each.name}_difference", value=found.difference, unit="", direction="lower",
        interval=found.difference_interval, detectable=power and power.difference, **common,
    )  # fmt: skip
    if found.ratio is None:
        reason = "there are no false negatives in any group, so there is no ratio"
        return [difference, undefined(each, f"{each.name}_ratio", reason)]
    ratio = Measurement(
        name=f"{each.name}_ratio", value=found.ratio, unit="", direction="higher", interval=found.ratio_interval,
        detectable=power and power.ratio, **common,
    )  # fmt: skip
    return [difference, ratio]


def _differential(each: Compared, tests: int, common: dict[str, Any], data: AuditData) -> Measurement:
    index = INDICES[each.name]
    value = ratios.epsilon(each.parts, smoothed=each.name == LOGARITHMIC[1])
    if not np.isfinite(value):
        return undefined(each, each.name, "in some group nobody, or everybody, is selected, so a ratio has no end")
    interval = ratios.epsilon_interval(each.parts, value)
    ratio = disparities.detectable_ratio(each.parts, tests)
    return Measurement(
        name=each.name, value=value, unit=index.unit, direction=index.direction,
        interval=interval.model_copy(update={"method": weighted(interval.method, data)}),
        detectable=-float(np.log(ratio)) if ratio else None, **common,
    )  # fmt: skip


def _entropy(each: Unequal, tests: int, check: GroupFairness, data: AuditData, rng: np.random.Generator) -> Measurement:
    index = INDICES[each.name]
    value = float(entropy.between(each.table, check.alpha))
    if not np.isfinite(value) or each.p is None:
        return undefined(each, each.name, "a group has no benefit at all, or nobody has: the index has no value")
    differs = each.p <= 0.05
    interval: Interval | None = entropy.interval(each.table, check.alpha, differs, rng, check.resamples)
    if interval is not None:
        interval = interval.model_copy(update={"method": weighted(interval.method, data)})
    return Measurement(
        name=each.name, value=max(0.0, value), unit=index.unit, direction=index.direction, interval=interval,
        detectable=entropy.detectable(each.table, tests), **beside(each, tests, check, data),
    )  # fmt: skip
