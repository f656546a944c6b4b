"""Intervals of a share, a difference and a ratio of shares: published numbers, statsmodels, and coverage."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import optimize, special, stats as scipy_stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from auditkit import stats


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 2000), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_and_clopper_pearson_equal_statsmodels(n, share, level):
    x = round(share * n)
    for interval_of, method in ((stats.wilson, "wilson"), (stats.clopper_pearson, "beta")):
        interval = interval_of(x, n, level)
        low, high = proportion_confint(x, n, alpha=1 - level, method=method)
        assert interval.low == pytest.approx(0.0 if np.isnan(low) else low, abs=1e-9)
        assert interval.high == pytest.approx(1.0 if np.isnan(high) else high, abs=1e-9)
        assert interval.low <= x / n <= interval.high


def test_wilson_gives_the_numbers_that_newcombe_printed():
    # Newcombe (1998), Statistics in Medicine 17, 857, table I, method 3
    for (x, n), (low, high) in {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }.items():
        interval = stats.wilson(x, n)
        assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize(("x", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_a_share_that_cannot_be_is_refused(x, n):
    for interval in (stats.wilson, stats.clopper_pearson):
        with pytest.raises(ValueError, match=r"n must be above 0|must lie between"):
            interval(x, n)
    with pytest.raises(ValueError, match=r"n must be above 0|must lie between"):
        stats.difference_interval(1, 2, x, n)
    with pytest.raises(ValueError, match=r"n must be above 0|must lie between"):
        stats.ratio_interval(x, n, 1, 2)


def test_a_level_outside_zero_to_one_is_refused():
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        stats.wilson(1, 2, 95)


def test_wilson_of_arrays_is_undefined_where_there_are_no_rows():
    bounds = stats.wilson_bounds(np.array([0, 1]), np.array([0, 2]))
    assert np.isnan(bounds.low[0]) and np.isnan(bounds.high[0])
    assert bounds.low[1] == pytest.approx(stats.wilson(1, 2).low)


def test_the_difference_gives_the_numbers_that_newcombe_printed():
    # Newcombe (1998), Statistics in Medicine 17, 873, table II, method 6 (Miettinen-Nurminen)
    for counts, printed in {
        (56, 70, 48, 80): (0.0528, 0.3382),
        (9, 10, 3, 10): (0.1700, 0.8406),
        (10, 10, 0, 20): (0.7156, 1.0000),
    }.items():
        interval = stats.difference_interval(*counts)
        assert (round(interval.low, 4), round(interval.high, 4)) == printed


def likeliest(x1, n1, x2, n2, second):
    """The largest log-likelihood of two binomials whose first share is `second(p)` of the other, found by search."""

    def loss(p):
        q = second(p)
        return -(
            special.xlogy(x1, p) + special.xlogy(n1 - x1, 1 - p) + special.xlogy(x2, q) + special.xlogy(n2 - x2, 1 - q)
        )

    return loss


def slow_difference(x1, n1, x2, n2, z=1.959963984540054):
    """The score interval by root search over a likelihood maximised by search: no cubic, no halving."""

    def score(gap):
        loss = likeliest(x1, n1, x2, n2, lambda p: p - gap)
        minimum = optimize.minimize_scalar(
            loss, bounds=(max(0, gap), min(1, 1 + gap)), method="bounded", options={"xatol": 1e-13}
        )
        p, q = minimum.x, minimum.x - gap
        spread = (p * (1 - p) / n1 + q * (1 - q) / n2) * (n1 + n2) / (n1 + n2 - 1)
        return (x1 / n1 - x2 / n2 - gap) / np.sqrt(spread)

    observed = x1 / n1 - x2 / n2
    return (
        optimize.brentq(lambda gap: score(gap) - z, -1 + 1e-9, observed),
        optimize.brentq(lambda gap: score(gap) + z, observed, 1 - 1e-9),
    )


# not against statsmodels: up to 0.14.6 its cubic for compare="diff" has a wrong coefficient (statsmodels#10269)
@pytest.mark.parametrize(
    "counts", [(130, 255, 52, 192), (45, 71, 1, 26), (3, 38, 2, 7), (7, 34, 1, 34), (10, 234, 56, 120)]
)
def test_the_difference_is_the_set_that_the_score_test_keeps(counts):
    interval = stats.difference_interval(*counts)
    assert (interval.low, interval.high) == pytest.approx(slow_difference(*counts), abs=2e-5)


@settings(max_examples=60, deadline=None)
@given(st.integers(5, 400), st.integers(5, 400), st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_the_ratio_equals_statsmodels(n1, n2, share1, share2):
    x1, x2 = min(max(1, round(share1 * n1)), n1 - 1), min(max(1, round(share2 * n2)), n2 - 1)
    low, high = confint_proportions_2indep(x1, n1, x2, n2, method="score", compare="ratio")
    interval = stats.ratio_interval(x1, n1, x2, n2)
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 300), st.integers(2, 300), st.floats(0, 1), st.floats(0, 1))
def test_both_change_sides_with_their_groups_and_hold_the_point(n1, n2, share1, share2):
    x1, x2 = round(share1 * n1), round(share2 * n2)
    interval, turned = stats.difference_interval(x1, n1, x2, n2), stats.difference_interval(x2, n2, x1, n1)
    assert (interval.low, interval.high) == pytest.approx((-turned.high, -turned.low), abs=1e-9)
    assert interval.low - 1e-9 <= x1 / n1 - x2 / n2 <= interval.high + 1e-9
    if x1 and x2:
        interval, turned = stats.ratio_interval(x1, n1, x2, n2), stats.ratio_interval(x2, n2, x1, n1)
        assert (interval.low, interval.high) == pytest.approx((1 / turned.high, 1 / turned.low), rel=1e-9)
        assert interval.low * (1 - 1e-9) <= (x1 / n1) / (x2 / n2) <= interval.high * (1 + 1e-9)


def test_a_ratio_to_nothing_has_no_upper_end_and_nothing_to_nothing_is_none():
    assert stats.ratio_interval(5, 10, 0, 10).high is None
    assert stats.ratio_interval(0, 10, 5, 10).low == 0
    assert stats.ratio_interval(0, 10, 0, 10) is None


@pytest.mark.parametrize(("p1", "p2"), [(0.3, 0.3), (0.1, 0.25), (0.5, 0.6)])
def test_the_score_intervals_cover_as_often_as_they_say(p1, p2):
    rng = np.random.default_rng(1)
    x1, x2 = rng.binomial(80, p1, 4000), rng.binomial(60, p2, 4000)
    gap = stats.score_difference(x1, 80, x2, 60)
    assert 0.935 < np.mean((gap.low <= p1 - p2) & (p1 - p2 <= gap.high)) < 0.97
    ratio = stats.score_ratio(x1, 80, x2, 60)
    assert 0.935 < np.mean((ratio.low <= p1 / p2) & (p1 / p2 <= ratio.high)) < 0.97


def test_critical_is_the_normal_quantile():
    assert stats.critical(0.95) == pytest.approx(scipy_stats.norm.ppf(0.975))
