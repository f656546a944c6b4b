"""The largest gap between groups: intervals that cover, tests that rarely cry wolf, and detectable gaps."""

import itertools

import numpy as np
import pytest
from statsmodels.stats.proportion import power_proportions_2indep

from auditkit import stats
from auditkit.stats import extremes


def shares(successes, sizes):
    return stats.Shares(np.asarray(successes, dtype=float), np.asarray(sizes, dtype=float))


def covered(rates, sizes, samples, rng):
    """How often the intervals for gap and ratio hold the true ones."""
    sizes, rates = np.asarray(sizes), np.asarray(rates)
    gap, ratio = np.ptp(rates), rates.min() / rates.max()
    hits = np.zeros(2)
    for _ in range(samples):
        part = shares(rng.binomial(sizes, rates), sizes)
        wide, small = stats.widest([part]).interval, stats.smallest([part]).interval
        hits += wide.low <= gap <= wide.high, small.low <= ratio <= small.high
    return hits / samples


@pytest.mark.parametrize(
    ("rates", "sizes"),
    [
        ([0.3] * 5, [100] * 5),
        ([0.3, 0.3], [500, 60]),
        ([0.3, 0.45], [500, 500]),
        ([0.2, 0.3, 0.25, 0.4], [1000, 80, 300, 40]),
    ],
)
def test_the_intervals_cover_also_where_there_is_no_gap(rates, sizes):
    gap, ratio = covered(rates, sizes, 250, np.random.default_rng(3))
    assert gap >= 0.93 and ratio >= 0.93  # 0.95, less one and a half standard errors of 250 samples


def test_two_parts_are_covered_together():
    rng, hits = np.random.default_rng(4), 0
    for _ in range(250):
        parts = [shares(rng.binomial(90, [0.5, 0.5, 0.5]), [90] * 3), shares(rng.binomial(60, [0.1, 0.1]), [60] * 2)]
        hits += stats.widest(parts).interval.low == 0
    assert hits / 250 >= 0.93


def test_the_intervals_are_built_from_all_pairs():
    part = shares([30, 45, 12], [100, 110, 60])
    level = 0.95 ** (1 / 3)
    pairs = [
        stats.difference_interval(part.successes[i], part.sizes[i], part.successes[j], part.sizes[j], level)
        for i, j in itertools.permutations(range(3), 2)
    ]
    interval = stats.widest([part]).interval
    assert interval.low == pytest.approx(max(0, *(pair.low for pair in pairs)))
    assert interval.high == pytest.approx(max(pair.high for pair in pairs))
    ratios = [
        stats.ratio_interval(part.successes[i], part.sizes[i], part.successes[j], part.sizes[j], level)
        for i, j in itertools.permutations(range(3), 2)
    ]
    interval = stats.smallest([part]).interval
    assert interval.low == pytest.approx(min(ratio.low for ratio in ratios))
    assert interval.high == pytest.approx(min(1, *(ratio.high for ratio in ratios)))


def test_the_point_lies_inside_and_the_ends_in_zero_to_one():
    rng = np.random.default_rng(5)
    for _ in range(60):
        sizes = rng.integers(10, 200, rng.integers(2, 6))
        part = shares(rng.binomial(sizes, rng.random()), sizes)
        interval = stats.widest([part]).interval
        assert 0 <= interval.low <= stats.widest_gap([part]) <= interval.high <= 1
        ratio = stats.smallest([part])
        if ratio is not None:
            assert 0 <= ratio.interval.low <= ratio.value + 1e-12 and ratio.value <= ratio.interval.high <= 1


def test_many_groups_use_one_interval_each():
    rng = np.random.default_rng(6)
    part = shares(rng.binomial(200, 0.4, extremes.PAIRWISE + 20), np.full(extremes.PAIRWISE + 20, 200))
    interval, ratio = stats.widest([part]).interval, stats.smallest([part]).interval
    assert "Wilson" in interval.method and interval.low == 0 and interval.high > stats.widest_gap([part])
    assert ratio.high == 1 and ratio.low < stats.smallest([part]).value


def test_a_ratio_of_nothing_but_zeros_is_undefined():
    nothing = shares([0, 0], [20, 30])
    assert stats.smallest([nothing]) is None
    assert stats.smallest([nothing, nothing]) is None
    extreme = stats.smallest([shares([0, 3], [20, 30])])
    assert extreme.value == 0 and extreme.interval.low == 0


@pytest.mark.parametrize("groups", [2, 150])
def test_shares_of_nothing_but_zeros_hide_no_gap_in_another_part(groups):
    apart, nothing = shares([90, 30], [100, 100]), shares([0] * groups, [100] * groups)
    level = stats.sidak_level(0.95, 1 + (1 if groups == 2 else groups))
    expected = stats.smallest([apart], level)
    for part, parts in enumerate(([apart, nothing], [nothing, apart])):
        extreme = stats.smallest(parts)
        assert extreme.value == expected.value == pytest.approx(1 / 3) and extreme.at.part == extreme.high.part == part
        # nothing is known of the ratio of nobody to nobody, so no low end holds
        assert extreme.interval.low == 0 and extreme.interval.high == pytest.approx(expected.interval.high)


def slow_z(successes, sizes):
    """The largest two-sample z over all pairs, with the rate of all groups together."""
    pooled = sum(successes) / sum(sizes)
    if pooled in (0, 1):
        return 0
    return max(
        abs(successes[i] / sizes[i] - successes[j] / sizes[j])
        / (pooled * (1 - pooled) * (1 / sizes[i] + 1 / sizes[j])) ** 0.5
        for i, j in itertools.combinations(range(len(sizes)), 2)
    )


def test_the_statistic_is_the_largest_z_of_all_pairs():
    rng = np.random.default_rng(10)
    for _ in range(50):
        sizes = rng.integers(3, 60, rng.integers(2, 6))
        counts = rng.binomial(sizes, rng.random())
        assert stats.largest_z([shares(counts, sizes)]) == pytest.approx(slow_z(counts, sizes))
    # two groups: the pooled z test that every textbook has; 120 of 200 against 90 of 200
    assert stats.largest_z([shares([120, 90], [200, 200])]) == pytest.approx(3.0038, abs=1e-4)


def test_shuffled_tables_follow_the_law_of_shuffled_rows():
    sizes, selected = np.array([40, 25, 15]), 24
    groups = np.repeat(np.arange(3), sizes)
    chosen = np.arange(80) < selected
    rng = np.random.default_rng(7)
    by_rows = [slow_z(np.bincount(rng.permutation(groups), weights=chosen, minlength=3), sizes) for _ in range(4000)]
    by_law = stats.shuffled_z([shares([10, 8, 6], sizes)], 4000, rng)
    grid = np.quantile(by_rows, np.linspace(0.05, 0.95, 19)) + 1e-9
    share_rows = (np.asarray(by_rows)[:, None] <= grid).mean(axis=0)
    share_law = (by_law[:, None] <= grid).mean(axis=0)
    assert np.abs(share_rows - share_law).max() < 0.045  # about four standard errors


def test_a_permutation_p_is_counted_by_hand():
    # two groups of three, two selected of six: 15 equally likely places, six of which put both in one group
    part = shares([2, 0], [3, 3])
    drawn = stats.shuffled_z([part], 20_000, np.random.default_rng(8))
    assert stats.permutation_p(stats.largest_z([part]), drawn) == pytest.approx(6 / 15, abs=0.015)
    assert stats.permutation_p(99.0, drawn) == 1 / 20_001


def p_value(successes, sizes, rng):
    part = shares(successes, sizes)
    return stats.permutation_p(stats.largest_z([part]), stats.shuffled_z([part], 999, rng))


def test_null_tables_are_rarely_flagged_and_planted_gaps_are_found():
    rng = np.random.default_rng(9)

    def flagged(rates, sizes):
        return p_value(rng.binomial(sizes, rates), sizes, rng) <= 0.05

    assert np.mean([flagged([0.3] * 5, [100] * 5) for _ in range(400)]) <= 0.075
    assert np.mean([flagged([0.2] * 4, [2000, 300, 40, 15]) for _ in range(400)]) <= 0.075
    assert np.mean([flagged([0.3, 0.45], [500, 500]) for _ in range(100)]) >= 0.9


def test_a_small_group_does_not_hide_that_two_large_ones_differ():
    assert p_value([300, 450, 6], [1000, 1000, 15], np.random.default_rng(11)) <= 0.01


def test_groups_that_are_all_selected_do_not_differ():
    assert p_value([20, 30], [20, 30], np.random.default_rng(12)) == 1
    assert p_value([0, 0], [20, 30], np.random.default_rng(12)) == 1


@pytest.mark.parametrize(("rate", "n1", "n2"), [(0.3, 500, 500), (0.5, 200, 50), (0.1, 1000, 300)])
def test_the_detectable_gap_has_the_power_that_statsmodels_says(rate, n1, n2):
    gap = stats.detectable_gap(rate, n1, n2)
    _, second = stats.apart(rate, n1, n2, gap)
    test = power_proportions_2indep(gap, float(second), n1, ratio=n2 / n1, alpha=0.05)
    assert test.power == pytest.approx(0.8, abs=0.005)


def test_the_detectable_gap_shrinks_with_rows_and_grows_with_tests():
    assert stats.detectable_gap(0.3, 2000, 2000) < stats.detectable_gap(0.3, 200, 200)
    assert stats.detectable_gap(0.3, 200, 200, alpha=0.01) > stats.detectable_gap(0.3, 200, 200)
    assert stats.detectable_gap(0.5, 1, 1) is None
    assert stats.detectable_gap(0.0, 1, 2) is None


def test_two_rates_move_apart_around_the_common_one():
    for rate, n1, n2, gap in ((0.3, 10, 30, 0.2), (0.01, 50, 50, 0.4), (0.99, 50, 10, 0.4)):
        first, second = stats.apart(rate, n1, n2, gap)
        assert first - second == pytest.approx(gap) and 0 <= second <= first <= 1
    first, second = stats.apart(0.3, 10, 30, 0.2)
    assert (10 * first + 30 * second) / 40 == pytest.approx(0.3)


def test_the_largest_difference_of_means_in_standard_errors_by_hand():
    z = stats.largest_z_of_means(np.array([[0.5, 0.6, 0.9]]), np.array([[0.03, 0.03, 0.01]]))
    assert z == pytest.approx([0.4 / 0.2])
    differ_without_spread = np.array([[0.5, 0.5], [0.2, 0.5]])
    assert stats.largest_z_of_means(differ_without_spread, np.zeros((2, 2))).tolist() == [0, np.inf]
    specks = np.array([[0.5, 0.5 + 1e-13]])
    assert stats.largest_z_of_means(specks, np.zeros((1, 2))).tolist() == [np.inf]
    assert stats.largest_z_of_means(specks, np.zeros((1, 2)), 1e-12).tolist() == [0]


def test_the_detectable_gap_among_pairs_is_that_of_the_two_smallest_groups():
    part = shares([30, 100, 10], [60, 200, 20])
    assert part.common == 0.5
    assert stats.detectable_among(part, 2) == stats.detectable_gap(0.5, 20, 60, alpha=0.05 / 6)
    assert stats.detectable_among(part, 4) > stats.detectable_among(part, 1)
    assert stats.detectable_among(shares([1, 0], [1, 1]), 1) is None


def test_shares_of_rows_count_as_many_rows_of_equal_weight():
    rng = np.random.default_rng(0)
    codes, hits, weights = np.repeat([0, 1, 2], 20), rng.integers(0, 2, 60), rng.uniform(0.5, 3, 60)
    gap = stats.Shares.of_rows(codes, hits, weights, 3)
    for group in range(3):
        in_group = codes == group
        assert gap.rates[group] == pytest.approx(np.average(hits[in_group], weights=weights[in_group]))
        assert gap.sizes[group] == pytest.approx(stats.effective_size(weights[in_group]))
    even = stats.Shares.of_rows(codes, hits, np.full(60, 2.0), 3)
    assert even.sizes.tolist() == [20, 20, 20] and even.successes.sum() == pytest.approx(hits.sum())
