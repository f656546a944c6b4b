"""Intervals of means and medians: the textbook, weights, and coverage."""

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from auditkit import stats


def test_booleans_get_wilson_and_numbers_get_student():
    flags = np.array([True, False, True, True])
    low, high = proportion_confint(3, 4, method="wilson")
    assert (stats.mean_interval(flags).low, stats.mean_interval(flags).high) == pytest.approx((low, high))
    numbers = np.array([1.0, 2.5, -0.5, 4.0])
    low, high = DescrStatsW(numbers).tconfint_mean()
    interval = stats.mean_interval(numbers)
    assert (interval.low, interval.high, interval.method) == (pytest.approx(low), pytest.approx(high), "Student t")


def test_numbers_that_happen_to_be_zero_and_one_can_be_kept_numbers():
    errors = np.array([0.0, 1.0, 0.0, 0.0])
    assert stats.mean_interval(errors).method == "Wilson"
    assert stats.student_interval(errors).method == "Student t"
    assert stats.student_interval(np.zeros(10)) is None


def test_equal_weights_change_nothing_and_weights_equal_the_textbook():
    numbers = np.random.default_rng(0).normal(size=50)
    plain, same = stats.mean_interval(numbers), stats.mean_interval(numbers, weights=np.full(50, 3.0))
    assert (same.low, same.high) == pytest.approx((plain.low, plain.high))
    weights = np.random.default_rng(1).uniform(0.5, 3, 50)
    mean = np.sum(weights * numbers) / weights.sum()
    variance = sum((w * (x - mean)) ** 2 for w, x in zip(weights, numbers, strict=True)) / weights.sum() ** 2 * 50 / 49
    half = scipy_stats.t.ppf(0.975, 49) * variance**0.5
    interval = stats.mean_interval(numbers, weights=weights)
    assert (interval.low, interval.high) == pytest.approx((mean - half, mean + half))


def test_weighted_flags_use_the_effective_number_of_rows():
    flags, weights = np.array([1, 0, 1, 1]), np.array([1.0, 1.0, 4.0, 2.0])
    size = 64 / 22
    assert stats.effective_size(weights) == pytest.approx(size)
    low, high = proportion_confint(7 / 8 * size, size, method="wilson")
    interval = stats.mean_interval(flags, weights=weights)
    assert (interval.low, interval.high) == pytest.approx((low, high))


def test_too_few_or_equal_values_have_no_interval():
    assert stats.mean_interval(np.array([2.0])) is None
    assert stats.mean_interval(np.array([])) is None
    assert stats.mean_interval(np.full(29, 2.0)) is None
    assert stats.mean_interval(np.full(30, 2.0)).low == 2.0


def test_it_covers_as_often_as_it_says_with_weights_too():
    rng, plain, weighted = np.random.default_rng(2), 0, 0
    for _ in range(1500):
        values, weights = rng.exponential(size=80), rng.uniform(0.2, 2, 80)
        unweighted, with_weights = stats.mean_interval(values), stats.mean_interval(values, weights=weights)
        plain += unweighted.low <= 1 <= unweighted.high
        weighted += with_weights.low <= 1 <= with_weights.high
    assert 0.92 < plain / 1500 < 0.97 and 0.92 < weighted / 1500 < 0.97


def test_effective_size_of_nothing_is_zero():
    assert stats.effective_size(np.zeros(3)) == 0
    assert stats.effective_size(7.0) == 7.0


def test_the_median_of_ten_lies_between_the_second_and_the_ninth():
    """Conover (1999), Practical nonparametric statistics: coverage 1 - 2 * 11 / 1024 = 0.9785 for ten values."""
    interval = stats.median_interval(np.array([7.0, 1, 9, 3, 5, 8, 2, 10, 4, 6]))
    assert (interval.low, interval.high, interval.method) == (2, 9, "order statistics")
    assert stats.median_interval(np.arange(6.0)).low == 0 and stats.median_interval(np.arange(5.0)) is None
    assert stats.median_interval(np.zeros(0)) is None
    assert stats.median_interval(np.array([1.0, 2, 3, 4, 5, np.inf])).high is None


@pytest.mark.parametrize("n", [6, 17, 40])
def test_the_interval_of_a_median_holds_at_least_as_often_as_it_says(n):
    drawn = np.random.default_rng(0).exponential(size=(1500, n))
    intervals = [stats.median_interval(row) for row in drawn]
    assert np.mean([interval.low <= np.log(2) <= interval.high for interval in intervals]) > 0.94
