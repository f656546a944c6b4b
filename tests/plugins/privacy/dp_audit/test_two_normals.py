"""Hockey-stick divergence of two normals: the closed form, integrals, and what any divergence must do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from auditkit.plugins.privacy.dp_audit.two_normals import hockey_stick, normal_epsilon
from tests.plugins.privacy.accounting.test_accountants import gaussian_epsilon

POINTS = np.linspace(-60, 60, 1_000_001)


@pytest.mark.parametrize("mu", [0.05, 0.3, 1.0, 3.0])
def test_of_one_spread_it_is_the_closed_form(mu: float) -> None:
    """Balle and Wang 2018; mu 1 at 1e-5 is 4.377."""
    for delta in (1e-3, 1e-5, 1e-9):
        assert math.isclose(
            float(normal_epsilon(mu, 1.0, 1.0, delta)), gaussian_epsilon(mu, delta), rel_tol=1e-6, abs_tol=1e-9
        )  # type: ignore[arg-type]
    assert math.isclose(float(normal_epsilon(1.0, 1.0, 1.0, 1e-5)), 4.3772, abs_tol=1e-4)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("gap", "first", "second", "epsilon"),
    [
        (1, 1.2, 1, 1.0),
        (1, 0.8, 1, 1.0),
        (0, 1.3, 1, 0.5),
        (0, 0.5, 1, 0.3),
        (5, 2, 1, 8.0),
        (-2, 1, 1, 1.0),
        (1, 1, 3, 9.0),
        (0, 1.5, 1, 0.0),
    ],
)
def test_it_is_the_direct_integral(gap: float, first: float, second: float, epsilon: float) -> None:
    densities = stats.norm.pdf(POINTS, gap, first) - math.exp(epsilon) * stats.norm.pdf(POINTS, 0, second)
    integral = float(np.maximum(densities, 0).sum() * (POINTS[1] - POINTS[0]))
    parts = (np.array(float(part)) for part in (epsilon, gap, first, second))
    assert math.isclose(float(hockey_stick(*parts)), integral, rel_tol=1e-6, abs_tol=1e-9)


def test_the_larger_direction_counts_and_units_do_not() -> None:
    gaps, wide, narrow = np.array([0.5, 1.0, 2.0]), np.array(1.5), np.array(1.0)
    there = normal_epsilon(gaps, wide, narrow, 1e-5)
    np.testing.assert_allclose(there, normal_epsilon(gaps, narrow, wide, 1e-5), rtol=1e-9)
    np.testing.assert_allclose(there, normal_epsilon(7 * gaps, 7 * wide, 7 * narrow, 1e-5), rtol=1e-9)
    assert (np.diff(there) > 0).all() and normal_epsilon(0.0, 1.0, 1.0, 1e-5) == 0  # type: ignore[arg-type]
