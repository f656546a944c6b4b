"""Comparisons over groups, as measurements: difference, ratio and index, each with interval, test and power."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.group_pairs import pair_of_extremes, pairs_behind
from auditkit.metrics.catalogue import CRITERIA, RATES
from auditkit.metrics.rates import interval_method
from auditkit.plugins.fairness.groups import disparities, entropy, ratios
from auditkit.plugins.fairness.groups.comparisons import LOGARITHMIC
from auditkit.plugins.fairness.groups.definitions import DEFINITIONS
from auditkit.plugins.fairness.groups.disparities import Compared, Tested
from auditkit.plugins.fairness.groups.entropy import Unequal
from auditkit.plugins.fairness.groups.measures import INDICES
from auditkit.results import Measurement, Test
from auditkit.results.disparity_text import left_out_text
from auditkit.stats import Extreme
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
    return _criterion(each, tests, common, reference)


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
    return _number(
        name, value=None, reason=reason, across=each.across, conditions=dict(each.conditions),
        validity="inconclusive", left_out=tuple(each.left_out),
    )  # fmt: skip


def _number(name: str, **more: Any) -> Measurement:
    """A measurement in the unit and the direction of its definition."""
    return Measurement(name=name, unit=DEFINITIONS[name].unit, direction=DEFINITIONS[name].direction, **more)


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


class _Disparity(NamedTuple):
    """The widest difference and the smallest ratio of a criterion, and what of either is detectable."""

    widest: Extreme
    smallest: Extreme | None
    gap: float | None
    ratio: float | None
    no_ratio: str
    """Why there is no ratio, where there is none."""


def _shares(each: Compared, tests: int | None, reference: list[int] | None) -> _Disparity:
    rates = " or the ".join(RATES[name].title.lower() for name in CRITERIA[each.name].rates)
    return _Disparity(
        stats.widest(each.parts, reference=reference), stats.smallest(each.parts, reference=reference),
        None if tests is None else disparities.detectable(each.parts, tests),
        None if tests is None else disparities.detectable_ratio(each.parts, tests),
        f"the {rates} is 0 in every group, so there is no ratio",
    )  # fmt: skip


def _odds(each: Compared, tests: int | None, reference: list[int] | None) -> _Disparity:
    (part,) = each.parts
    place = None if reference is None else reference[0]
    power = None if tests is None else ratios.detectable_odds(part, disparities.detectable(each.parts, tests))
    return _Disparity(
        ratios.widest_odds(part, place), ratios.smallest_odds(part, place), power and power.difference,
        power and power.ratio, "there are no false negatives in any group, so there is no ratio",
    )  # fmt: skip


def _criterion(
    each: Compared, tests: int | None, common: dict[str, Any], reference: list[int] | None
) -> list[Measurement]:
    """Difference and ratio of a criterion, of its rates or of their odds."""
    found = (_odds if CRITERIA[each.name].odds else _shares)(each, tests, reference)
    first, second = both(each.name)
    difference = _number(
        first, value=found.widest.value, interval=found.widest.interval, detectable=found.gap,
        pairs=tuple(pairs_behind(found.widest, each.members)), **common,
    )  # fmt: skip
    if found.smallest is None:
        return [difference, undefined(each, second, found.no_ratio)]
    ratio = _number(
        second, value=found.smallest.value, interval=found.smallest.interval, detectable=found.ratio,
        pairs=tuple(pairs_behind(found.smallest, each.members, "high")), **common,
    )  # fmt: skip
    return [difference, ratio]


def _differential(
    each: Compared, tests: int | None, common: dict[str, Any], reference: list[int] | None
) -> Measurement:
    extreme = ratios.epsilon_extreme(each.parts, each.name == LOGARITHMIC[1], reference)
    if extreme is None:
        return undefined(each, each.name, "in some group nobody, or everybody, is selected, so a ratio has no end")
    ratio = None if tests is None else disparities.detectable_ratio(each.parts, tests)
    return _number(
        each.name, value=extreme.value, interval=extreme.interval,
        detectable=-float(np.log(ratio)) if ratio else None, pairs=tuple(pairs_behind(extreme, each.members)), **common,
    )  # fmt: skip


def _entropy(
    each: Unequal, tests: int, parameters: Parameters, data: AuditData, rng: np.random.Generator, common: dict[str, Any]
) -> Measurement:
    value = float(entropy.between(each.table, parameters.alpha))
    if not np.isfinite(value) or each.p is None:
        return undefined(each, each.name, "a group has no benefit at all, or nobody has: the index has no value")
    interval = entropy.interval(each.table, parameters.alpha, each.p <= 0.05, rng, parameters.resamples)
    return with_weights(
        _number(
            each.name, value=max(0.0, value), interval=interval,
            detectable=entropy.detectable(each.table, tests), pairs=pair_of_extremes(each.members), **common,
        ), data,
    )  # fmt: skip
