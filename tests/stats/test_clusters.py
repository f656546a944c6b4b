"""Rows in clusters: leaving one out by hand, a published design effect, copies, coverage, whole clusters in draws."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from auditkit import stats

LITTERS = (
    (13, 13), (12, 12), (9, 9), (9, 9), (8, 8), (8, 8), (12, 13), (11, 12), (9, 10), (9, 10), (8, 9), (11, 13), (4, 5),
    (5, 7), (7, 10), (7, 10),
)  # fmt: skip
"""(alive, pups) of the control group of Weil (1970)."""


def rows_of(pairs):
    """Rows from (hits, rows) of each cluster: whether each counts, and its cluster."""
    hits = np.concatenate([np.arange(rows) < hit for hit, rows in pairs])
    return hits, np.repeat(np.arange(len(pairs)), [rows for _, rows in pairs])


def slow_error(values, clusters, weights):
    """The standard error of a mean by leaving out one cluster after the other."""
    names = sorted(set(clusters.tolist()))
    whole = np.average(values, weights=weights)
    left = [np.average(values[clusters != name], weights=weights[clusters != name]) for name in names]
    return ((len(names) - 1) / len(names) * sum((mean - whole) ** 2 for mean in left)) ** 0.5


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 12), st.integers(0, 10**6))
def test_the_error_is_that_of_leaving_clusters_out(count, seed):
    rng = np.random.default_rng(seed)
    clusters = np.concatenate([np.arange(count), rng.integers(0, count, 20)])
    values, weights = rng.normal(size=len(clusters)), rng.uniform(0.5, 2, len(clusters))
    error = stats.cluster_error(stats.cluster_pulls(values, clusters, weights))
    assert error == pytest.approx(slow_error(values, clusters, weights))


def test_the_design_effect_is_that_of_rao_and_scott():
    hits, clusters = rows_of(LITTERS)
    share = hits.mean()
    effect = stats.cluster_error(stats.cluster_pulls(hits, clusters)) ** 2 / (share * (1 - share) / len(hits))
    # 1.232 in Rao and Scott (1992), whose variance is linearised; leaving one out gives a little more
    assert 1.232 < effect < 1.232 * 1.06


def test_a_size_by_hand():
    # thirty clusters of two rows, ten each of none, one and both: p = 1/2, deviations -1, 0 and 1
    hits, clusters = rows_of([(0, 2)] * 10 + [(1, 2)] * 10 + [(2, 2)] * 10)
    # pulls ±1/58 of 20 clusters, and 1/4 over 59 for rows; t of 59 and of 29 degrees of freedom
    effect = (29 / 30 * 20 / 58**2) / (0.25 / 59)
    expected = 60 / effect * (2.0009953781 / 2.0452296421) ** 2
    assert stats.cluster_size(hits, clusters) == pytest.approx(expected)


def test_rows_by_themselves_get_the_formula_for_rows():
    rng = np.random.default_rng(3)
    values, alone, weights = rng.normal(size=50), rng.permutation(50), rng.uniform(0.5, 2, 50)
    hits = rng.random(50) < 0.4
    for numbers in (values, hits):
        for some in (None, weights):
            assert stats.mean_interval(numbers, 0.9, some, alone) == stats.mean_interval(numbers, 0.9, some)
    assert stats.cluster_size(hits, alone) == 50
    assert stats.median_interval(values, clusters=alone) == stats.median_interval(values)
    assert stats.auc(values, hits, clusters=alone).interval == stats.auc(values, hits).interval


def test_copies_of_rows_tell_nothing_new():
    rng = np.random.default_rng(4)
    values, hits, clusters = rng.normal(size=60), rng.random(60) < 0.4, np.arange(60)
    # a row is as sure as 25 copies of it, but for the quantile and the fallback, which only widen
    for numbers, interval in (
        (values, stats.mean_interval),
        (hits, stats.mean_interval),
        (values, stats.median_interval),
    ):
        once, copied = interval(numbers), interval(np.repeat(numbers, 25), clusters=np.repeat(clusters, 25))
        assert copied.high - copied.low >= (once.high - once.low) * (1 - 1e-9)
    once = stats.mean_interval(values)
    copied = stats.mean_interval(np.repeat(values, 25), clusters=np.repeat(clusters, 25))
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high))


def test_few_clusters_with_the_rarer_outcome_count_as_clusters():
    hits, clusters = rows_of([(100, 100)] * 39 + [(90, 100)])
    assert stats.cluster_size(hits, clusters) == pytest.approx(40)
    assert stats.cluster_size(np.ones(4000), clusters) == pytest.approx(40)
    assert stats.cluster_size(np.ones(100), np.zeros(100)) == 1
    # of unequal size fewer: (90 + 10)² / (90² + 10²)
    assert stats.cluster_size(np.arange(100) < 95, np.arange(100) < 90) == pytest.approx(100**2 / (90**2 + 10**2))


def test_forty_pictures_of_784_pixels_are_not_31360_people():
    rng = np.random.default_rng(5)
    share = rng.beta(99, 1, 40)
    right, picture = (rng.random((40, 784)) < share[:, None]).ravel(), np.repeat(np.arange(40), 784)
    by_pixel, by_picture = stats.mean_interval(right), stats.mean_interval(right, clusters=picture)
    of_pictures = stats.student_interval(right.reshape(40, 784).mean(axis=1))
    width = by_picture.high - by_picture.low
    assert width > 2 * (by_pixel.high - by_pixel.low)
    assert width >= (of_pictures.high - of_pictures.low) * (1 - 1e-9)


@pytest.mark.parametrize(
    ("count", "size", "share", "alike"), [(30, 40, 0.5, 0.05), (60, 5, 0.1, 0.5), (40, 100, 0.02, 0.5)]
)
def test_shares_cover_as_often_as_they_say(count, size, share, alike):
    rng, held, spread = np.random.default_rng(6), 0, (1 - alike) / alike
    for _ in range(400):
        hits = rng.binomial(size, rng.beta(share * spread, (1 - share) * spread, count)).astype(float)
        sums = stats.ClusterSums(np.zeros(count, int), np.full(count, size), np.full(count, float(size)), hits)
        effective = stats.cluster_sizes(sums, np.array([float(count * size)]))
        low, high = stats.wilson_bounds(effective * hits.sum() / (count * size), effective)
        held += bool(low[0] <= share <= high[0])
    assert held >= 400 * 0.93


def test_means_cover_as_often_as_they_say():
    rng, held, rows = np.random.default_rng(7), 0, 0
    clusters = np.repeat(np.arange(40), rng.integers(1, 20, 40))
    for _ in range(400):
        values = rng.normal(size=40)[clusters] + rng.normal(size=len(clusters))
        interval, by_row = stats.student_interval(values, clusters=clusters), stats.student_interval(values)
        held += interval.low <= 0 <= interval.high
        rows += by_row.low <= 0 <= by_row.high
    assert 400 * 0.92 <= held <= 400 * 0.98
    assert rows < 400 * 0.7


def test_draws_take_whole_clusters():
    clusters = np.array([5, 5, 2, 9, 9, 9])
    drawn = stats.drawn_clusters(clusters, 2000, np.random.default_rng(0))
    assert (drawn[:, 0] == drawn[:, 1]).all() and (drawn[:, 3] == drawn[:, 5]).all()
    assert (drawn[:, 0] + drawn[:, 2] + drawn[:, 3] == 3).all()
    assert drawn.mean(axis=0) == pytest.approx(1, abs=0.1)


def test_shuffles_keep_clusters_whole():
    rng = np.random.default_rng(0)
    clusters, of_cluster = np.repeat(np.arange(30), 4), np.arange(30) % 3
    mixed = stats.shuffler(of_cluster[clusters], clusters)(rng)
    assert (mixed.reshape(30, 4) == mixed.reshape(30, 4)[:, :1]).all()
    assert (np.sort(mixed) == np.sort(of_cluster[clusters])).all()
    varying = np.tile([0, 0, 1, 2], 30)
    within = stats.shuffler(varying, clusters)(rng)
    assert (np.sort(within.reshape(30, 4), axis=1) == [0, 0, 1, 2]).all() and (within != varying).any()


def test_a_p_value_by_clusters_holds_its_level_where_that_by_rows_does_not():
    rng, by_cluster, by_row = np.random.default_rng(8), 0, 0
    clusters = np.repeat(np.arange(20), 30)
    for _ in range(200):
        values = rng.normal(size=20)[clusters] + rng.normal(size=600)
        by_cluster += stats.sign_flip_p(values, clusters, 199, rng) <= 0.05
        by_row += stats.sign_flip_p(values, np.arange(600), 199, rng) <= 0.05
    assert by_cluster <= 22 < 60 < by_row
    assert stats.sign_flip_p(np.ones(600), clusters, 999, rng) == 1 / 1000


def test_signs_by_hand():
    # sums 3 and 1 of two clusters: |±3 ± 1| is at least 4 in two of four, and every value is
    p = stats.sign_flip_p(np.array([1.0, 2.0, 1.0]), np.array([0, 0, 1]), 20_000, np.random.default_rng(0))
    assert p == pytest.approx(0.5, abs=0.02)
