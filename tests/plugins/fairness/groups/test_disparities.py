"""How often the numbers of the check are right: false alarms, power and coverage, by simulation of its maths."""

import numpy as np
import pytest

from auditkit import stats
from auditkit.counts import Encoded, Tally, count
from auditkit.metrics.catalogue import RATES, GroupShares, shares
from auditkit.plugins.fairness.groups import disparities
from auditkit.plugins.fairness.groups.disparities import Compared

CRITERIA = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}


def drawn(rng, sizes, chances) -> Tally:
    """(K, 3, 3) groups of these sizes with these chances of tn, fp, fn, tp."""
    rows = np.zeros((len(sizes), 3, 3))
    rows[:, :2, :2] = [rng.multinomial(n, p).reshape(2, 2) for n, p in zip(sizes, chances, strict=True)]
    return Tally(rows.astype(np.int64), rows, rows)


def compared(tally: Tally) -> list[Compared]:
    """Every default criterion over these groups, as the check compares them."""
    names = [{"g": f"g{number}"} for number in range(len(tally.rows))]
    return [
        disparities.compare(
            Compared(name, ("g",)), names, [(RATES[rate], shares(tally, RATES[rate])) for rate in rates],
            [None] * len(names), 10,
        )
        for name, rates in CRITERIA.items()
    ]  # fmt: skip


def flagged(tally: Tally, rng, correction="holm") -> bool:
    comparison = compared(tally)
    disparities.shuffle(comparison, 299, rng)
    disparities.adjust(comparison, correction)
    return any(disparity.p_adjusted <= 0.05 for disparity in comparison)


EQUAL = [0.42, 0.18, 0.12, 0.28]


@pytest.mark.parametrize("correction", ["holm", "benjamini-hochberg"])
@pytest.mark.parametrize("sizes", [[100] * 2, [40, 80, 100, 150, 300]])
def test_at_most_one_null_table_in_twenty_is_flagged(sizes, correction):
    rng = np.random.default_rng(0)
    alarms = [flagged(drawn(rng, sizes, [EQUAL] * len(sizes)), rng, correction) for _ in range(400)]
    assert np.mean(alarms) <= 0.075


def test_true_gaps_of_fifteen_points_are_found():
    rng = np.random.default_rng(1)
    more = [0.33, 0.27, 0.06, 0.34]  # selected 0.61 in place of 0.46
    flags = [flagged(drawn(rng, [500, 500], [EQUAL, more]), rng) for _ in range(200)]
    assert np.mean(flags) >= 0.9


@pytest.mark.parametrize("chances", [[EQUAL] * 4, [EQUAL, [0.35, 0.25, 0.1, 0.3], EQUAL, [0.5, 0.1, 0.2, 0.2]]])
def test_intervals_of_disparities_hold_as_often_as_they_say(chances):
    rng = np.random.default_rng(2)
    truths = [[part.rates for part in large.parts] for large in compared(drawn(rng, [10**9] * 4, chances))][::2]
    held = np.zeros((2, len(truths)))
    for _ in range(100):
        for at, (disparity, rates) in enumerate(
            zip(compared(drawn(rng, [120] * 4, chances))[::2], truths, strict=True)
        ):
            gap, ratio = stats.widest(disparity.parts).interval, stats.smallest(disparity.parts).interval
            widest, least = max(np.ptp(rate) for rate in rates), min(rate.min() / rate.max() for rate in rates)
            held[0, at] += gap.low <= widest + 1e-3 and widest - 1e-3 <= gap.high
            held[1, at] += ratio.low <= least + 1e-3 and least - 1e-3 <= ratio.high
    assert (held / 100 >= 0.93).all(), held


@pytest.mark.parametrize("rate", ["selection_rate", "true_positive_rate", "positive_predictive_value"])
@pytest.mark.parametrize("rows", [60, 300])
def test_intervals_of_rates_hold_as_often_as_they_say(rate, rows):
    rng = np.random.default_rng(3)
    truth = shares(drawn(rng, [10**9], [EQUAL]), RATES[rate]).values[0]
    rates = shares(drawn(rng, [rows] * 3000, [EQUAL] * 3000), RATES[rate])
    low, high = stats.wilson_bounds(rates.successes, rates.sizes)
    assert 0.93 <= np.mean((low <= truth) & (truth <= high)) <= 0.97


def weighted(rng, replicates, rows, chance, spread, pull) -> GroupShares:
    """Selection rates of many samples of rows of unequal weight; with `pull`, heavy rows are selected more often."""
    z = rng.normal(size=(replicates, rows))
    selected = rng.random((replicates, rows)) < np.clip(chance * (1 + pull * z), 0, 1)
    names = Encoded(tuple(f"{number:04d}" for number in range(replicates)), np.repeat(np.arange(replicates), rows))
    counts = count({"sample": names}, selected.ravel().astype(int), weights=np.exp(spread * z).ravel())
    return shares(counts.over(("sample",)).tally.against(1), RATES["selection_rate"])


@pytest.mark.parametrize("chance", [0.2, 0.5])
@pytest.mark.parametrize("spread", [0.5, 1.0])
@pytest.mark.parametrize("pull", [0.0, 0.15])
def test_weighted_intervals_hold_as_often_as_they_say(chance, spread, pull):
    rng = np.random.default_rng(4)
    z = rng.normal(size=2_000_000)
    truth = np.average(np.clip(chance * (1 + pull * z), 0, 1), weights=np.exp(spread * z))
    weighted_rates = weighted(rng, 3000, 150, chance, spread, pull)
    low, high = stats.wilson_bounds(weighted_rates.successes, weighted_rates.sizes)
    assert 0.93 <= np.mean((low <= truth) & (truth <= high)) <= 0.97


def test_weights_that_were_counted_as_rows_would_not_hold():
    """What the effective number of rows is for: with plain rows the same intervals are far too narrow."""
    weighted_rates = weighted(np.random.default_rng(5), 2000, 150, 0.5, 1.0, 0.0)
    low, high = stats.wilson_bounds(weighted_rates.values * 150, np.full(2000, 150.0))
    assert np.mean((low <= 0.5) & (high >= 0.5)) < 0.85
    assert weighted_rates.sizes.mean() < 75


def test_a_family_too_large_for_the_shuffles_gets_more_of_them():
    assert disparities.enough_draws(9999, 18) == 9999
    assert disparities.enough_draws(999, 300) == 12_000
    assert disparities.enough_draws(999, 10**6) == disparities.MOST
    # a p-value at its floor stays below the level after adjusting for all tests
    assert 300 / (disparities.enough_draws(999, 300) + 1) <= 0.05


def test_a_rate_in_two_criteria_is_shuffled_once():
    rng = np.random.default_rng(6)
    comparison = compared(drawn(rng, [80, 90], [EQUAL] * 2))
    disparities.shuffle(comparison, 200, rng)
    parity, opportunity, odds = comparison
    assert (odds.shuffled >= opportunity.shuffled).all() and (odds.shuffled > opportunity.shuffled).any()
    assert odds.p == stats.permutation_p(stats.largest_z(odds.parts), odds.shuffled)
    assert not np.array_equal(parity.shuffled, opportunity.shuffled)


def test_corrections_are_those_of_the_literature():
    p = [0.01, 0.02, 0.03, 0.2]
    comparison = [Compared(str(p_value), (), p=p_value) for p_value in p]
    disparities.adjust(comparison, "holm")
    assert [disparity.p_adjusted for disparity in comparison] == pytest.approx([0.04, 0.06, 0.06, 0.2])
    disparities.adjust(comparison, "benjamini-hochberg")
    assert [disparity.p_adjusted for disparity in comparison] == pytest.approx([0.04, 0.04, 0.04, 0.2])


def test_what_is_called_detectable_is_that_of_each_rate():
    many = stats.Shares(np.full(2, 400.0), np.full(2, 1000.0))
    few = stats.Shares(np.full(2, 8.0), np.full(2, 100.0))
    gaps = [stats.detectable_gap(rate, n, n, (1 - 0.95**0.5) / 3) for rate, n in ((0.4, 1000), (0.08, 100))]
    assert disparities.detectable([many, few], 3) == pytest.approx(max(gaps))
    ratios = [low / high for high, low in (stats.apart(0.4, 1, 1, gaps[0]), stats.apart(0.08, 1, 1, gaps[1]))]
    assert disparities.detectable_ratio([many, few], 3) == pytest.approx(min(ratios))
    assert disparities.detectable_ratio([many], 3) > 0.8 > disparities.detectable_ratio([many, few], 3)
