"""Corrections for many comparisons are those of statsmodels and scipy."""

import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from auditkit import stats


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 1000).map(lambda thousandths: thousandths / 1000), min_size=1, max_size=12))
def test_holm_and_benjamini_hochberg_equal_statsmodels_and_scipy(p_values):
    assert stats.holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert stats.benjamini_hochberg(p_values) == pytest.approx(false_discovery_control(p_values))
    assert (stats.holm(p_values) >= stats.benjamini_hochberg(p_values) - 1e-12).all()


def test_holm_by_hand():
    assert stats.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert stats.benjamini_hochberg([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])


def test_sidak_levels_hold_together():
    assert stats.sidak_level(0.95, 10) ** 10 == pytest.approx(0.95)
    assert stats.sidak_level(0.95, 1) == 0.95
