"""Ridge in closed form against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.linear_model import Ridge

from auditkit.plugins.explanations.lime.ridge import ridge


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 3), st.floats(1e-3, 1e3))
def test_it_is_that_of_scikit_learn_for_all_outputs_at_once(seed, width, outputs, scale):
    rng = np.random.default_rng(seed)
    features, weights = (rng.random((60, width)) < 0.5).astype(float), rng.random(60)
    answers = scale * (rng.normal(size=(60, outputs)) + features[:, :1]) + 3
    fit = ridge(features, weights, answers)
    for column in range(outputs):
        slow = Ridge(alpha=1).fit(features, answers[:, column], sample_weight=weights)
        np.testing.assert_allclose(fit.coefficients[:, column], slow.coef_, rtol=1e-7, atol=1e-9 * scale)
        assert fit.intercepts[column] == pytest.approx(slow.intercept_, rel=1e-7, abs=1e-9 * scale)
        r2 = slow.score(features, answers[:, column], sample_weight=weights)
        assert fit.r2[column] == pytest.approx(r2, abs=1e-9)


def test_by_hand():
    # two points a unit apart: slope 1 without a penalty; Gram 0.5, penalty 1, moment 0.5
    fit = ridge(np.array([[0.0], [1.0]]), np.ones(2), np.array([[0.0], [1.0]]))
    assert fit.coefficients[0, 0] == pytest.approx(1 / 3)
    assert fit.intercepts[0] == pytest.approx(1 / 3)


def test_an_output_that_never_changes_has_no_r2():
    fit = ridge(np.eye(4), np.ones(4), np.column_stack([np.full(4, 0.3), np.arange(4.0)]))
    assert np.isnan(fit.r2[0]) and fit.r2[1] > 0
    assert fit.coefficients[:, 0] == pytest.approx(np.zeros(4))
