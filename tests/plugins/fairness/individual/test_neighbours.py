"""Distances, neighbours and consistency against slow and obvious ones."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.data import AuditData
from auditkit.plugins.fairness.individual.neighbours import (
    CATEGORIES,
    agreement,
    chance,
    consistency,
    distance_space,
    jackknife_variance,
    nearest,
)


def test_distances_are_standard_deviations_and_mismatches():
    frame = pd.DataFrame(
        {
            "x": [0.0, 2.0, np.nan, 1.0],
            "job": pd.Series(["a", "b", "a", None], dtype=object),
            "flag": [True, False, True, True],
            "same": [1, 1, 1, 1],
            "sex": ["F", "M", "F", "M"],
        }
    )
    points = distance_space(AuditData(inputs=frame), {"sex"})
    far = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    spread = np.std([0.0, 2.0, 1.0])
    assert far[0, 1] == pytest.approx(np.sqrt((2 / spread) ** 2 + 1 + 1))  # x, job, flag
    assert far[0, 2] == pytest.approx(np.sqrt((1 / spread) ** 2 + 1))  # missing: the mean, and 1 for missing
    assert far[0, 3] == pytest.approx(np.sqrt((1 / spread) ** 2 + 1))  # job is missing
    assert distance_space(AuditData(inputs=frame), {"sex", "x", "job", "flag"}).shape == (4, 0)


def test_rare_categories_beyond_a_hundred_count_as_one():
    names = [f"c{number}" for number in range(CATEGORIES + 20)]
    frame = pd.DataFrame({"zip": names + names[:CATEGORIES]})
    points = distance_space(AuditData(inputs=frame), ())
    assert points.shape[1] == CATEGORIES + 1
    assert np.array_equal(points[CATEGORIES], points[CATEGORIES + 1]) and not np.array_equal(points[0], points[1])


def test_an_array_has_distances_too():
    points = distance_space(AuditData(inputs=np.array([[0.0, 5.0], [2.0, 5.0], [4.0, 5.0]])), ())
    assert points.ravel() == pytest.approx((np.array([0, 2, 4]) - 2) / np.std([0, 2, 4]))


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(8, 60), st.integers(1, 5))
def test_neighbours_are_the_nearest_others_copies_included(seed, rows, k):
    points = np.random.default_rng(seed).integers(0, 3, (rows, 2)).astype(float)  # full of copies
    neighbours = nearest(points, k)
    for row in range(rows):
        assert row not in neighbours[row] and len(set(neighbours[row])) == k
        far = ((points - points[row]) ** 2).sum(axis=1)
        others = np.sort(np.delete(far, row))[:k]
        assert np.sort(far[neighbours[row]]) == pytest.approx(others, abs=1e-9)


def test_consistency_by_hand():
    # on a line: 0 0 1 | 10 11; with two neighbours each
    points = np.array([[0.0], [1.0], [3.0], [10.0], [11.0]])
    decisions = np.array([0, 0, 1, 1, 1])
    near = nearest(points, 3)
    shares = agreement(decisions, near[:, :2])
    assert shares.tolist() == [0.5, 0.5, 0.0, 1.0, 1.0]
    # as Zemel et al. write it: 1 - mean |decision - mean decision of the neighbours|
    zemel = 1 - np.mean([abs(decisions[row] - decisions[near[row, :2]].mean()) for row in range(5)])
    assert consistency(decisions, near, np.ones(5)).value == pytest.approx(zemel) == pytest.approx(0.6)


def test_it_counts_less_than_aif360_which_counts_the_row_itself():
    rng = np.random.default_rng(0)
    points, decisions = rng.normal(size=(200, 2)), rng.integers(0, 2, 200)
    own = agreement(decisions, nearest(points, 5)).mean()
    with_self = np.column_stack([np.arange(200), nearest(points, 4)])
    aif360 = 1 - np.abs(decisions - decisions[with_self].mean(axis=1)).mean()
    assert aif360 > own + 0.05


def test_chance_is_what_two_random_rows_agree():
    decisions = np.array([0, 0, 0, 1])
    pairs = [decisions[i] == decisions[j] for i in range(4) for j in range(4) if i != j]
    assert chance(decisions) == pytest.approx(np.mean(pairs)) == pytest.approx(0.5)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(8, 30), st.integers(1, 4), st.booleans())
def test_the_jackknife_equals_finding_all_neighbours_anew(seed, rows, k, some):
    rng = np.random.default_rng(seed)
    points, decisions = rng.normal(size=(rows, 2)), rng.integers(0, 3, rows)
    weights = rng.uniform(0.5, 2, rows)
    if some:
        weights[rows // 2 :] = 0
    left_out = []
    for row in range(rows):
        kept = np.delete(np.arange(rows), row)
        shares = agreement(decisions[kept], nearest(points[kept], k))
        left_out.append(np.average(shares, weights=weights[kept]))
    slow = (rows - 1) / rows * np.sum((np.array(left_out) - np.mean(left_out)) ** 2)
    assert jackknife_variance(decisions, nearest(points, k + 1), weights) == pytest.approx(slow)


def sample(rng, rows):
    points = rng.normal(size=(rows, 2))
    group = rng.random(rows) < 0.4
    decisions = (points[:, 0] + 0.8 * rng.normal(size=rows) > 0.3).astype(int)
    shares = consistency(decisions, nearest(points, 6), np.ones(rows))
    return shares, consistency(decisions, nearest(points, 6), group.astype(float))


def test_intervals_cover_what_other_samples_give_on_average():
    rng = np.random.default_rng(1)
    samples = [sample(rng, 150) for _ in range(400)]
    for measurements in zip(*samples, strict=True):
        truth = np.mean([measurement.value for measurement in measurements])
        covered = np.mean(
            [measurement.interval.low <= truth <= measurement.interval.high for measurement in measurements]
        )
        assert covered >= 0.93
        assert np.mean([measurement.interval.high - measurement.interval.low for measurement in measurements]) < 0.4


def test_where_all_are_decided_alike_the_interval_is_no_point():
    shares = consistency(np.zeros(60, int), nearest(np.random.default_rng(2).normal(size=(60, 2)), 6), np.ones(60))
    assert shares.value == 1 and shares.interval.high == 1 and 0.6 < shares.interval.low < 0.8
