"""Intervals at a higher level, from the interval alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats as scipy_stats

from auditkit.results import Interval
from auditkit.stats import clopper_pearson, mean_interval, student_interval, widened, wilson


def test_by_hand():
    # 8 of 10 at 99 %, z^2 = 6.6349: centre 1.131745 / 1.66349 = 0.68034
    # half width 2.5758 sqrt(0.032587) / 1.66349 = 0.27952
    wide = widened(wilson(8, 10), 0.8, 10, 0.99)
    assert (wide.low, wide.high) == (pytest.approx(0.40082, abs=1e-5), pytest.approx(0.95986, abs=1e-5))
    assert (wide.level, wide.method) == (0.99, "Wilson")


@given(n=st.integers(1, 5000), share=st.floats(0, 1), level=st.floats(0.951, 0.9999))
def test_wilson_is_as_made_anew(n, share, level):
    successes = round(share * n)
    wide, anew = widened(wilson(successes, n), successes / n, n, level), wilson(successes, n, level)
    assert (wide.low, wide.high) == (pytest.approx(anew.low, abs=1e-4), pytest.approx(anew.high, abs=1e-4))
    assert "Student" not in wide.method


def test_wilson_of_weighted_rows_is_made_of_effective_rows():
    weights = np.random.default_rng(0).uniform(0.2, 3, 400)
    values = np.random.default_rng(1).random(400) < 0.3
    given_, anew = (mean_interval(values, level, weights) for level in (0.95, 0.999))
    value = float(np.dot(values, weights) / weights.sum())
    wide = widened(given_, value, 400, 0.999)
    assert (wide.low, wide.high) == (pytest.approx(anew.low), pytest.approx(anew.high))


@pytest.mark.parametrize(("successes", "n"), [(0, 7), (7, 7), (3, 50)])
def test_clopper_pearson_is_as_made_anew(successes, n):
    assert widened(clopper_pearson(successes, n), successes / n, n, 0.995) == clopper_pearson(successes, n, 0.995)


def test_student_is_as_made_anew():
    values = np.random.default_rng(0).normal(3, 2, 12)
    wide, anew = widened(student_interval(values), values.mean(), 12, 0.995), student_interval(values, 0.995)
    assert (wide.low, wide.high) == (pytest.approx(anew.low), pytest.approx(anew.high))


@given(
    value=st.floats(0.05, 0.95),
    below=st.floats(0.001, 0.5),
    above=st.floats(0.001, 0.5),
    level=st.floats(0.951, 0.9999),
)
def test_another_method_is_widened_by_more_than_the_normal_law(value, below, above, level):
    known = Interval(low=value - below, high=value + above, method="bootstrap percentile, 1000 resamples")
    wide = widened(known, value, 100, level)
    normal = scipy_stats.norm.ppf(0.5 + level / 2) / scipy_stats.norm.ppf(0.975)
    assert value - wide.low > below * normal * (1 - 1e-12) and wide.high - value > above * normal * (1 - 1e-12)
    assert "5 degrees of freedom" in wide.method


def test_open_ends_stay_open_and_a_lower_level_changes_nothing():
    half_open = Interval(low=None, high=0.4, method="one side")
    assert widened(half_open, 0.3, 10, 0.99).low is None
    assert widened(half_open, 0.3, 10, 0.9) is half_open
