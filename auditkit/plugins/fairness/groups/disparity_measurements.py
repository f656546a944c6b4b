"""Comparisons over groups, as measurements: difference, ratio and index, each with interval, test and power."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import stats
from auditkit.group_pairs import pair_of_extremes, pairs_behind
from auditkit.metrics.catalogue import CRITERIA, RATES, Direction
from auditkit.metrics.rates import interval_method
from auditkit.plugins.fairness.groups import disparities, entropy, ratios
from auditkit.plugins.fairness.groups.comparisons import LOGARITHMIC
from auditkit.plugins.fairness.groups.disparities import Compared, Tested
from auditkit.plugins.fairness.groups.entropy import Unequal
from auditkit.plugins.fairness.groups.measures import INDICES
from auditkit.results import Measurement, Test
from auditkit.results.disparity_text import left_out_text
from auditkit.too_few import two_groups
from auditkit.variants import variants

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.plugins.fairness.groups.parameters import Parameters

CORRECTIONS = {"holm": "Holm", "benjamini-hochberg": "Benjamini-Hochberg"}


def measurements(
    each: Compared | Unequal, tests: int, parameters: Parameters, data: AuditData, rng: np.random.Generator
) -> list[Measurement]:
    """What one comparison says: difference and ratio, or one index."""
    if isinstance(each, Unequal):
        common = beside(each, tests, parameters, data)
        return [
            _entropy(each, tests, parameters, data, rng, common) if each.comparable else incomparable(each, each.name)
        ]
    if not each.comparable:
        found = [incomparable(each, name) for name in names(each)]
    else:
        found = numbers(each, beside(each, tests, parameters, data), tests)
    return [with_weights(one, data) for one in found]


def numbers(
    each: Compared, common: dict[str, Any], tests: int | None = None, reference: list[int] | None = None
) -> list[Measurement]:
    """Difference and ratio, or index, of groups that can be compared.

    Args:
        each: the groups.
        common: what every measurement carries.
        tests: how many tests the family has, for the detectable effect; None: there is no test.
        reference: in each part the position of the group with which alone the others are compared.
    """
    if each.name in INDICES:
        return [_differential(each, tests, common, reference)]
    if CRITERIA[each.name].odds:
        return _odds(each, tests, common, reference)
    return _shares(each, tests, common, reference)


def beside_them(each: Compared, first: Sequence[Measurement], data: AuditData) -> list[Measurement]:
    """The numbers of one comparison among large groups, and against the reference group where one is named."""

    def again(kept: Sequence[dict[str, str]], reference: dict[str, str] | None) -> list[Measurement]:
        some = each.among(kept)
        common = {
            "n": some.rows, "across": some.across, "conditions": dict(some.conditions),
            "left_out": tuple(some.left_out),
        }  # fmt: skip
        found = numbers(some, common, None, None if reference is None else some.positions(reference))
        return [with_weights(one, data) for one in found]

    return variants(first, [who.where for who in each.members], again, data)


def names(each: Tested) -> list[str]:
    """The measurements of a comparison."""
    return [each.name] if each.name in INDICES else both(each.name)


def incomparable(each: Tested, name: str) -> Measurement:
    """A comparison of fewer than two groups."""
    return undefined(each, name, two_groups(each.across, left_out=left_out_text(each.left_out)))


def with_weights(one: Measurement, data: AuditData) -> Measurement:
    """The measurement whose interval says what weights make of it."""
    if one.interval is None:
        return one
    method = interval_method(one.interval.method, data.weights is not None)
    return one.model_copy(update={"interval": one.interval.model_copy(update={"method": method})})


def both(name: str) -> list[str]:
    """The measurements of a criterion."""
    return [f"{name}_difference", f"{name}_ratio"]


def beside(each: Tested, tests: int, parameters: Parameters, data: AuditData) -> dict[str, Any]:
    """What every number of a comparison carries beside its value."""
    return {
        "n": each.rows,
        "across": each.across,
        "conditions": dict(each.conditions),
        "left_out": tuple(each.left_out),
        "test": _test(each, tests, parameters, data),
    }


def undefined(each: Tested, name: str, reason: str) -> Measurement:
    """A comparison without a value."""
    ratio = name.startswith(f"{each.name}_ratio")
    unit = "" if ratio else "share"
    direction: Direction = "higher" if ratio else "lower"
    if each.name in INDICES:
        unit, direction = INDICES[each.name].unit, INDICES[each.name].direction
    elif CRITERIA[each.name].odds:
        unit = ""
    return Measurement(
        name=name, value=None, reason=reason, across=each.across, conditions=dict(each.conditions),
        validity="inconclusive", unit=unit, direction=direction, left_out=tuple(each.left_out),
    )  # fmt: skip


def _test(each: Tested, tests: int, parameters: Parameters, data: AuditData) -> Test | None:
    if each.p is None:
        return None
    rows = "effective numbers of rows" if data.weights is not None else "rows"
    what = "index"
    number = disparities.enough_draws(parameters.permutations, tests)
    if isinstance(each, Compared):
        what, number = "largest studentized difference", 0 if each.shuffled is None else len(each.shuffled)
        rows += " with equal label" if each.name in CRITERIA and len(each.parts) > 1 else ""
    method = f"permutation of the {what}, {number} shuffles of {rows}; {CORRECTIONS[parameters.correction]}"
    return Test(method=method, p=each.p, p_adjusted=each.p_adjusted, family=family(tests))


def family(tests: int) -> str:
    """What the p-values are adjusted over."""
    return f"all {tests} disparities of fairness.groups" if tests > 1 else "the only disparity of fairness.groups"


def _shares(
    each: Compared, tests: int | None, common: dict[str, Any], reference: list[int] | None
) -> list[Measurement]:
    gap = None if tests is None else disparities.detectable(each.parts, tests)
    widest = stats.widest(each.parts, reference=reference)
    difference = Measurement(
        name=f"{each.name}_difference", value=widest.value, unit="share", direction="lower",
        interval=widest.interval, detectable=gap, pairs=tuple(pairs_behind(widest, each.members)), **common,
    )  # fmt: skip
    smallest = stats.smallest(each.parts, reference=reference)
    if smallest is None:
        rates = " or the ".join(RATES[name].title.lower() for name in CRITERIA[each.name].rates)
        reason = f"the {rates} is 0 in every group, so there is no ratio"
        return [difference, undefined(each, f"{each.name}_ratio", reason)]
    ratio = Measurement(
        name=f"{each.name}_ratio", value=smallest.value, unit="", direction="higher", interval=smallest.interval,
        detectable=None if tests is None else disparities.detectable_ratio(each.parts, tests),
        pairs=tuple(pairs_behind(smallest, each.members, "high")), **common,
    )  # fmt: skip
    return [difference, ratio]


def _odds(each: Compared, tests: int | None, common: dict[str, Any], reference: list[int] | None) -> list[Measurement]:
    (part,) = each.parts
    widest = ratios.widest_odds(part, None if reference is None else reference[0])
    power = None
    if tests is not None:
        power = ratios.detectable_odds(part, disparities.detectable(each.parts, tests))
    difference = Measurement(
        name=f"{each.name}_difference", value=widest.value, unit="", direction="lower", interval=widest.interval,
        detectable=power and power.difference, pairs=tuple(pairs_behind(widest, each.members)), **common,
    )  # fmt: skip
    smallest = ratios.smallest_odds(part, None if reference is None else reference[0])
    if smallest is None:
        reason = "there are no false negatives in any group, so there is no ratio"
        return [difference, undefined(each, f"{each.name}_ratio", reason)]
    ratio = Measurement(
        name=f"{each.name}_ratio", value=smallest.value, unit="", direction="higher", interval=smallest.interval,
        detectable=power and power.ratio, pairs=tuple(pairs_behind(smallest, each.members, "high")), **common,
    )  # fmt: skip
    return [difference, ratio]


def _differential(
    each: Compared, tests: int | None, common: dict[str, Any], reference: list[int] | None
) -> Measurement:
    index = INDICES[each.name]
    found = ratios.epsilon_extreme(each.parts, each.name == LOGARITHMIC[1], reference)
    if found is None:
        return undefined(each, each.name, "in some group nobody, or everybody, is selected, so a ratio has no end")
    ratio = None if tests is None else disparities.detectable_ratio(each.parts, tests)
    return Measurement(
        name=each.name, value=found.value, unit=index.unit, direction=index.direction, interval=found.interval,
        detectable=-float(np.log(ratio)) if ratio else None, pairs=tuple(pairs_behind(found, each.members)), **common,
    )  # fmt: skip


def _entropy(
    each: Unequal, tests: int, parameters: Parameters, data: AuditData, rng: np.random.Generator, common: dict[str, Any]
) -> Measurement:
    index = INDICES[each.name]
    value = float(entropy.between(each.table, parameters.alpha))
    if not np.isfinite(value) or each.p is None:
        return undefined(each, each.name, "a group has no benefit at all, or nobody has: the index has no value")
    interval = entropy.interval(each.table, parameters.alpha, each.p <= 0.05, rng, parameters.resamples)
    return with_weights(
        Measurement(
            name=each.name, value=max(0.0, value), unit=index.unit, direction=index.direction, interval=interval,
            detectable=entropy.detectable(each.table, tests), pairs=pair_of_extremes(each.members), **common,
        ), data,
    )  # fmt: skip
