"""Intervals for means and quantiles of scores: inside the range, never empty, and covering what they are for."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy

from auditkit import stats
from auditkit.stats.score_means import ADDED, _hall


def slow_bounded(values, low, high):
    """With the four cases written out."""
    whole = [*values, *[low] * int(ADDED), *[high] * int(ADDED)]
    mean = sum(whole) / len(whole)
    error = math.sqrt(sum((value - mean) ** 2 for value in whole) / (len(whole) - 1) / len(whole))
    half = scipy.stats.t.ppf(0.975, len(values) - 1) * error
    own = sum(values) / len(values)
    return max(low, min(own, mean - half)), min(high, max(own, mean + half))


def test_a_bounded_mean_is_that_of_the_values_with_two_cases_at_either_end():
    rng = np.random.default_rng(0)
    for values, low, high in (
        (rng.beta(9, 2, 40), 0.0, 1.0), (rng.uniform(-1, 1, 25), -1.0, 1.0), (np.ones(40), 0.0, 1.0),
        (np.array([0.2, 0.4]), 0.0, 1.0),
    ):  # fmt: skip
        interval = stats.bounded_interval(values, low, high)
        assert (interval.low, interval.high) == pytest.approx(slow_bounded(list(values), low, high), abs=1e-12)


def test_40_perfect_cases_by_hand():
    # 44 cases of which 2 are 0: mean 42/44, sum of squares 42 · 2 / 44, t of 39 degrees of freedom 2.0227
    error = math.sqrt(42 * 2 / 44 / 43 / 44)
    interval = stats.bounded_interval(np.ones(40), 0, 1)
    assert interval.high == 1 and interval.low == pytest.approx(42 / 44 - 2.0226909 * error, abs=1e-6)


def test_a_bounded_mean_stays_in_its_range_and_turns_with_it():
    values = np.random.default_rng(1).beta(20, 0.4, 15)
    interval, turned = stats.bounded_interval(values, 0, 1), stats.bounded_interval(1 - values, 0, 1)
    assert 0 <= interval.low <= values.mean() <= interval.high <= 1
    assert (turned.low, turned.high) == pytest.approx((1 - interval.high, 1 - interval.low))
    assert stats.bounded_interval(values[:1], 0, 1) is None


@pytest.mark.parametrize("size", [10, 30, 100])
def test_bounded_intervals_cover_where_students_does_not(size):
    rng = np.random.default_rng(2)
    # one case in fifty fails; of most samples none is seen
    drawn = np.where(rng.random((800, size)) < 0.02, 0.0, 0.95)
    intervals = [stats.bounded_interval(values, 0, 1) for values in drawn]
    assert np.mean([one.low <= 0.931 <= one.high for one in intervals]) >= 0.95
    students = [stats.student_interval(values) for values in drawn]
    if size >= stats.FEW:
        assert np.mean([one.low <= 0.931 <= one.high for one in students]) < 0.9


def test_weights_of_one_are_no_weights():
    values = np.random.default_rng(3).random(50)
    weighted = stats.bounded_interval(values, 0, 1, weights=np.ones(50))
    assert weighted == stats.bounded_interval(values, 0, 1)
    uneven = stats.bounded_interval(values, 0, 1, weights=np.r_[np.full(40, 0.01), np.ones(10)])
    assert uneven.high - uneven.low > weighted.high - weighted.low


def test_halls_transformation_is_turned_back():
    n, skewness = 50, 1.7
    for wanted in (-2.0, 0.0, 1.5):
        t = _hall(wanted, skewness, n)
        back = t + skewness * t**2 / (3 * math.sqrt(n)) + skewness**2 * t**3 / (27 * n) + skewness / (6 * math.sqrt(n))
        assert back == pytest.approx(wanted, abs=1e-9)


def test_a_mean_of_skewed_values_leans_to_the_long_tail():
    values = np.random.default_rng(4).lognormal(0, 0.8, 200)
    interval, mean = stats.skewed_interval(values), values.mean()
    assert interval.high - mean > 1.2 * (mean - interval.low)
    mirrored = stats.skewed_interval(-values)
    assert (mirrored.low, mirrored.high) == pytest.approx((-interval.high, -interval.low))
    even = np.r_[np.arange(50.0), -np.arange(50.0)]
    assert stats.skewed_interval(even).low == pytest.approx(stats.student_interval(even).low)


def test_skewed_intervals_cover_more_than_students():
    rng = np.random.default_rng(5)
    drawn = rng.exponential(1, (1500, 40))
    skewed = [stats.skewed_interval(values) for values in drawn]
    covered = np.mean([one is None or one.low <= 1 <= one.high for one in skewed])
    student = np.mean([one.low <= 1 <= one.high for one in map(stats.student_interval, drawn)])
    assert covered > student and covered > 0.93


def test_one_value_that_makes_the_spread_has_no_interval():
    values = np.r_[np.random.default_rng(6).random(99), 1000.0]
    assert stats.dominated(values) == pytest.approx(0.99, abs=0.01)
    assert stats.skewed_interval(values) is None
    assert stats.dominated(np.arange(50.0)) is None and stats.dominated(np.ones(9)) is None


def test_a_quantile_has_the_ends_of_its_order_statistics():
    values = np.random.default_rng(7).permutation(np.arange(1.0, 101.0))
    interval = stats.quantile_interval(values, 0.05)
    # by the binomial law of 100 cases at 5 %: 2.5 % lie at 1 or below, 2.5 % above 10
    low, high = scipy.stats.binom.ppf(0.025, 100, 0.05), scipy.stats.binom.isf(0.025, 100, 0.05) + 1
    assert (interval.low, interval.high) == (low, high) == (1, 11)
    median = stats.median_interval(values)
    half = stats.quantile_interval(values, 0.5)
    assert (half.low, half.high) == (median.low, median.high)


def test_a_quantile_that_no_value_encloses_ends_with_the_range():
    values = np.linspace(0.4, 0.9, 20)
    interval = stats.quantile_interval(values, 0.05, low=0, high=1)
    assert interval.low == 0 and interval.high < 0.7
    assert stats.quantile_interval(values, 0.05).low is None
    assert stats.quantile_interval(np.zeros(0), 0.05) is None


def test_quantile_intervals_cover():
    rng = np.random.default_rng(8)
    drawn = rng.random((1500, 120))
    ends = [stats.quantile_interval(values, 0.05) for values in drawn]
    assert np.mean([one.low <= 0.05 <= one.high for one in ends]) >= 0.94


def test_values_of_one_unit_count_once():
    rng = np.random.default_rng(9)
    units = np.repeat(np.arange(40), 25)
    values = np.clip(0.7 + rng.normal(0, 0.1, 40)[units] + rng.normal(0, 0.01, 1000), 0, 1)
    alone, by_unit = stats.bounded_interval(values, 0, 1), stats.bounded_interval(values, 0, 1, clusters=units)
    of_means = stats.bounded_interval(np.array([values[units == unit].mean() for unit in range(40)]), 0, 1)
    assert by_unit.high - by_unit.low > 3 * (alone.high - alone.low)
    assert (by_unit.low, by_unit.high) == pytest.approx((of_means.low, of_means.high), abs=1e-3)
    every = stats.bounded_interval(values, 0, 1, clusters=np.arange(1000))
    assert every == alone
    assert stats.bounded_interval(values, 0, 1, clusters=np.zeros(1000, int)) is None
    wide = stats.quantile_interval(values, 0.5, clusters=units)
    narrow = stats.quantile_interval(values, 0.5)
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)
    assert stats.skewed_interval(values, clusters=units) == stats.student_interval(values, clusters=units)


def test_intervals_by_units_cover_what_those_by_rows_do_not():
    rng, units = np.random.default_rng(10), np.repeat(np.arange(40), 10)
    of_rows, of_units = [], []
    for _ in range(300):
        values = np.repeat(rng.beta(6, 2, 40), 10)
        of_rows.append(stats.bounded_interval(values, 0, 1))
        of_units.append(stats.bounded_interval(values, 0, 1, clusters=units))
    covered = [np.mean([one.low <= 0.75 <= one.high for one in ends]) for ends in (of_rows, of_units)]
    assert covered[0] < 0.7 and covered[1] >= 0.93
