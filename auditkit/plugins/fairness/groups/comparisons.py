"""Which groups are compared in what, and the tests of all of it."""

from collections.abc import Sequence

import numpy as np

from auditkit import group_pairs
from auditkit.data import AuditData
from auditkit.metrics.catalogue import CRITERIA, DECIDED, EVERY, RATES, amount, shares
from auditkit.plugins.fairness.groups import disparities, entropy
from auditkit.plugins.fairness.groups.group_table import Groups, Target
from auditkit.plugins.fairness.groups.parameters import Parameters
from auditkit.too_few import lacking

OUTCOMES = ("selection_rate", "rejection_rate")
"""The rates of differential fairness; the second is the first over again."""
LOGARITHMIC = ("differential_fairness", "differential_fairness_smoothed")
ENTROPY = "between_group_entropy"


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
    rows = amount(groups.tally.rows, EVERY)
    usable = np.array([reason is None for reason in groups.hidden], dtype=bool) & (rows >= minimum)
    few = [lacking(int(many), minimum, DECIDED) for many in rows]
    return entropy.Unequal(
        ENTROPY, groups.attributes, dict(target.conditions), rows=int(rows[usable].sum()),
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
