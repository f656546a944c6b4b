"""Agreement of two explanations, by hand and against plain sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.plugins.explanations.quality.agreement import agreement, strongest


def test_agreement_by_hand():
    values = np.array([[5.0, -4.0, 3.0, 0.1, 0.0, 0.2]])
    others = np.array([[4.0, 5.0, 0.1, -3.0, 0.0, 0.2]])
    # of three each they share 0 and 1; 1 has another sign; none has its place
    outcome = agreement(values, others, 3)
    assert (outcome.feature[0], outcome.sign[0], outcome.rank[0]) == pytest.approx((2 / 3, 1 / 3, 0))
    itself = agreement(values, values, 3)
    assert (itself.feature[0], itself.sign[0], itself.rank[0]) == (1, 1, 1)
    assert agreement(values, -values, 3).sign[0] == 0


@pytest.mark.parametrize("blank", [np.zeros((1, 6)), np.full((1, 6), 2.0)])
def test_two_blanks_agree_on_nothing_and_one_blank_agrees_with_nobody(blank):
    values = np.array([[5.0, -4.0, 3.0, 0.1, 0.0, 0.2]])
    assert np.isnan(agreement(blank, blank)).all()
    assert agreement(values, blank).feature[0] == 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(1, 6))
def test_agreement_is_that_of_plain_sets(seed, features, most):
    values, others = np.random.default_rng(seed).normal(size=(2, 3, features))
    outcome, size = agreement(values, others, most), max(1, min(most, features // 2))
    for row in range(3):
        orders = [list(np.argsort(-np.abs(array[row]))[:size]) for array in (values, others)]
        shared = set(orders[0]) & set(orders[1])
        assert outcome.feature[row] == pytest.approx(len(shared) / size)
        same_sign = [feature for feature in shared if np.sign(values[row, feature]) == np.sign(others[row, feature])]
        assert outcome.sign[row] == pytest.approx(len(same_sign) / size)
        same_place = [place for place in range(size) if orders[0][place] == orders[1][place]]
        assert outcome.rank[row] == pytest.approx(len(same_place) / size)
        assert outcome.rank[row] <= outcome.feature[row] and outcome.sign[row] <= outcome.feature[row]


def test_equals_at_the_border_are_not_named():
    assert strongest(np.array([[3.0, 1.0, 1.0, 1.0, 0.0, 0.0]]), 2).tolist() == [[True] + [False] * 5]
    assert strongest(np.array([[3.0, 0.0, 0.0, 0.0, 0.0, 0.0]]), 3).sum() == 1
    assert strongest(np.array([[3.0]])).tolist() == [[True]]
