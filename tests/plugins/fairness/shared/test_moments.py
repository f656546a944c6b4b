"""Means, intervals and shuffles of several groups against the slow way, published formulas and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats as scipy_stats

from auditkit import stats
from auditkit.plugins.fairness.shared import moments, permutation


def random_values(rng, sizes, shift=0.0):
    codes = np.repeat(np.arange(len(sizes)), sizes)
    return codes, rng.normal(3, 1, len(codes)) + shift * (codes == 0)


@settings(max_examples=20)
@given(st.lists(st.integers(2, 40), min_size=2, max_size=5), st.integers(0, 10**6), st.booleans())
def test_means_and_their_intervals_equal_those_of_each_group_alone(sizes, seed, weighted):
    rng = np.random.default_rng(seed)
    codes, values = random_values(rng, sizes)
    weights = rng.uniform(0.5, 3, len(codes)) if weighted else None
    estimates = moments.means(codes, values, weights, len(sizes))
    for at, size in enumerate(sizes):
        in_group = codes == at
        heavy = None if weights is None else weights[in_group]
        assert estimates.values[at] == pytest.approx(np.average(values[in_group], weights=heavy))
        assert estimates.rows[at] == size
        if not weighted:
            assert estimates.errors[at] == pytest.approx(values[in_group].var(ddof=1) / size)
            alone = stats.student_interval(values[in_group])
            assert moments.mean_interval(estimates, at).low == pytest.approx(alone.low)
        else:
            assert estimates.sizes[at] == pytest.approx(stats.effective_size(heavy))


def test_two_groups_have_the_interval_of_welch():
    codes, values = random_values(np.random.default_rng(0), [20, 35], 1.0)
    interval = moments.gap(moments.means(codes, values, None, 2)).interval
    oracle = scipy_stats.ttest_ind(values[codes == 0], values[codes == 1], equal_var=False).confidence_interval()
    ends = sorted([abs(oracle.low), abs(oracle.high)])
    assert oracle.low * oracle.high > 0
    assert (interval.low, interval.high) == pytest.approx(tuple(ends)) and interval.method == "Welch t"


def test_a_group_that_does_not_vary_has_no_error_left_over_from_rounding():
    codes = np.repeat([0, 1], 50)
    estimates = moments.means(codes, np.where(codes == 0, 0.1, np.arange(100.0)), None, 2)
    assert estimates.errors[0] == 0 and estimates.errors[1] > 0


@pytest.mark.parametrize("groups", [2, 5])
def test_intervals_of_equal_groups_reach_no_difference_in_95_of_100(groups):
    rng = np.random.default_rng(1)
    covered = {"difference": 0, "ratio": 0, "root": 0}
    for _ in range(300):
        codes, values = random_values(rng, [30, 60, 60, 60, 200][:groups])
        covered["difference"] += moments.gap(moments.means(codes, values, None, groups)).interval.low == 0
        covered["ratio"] += moments.ratio(moments.means(codes, np.abs(values - 3), None, groups)).interval.high == 1
        square = moments.means(codes, (values - 3) ** 2, None, groups)
        covered["root"] += moments.ratio(square, root=True).interval.high == 1
    assert min(covered.values()) >= 0.92 * 300 and max(covered.values()) < 300


def test_intervals_cover_a_difference_that_is_there():
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(400):
        interval = moments.gap(moments.means(*random_values(rng, [40, 80], 0.7), None, 2)).interval
        covered += interval.low <= 0.7 <= interval.high
    assert 0.92 <= covered / 400 <= 0.98


def test_the_root_has_an_interval_that_covers_and_stays_above_0():
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        square = moments.means(np.zeros(100, int), rng.normal(0, 2, 100) ** 2, None, 1)
        interval = moments.root_interval(square, 0)
        assert interval.low > 0
        covered += interval.low <= 2 <= interval.high
    assert 0.91 <= covered / 400 <= 0.98


def test_many_groups_get_wider_intervals_of_each_group():
    codes, values = random_values(np.random.default_rng(4), [20] * 101)
    many = moments.gap(moments.means(codes, values, None, 101)).interval
    assert "all groups" in many.method and many.low == 0 < many.high


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [60, 5000])
def test_shuffled_sums_are_those_of_permutations(rows, weighted):
    """Whatever the road, each shuffle keeps the sizes of the groups and moves every row to one of them."""
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 3, rows)
    columns = np.stack([np.ones(rows), rng.normal(size=rows), np.arange(rows) ** 2.0])
    sums = permutation.shuffled_sums(codes, columns, 3, 999, rng)
    assert sums.shape[1] >= 999
    assert np.allclose(sums[0], np.bincount(codes)[None])
    assert np.allclose(sums.sum(axis=2), columns.sum(axis=1)[:, None])
    mean, size = columns[1].mean(), np.bincount(codes)
    error = np.sqrt(columns[1].var(ddof=1) * (1 / size - 1 / rows))
    z = (sums[1] / size - mean) / error
    assert np.abs(z.mean(axis=0)).max() < 0.15 and np.abs(z.std(axis=0) - 1).max() < 0.1


def test_moved_blocks_have_the_law_of_permutations():
    rng = np.random.default_rng(6)
    codes, values = rng.integers(0, 3, 3000), rng.exponential(size=3000)
    moved = permutation.shuffled_z(codes, values, None, 3, 1000, rng)
    slow = []
    for _ in range(1000):
        estimates = moments.means(rng.permutation(codes), values, None, 3)
        slow.append(stats.largest_z_of_means(estimates.values[None], estimates.errors[None])[0])
    assert scipy_stats.ks_2samp(moved, slow).pvalue > 0.001


@pytest.mark.parametrize("rows", [100, 3000])
@pytest.mark.parametrize("logs", [False, True])
def test_a_shuffle_gives_the_statistic_of_its_means(rows, logs, monkeypatch):
    """Without any shuffle the sums must give the statistic that was observed, with weights too."""
    rng = np.random.default_rng(7)
    codes, values, weights = rng.integers(0, 3, rows), rng.exponential(size=rows), rng.uniform(0.5, 2, rows)
    monkeypatch.setattr(
        permutation,
        "shuffled_sums",
        lambda codes, columns, groups, *_: np.stack([[np.bincount(codes, weights=column)] for column in columns]),
    )
    for heavy in (None, weights):
        means = moments.means(codes, values, heavy, 3)
        means = means.logs() if logs else means
        expected = stats.largest_z_of_means(means.values[None], means.errors[None])
        assert permutation.shuffled_z(codes, values, heavy, 3, 1, rng, logs) == pytest.approx(expected)


def test_shuffled_counts_follow_the_hypergeometric_law():
    rng = np.random.default_rng(8)
    bins, sizes = np.array([5, 30, 1, 64]), np.array([20, 50, 30])
    tables = np.concatenate(list(permutation.shuffled_counts(bins, sizes, 4000, rng)))
    assert (tables.sum(axis=1) == bins).all() and (tables.sum(axis=2) == sizes).all()
    for group, size in enumerate(sizes):
        for at, held in enumerate(bins):
            law = scipy_stats.hypergeom(100, held, size)
            assert tables[:, group, at].mean() == pytest.approx(law.mean(), abs=5 * law.std() / 4000**0.5)
            assert tables[:, group, at].std() == pytest.approx(law.std(), rel=0.06)


def test_the_difference_called_detectable_is_the_textbook_one():
    # two groups of 64, standard deviation 1: 2.8016 standard errors of 0.17678 each way
    means = moments.Means(np.zeros(2), np.full(2, 1 / 64), np.full(2, 64.0), np.full(2, 64))
    assert moments.detectable(means, 1) == pytest.approx(2.8016 * (2 / 64) ** 0.5, rel=1e-4)
    assert moments.detectable(means, 5) > moments.detectable(means, 1)
