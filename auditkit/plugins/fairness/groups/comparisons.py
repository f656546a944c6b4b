"""Comparisons over groups: who is compared in what, the tests of all of it, and what each says, as measurements."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit import group_pairs, stats
from auditkit.data import AuditData
from auditkit.group_pairs import pair_of_extremes, pairs_behind
from auditkit.metrics.catalogue import CRITERIA, DECIDED, EVERY, RATES, denominator, interval_method, shares
from auditkit.plugins.fairness.groups import disparities, entropy
from auditkit.plugins.fairness.groups.definitions import DEFINITIONS, INDICES
from auditkit.plugins.fairness.groups.group_table import Groups, Target
from auditkit.plugins.fairness.groups.parameters import Parameters
from auditkit.results import Measurement, Test, left_out_text
from auditkit.too_few import lacking, two_groups
from auditkit.variants import variants

OUTCOMES = ("selection_rate", "rejection_rate")
"""The rates of differential fairness; the second is the first over again."""
LOGARITHMIC = ("differential_fairness", "differential_fairness_smoothed")
ENTROPY = "between_group_entropy"
CORRECTIONS = {"holm": "Holm", "benjamini-hochberg": "Benjamini-Hochberg"}


def comparisons(target: Target, groups: Groups, data: AuditData) -> list[disparities.Compared | entropy.Unequal]:
    """Every comparison of the target over the groups of one table, untested."""
    groups = target.of(groups)
    compared: list[disparities.Compared | entropy.Unequal] = []
    for name in target.measures:
        if name in CRITERIA or name in LOGARITHMIC:
            compared.append(_compared(name, target, groups, data))
        elif name == ENTROPY:
            compared.append(_unequal(target, groups, data))
    return compared


def _compared(name: str, target: Target, groups: Groups, data: AuditData) -> disparities.Compared:
    criterion = CRITERIA.get(name)
    rates = criterion.rates if criterion else OUTCOMES
    # Of differential fairness the second rate is the first over again, so only one part is tested.
    comparison = disparities.Compared(
        name, groups.attributes, dict(target.conditions), trials=len(rates) if criterion else 1
    )
    rate_shares = [(RATES[rate], shares(groups.tally, RATES[rate])) for rate in rates]
    odds = criterion is not None and criterion.odds
    return disparities.compare(comparison, groups.where, rate_shares, groups.hidden, data.minimum_rate, odds)


def _unequal(target: Target, groups: Groups, data: AuditData) -> entropy.Unequal:
    minimum = max(1, data.minimum_rate)
    everyone = denominator(groups.tally, EVERY)
    rows = everyone.rows
    usable = np.array([reason is None for reason in groups.hidden], dtype=bool) & (everyone.many >= minimum)
    few = [lacking(int(many), minimum, DECIDED) for many in everyone.many]
    return entropy.Unequal(
        ENTROPY, groups.attributes, dict(target.conditions), rows=int(rows[usable].sum()),
        units=None if everyone.units is None else int(everyone.units[usable].sum()),
        left_out=group_pairs.left_out(groups.where, [a or b for a, b in zip(groups.hidden, few, strict=True)]),
        where=[groups.where[index] for index in np.flatnonzero(usable)],
        people=rows[usable].astype(np.int64), table=entropy.benefits(groups.tally)[usable],
    )  # fmt: skip


def test_all(tested: Sequence[disparities.Tested], parameters: Parameters, rng: np.random.Generator) -> int:
    """Fill in every p-value, raw and adjusted.

    Returns:
        How many tests the family has.
    """
    ready = [test for test in tested if test.comparable]
    draws = disparities.enough_draws(parameters.permutations, len(ready))
    disparities.shuffle([test for test in ready if isinstance(test, disparities.Compared)], draws, rng)
    for test in ready:
        if isinstance(test, entropy.Unequal) and np.isfinite(entropy.between(test.table, parameters.alpha)):
            test.p = entropy.p_value(test.table, parameters.alpha, draws, rng)
    # Last, as Holm and Benjamini-Hochberg need every p-value of the family, those of the strata included.
    disparities.adjust(tested, parameters.correction)
    return sum(test.p is not None for test in tested)


def measurements_of(
    comparison: disparities.Compared | entropy.Unequal,
    tests: int,
    parameters: Parameters,
    data: AuditData,
    rng: np.random.Generator,
) -> list[Measurement]:
    """What one comparison says: difference and ratio, or one index."""
    if not comparison.comparable:
        reason = two_groups(comparison.across, left_out=left_out_text(comparison.left_out))
        return [undefined(comparison, name, reason) for name in names_of(comparison)]
    if isinstance(comparison, entropy.Unequal):
        results = [_entropy(comparison, tests, parameters, data, rng)]
    else:
        results = numbers(comparison, beside(comparison, _test(comparison, tests, parameters, data)), tests)
    return [with_weights(measurement, data) for measurement in results]


def numbers(
    comparison: disparities.Compared,
    common: dict[str, Any],
    tests: int | None = None,
    reference: list[int] | None = None,
) -> list[Measurement]:
    """Difference and ratio, or index, of groups that can be compared.

    Args:
        comparison: the groups.
        common: what every measurement carries.
        tests: how many tests the family has, for the detectable effect; None: there is no test.
        reference: in each part the position of the group with which alone the others are compared.
    """
    if comparison.name in INDICES:
        return [_differential(comparison, tests, common, reference)]
    return _criterion(comparison, tests, common, reference)


def beside_them(comparison: disparities.Compared, first: Sequence[Measurement], data: AuditData) -> list[Measurement]:
    """The numbers of one comparison among large groups, and against the reference group where one is named."""

    def again(groups: Sequence[dict[str, str]], reference: dict[str, str] | None) -> list[Measurement]:
        some = comparison.among(groups, reference)
        results = numbers(some, beside(some), None, None if reference is None else some.positions(reference))
        return [with_weights(measurement, data) for measurement in results]

    return variants(first, [members.where for members in comparison.members], again, data)


def names_of(comparison: disparities.Tested) -> list[str]:
    """The measurements of a comparison."""
    name = comparison.name
    return [name] if name in INDICES else [f"{name}_difference", f"{name}_ratio"]


def with_weights(measurement: Measurement, data: AuditData) -> Measurement:
    """The measurement whose interval says what weights make of it."""
    if measurement.interval is None:
        return measurement
    method = interval_method(measurement.interval.method, data.weights is not None, data.clusters is not None)
    return measurement.model_copy(update={"interval": measurement.interval.model_copy(update={"method": method})})


def beside(comparison: disparities.Tested, test: Test | None = None) -> dict[str, Any]:
    """What every number of a comparison carries beside its value."""
    return {
        "n": comparison.rows,
        "units": comparison.units,
        "across": comparison.across,
        "conditions": dict(comparison.conditions),
        "left_out": tuple(comparison.left_out),
        "test": test,
    }


def undefined(comparison: disparities.Tested, name: str, reason: str) -> Measurement:
    """A comparison without a value."""
    return _defined(
        name, value=None, reason=reason, across=comparison.across, conditions=dict(comparison.conditions),
        validity="inconclusive", left_out=tuple(comparison.left_out),
    )  # fmt: skip


def _defined(name: str, **fields: Any) -> Measurement:
    """A measurement in the unit and the direction of its definition."""
    return Measurement(name=name, unit=DEFINITIONS[name].unit, direction=DEFINITIONS[name].direction, **fields)


def _test(comparison: disparities.Tested, tests: int, parameters: Parameters, data: AuditData) -> Test | None:
    if comparison.p is None:
        return None
    rows = "rows" if data.weights is None and data.clusters is None else "effective numbers of rows"
    rows += ", by units" if data.clusters is not None else ""
    statistic, draws = "index", disparities.enough_draws(parameters.permutations, tests)
    if isinstance(comparison, disparities.Compared):
        statistic = "largest studentized difference"
        draws = 0 if comparison.shuffled is None else len(comparison.shuffled)
        rows += " with equal label" if comparison.name in CRITERIA and len(comparison.parts) > 1 else ""
    method = f"permutation of the {statistic}, {draws} shuffles of {rows}; {CORRECTIONS[parameters.correction]}"
    return Test(method=method, p=comparison.p, p_adjusted=comparison.p_adjusted, family=family(tests))


def family(tests: int) -> str:
    """What the p-values are adjusted over."""
    return f"all {tests} disparities of fairness.groups" if tests > 1 else "the only disparity of fairness.groups"


def _criterion(
    comparison: disparities.Compared, tests: int | None, common: dict[str, Any], reference: list[int] | None
) -> list[Measurement]:
    """Difference and ratio of a criterion, of its rates or of their odds."""
    parts, criterion = comparison.parts, CRITERIA[comparison.name]
    gap = None if tests is None else disparities.detectable(parts, tests)
    smallest: stats.Extreme | None
    if criterion.odds:
        # A criterion of odds has one rate; the unpacking fails loudly where somebody adds a second.
        (part,) = parts
        place = None if reference is None else reference[0]
        widest, smallest = disparities.widest_odds(part, place), disparities.smallest_odds(part, place)
        gap, least = disparities.detectable_odds(part, gap)
        no_ratio = "there are no false negatives in any group, so there is no ratio"
    else:
        widest, smallest = stats.widest(parts, reference=reference), stats.smallest(parts, reference=reference)
        least = None if tests is None else disparities.detectable_ratio(parts, tests)
        rates = " and the ".join(RATES[name].title.lower() for name in criterion.rates)
        no_ratio = f"the {rates} {'are' if len(parts) > 1 else 'is'} 0 in every group, so there is no ratio"
    first, second = names_of(comparison)
    difference = _defined(
        first, value=widest.value, interval=widest.interval, detectable=gap,
        pairs=tuple(pairs_behind(widest, comparison.members)), **common,
    )  # fmt: skip
    if smallest is None:
        return [difference, undefined(comparison, second, no_ratio)]
    ratio = _defined(
        second, value=smallest.value, interval=smallest.interval, detectable=least,
        pairs=tuple(pairs_behind(smallest, comparison.members, "high")), **common,
    )  # fmt: skip
    return [difference, ratio]


def _differential(
    comparison: disparities.Compared, tests: int | None, common: dict[str, Any], reference: list[int] | None
) -> Measurement:
    # The logarithm of a ratio has no end where somebody is selected in one group and nobody in another.
    extreme = disparities.epsilon(comparison.parts, comparison.name == LOGARITHMIC[1], reference)
    if extreme is None:
        return undefined(
            comparison, comparison.name, "in some group nobody, or everybody, is selected, so a ratio has no end"
        )
    ratio = None if tests is None else disparities.detectable_ratio(comparison.parts, tests)
    return _defined(
        comparison.name, value=extreme.value, interval=extreme.interval,
        detectable=-float(np.log(ratio)) if ratio else None,
        pairs=tuple(pairs_behind(extreme, comparison.members)), **common,
    )  # fmt: skip


def _entropy(
    comparison: entropy.Unequal, tests: int, parameters: Parameters, data: AuditData, rng: np.random.Generator
) -> Measurement:
    value = float(entropy.between(comparison.table, parameters.alpha))
    if not np.isfinite(value) or comparison.p is None:
        return undefined(
            comparison, comparison.name, "a group has no benefit at all, or nobody has: the index has no value"
        )
    interval = entropy.interval(comparison.table, parameters.alpha, comparison.p <= 0.05, rng, parameters.resamples)
    return _defined(
        # By Jensen's inequality the index is never below 0; a rounding may be.
        comparison.name, value=max(0.0, value), interval=interval,
        detectable=entropy.detectable(comparison.table, tests),
        pairs=pair_of_extremes(comparison.members), **beside(comparison, _test(comparison, tests, parameters, data)),
    )  # fmt: skip
