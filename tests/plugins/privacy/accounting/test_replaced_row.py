"""The privacy loss of a step in which a row is replaced, against draws and integrals."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from auditkit.plugins.privacy.accounting.replaced_row import ReplacedRow, replaced_moments


def test_where_every_row_takes_part_the_moments_are_those_of_two_normals() -> None:
    """Of N(1, s^2) against N(-1, s^2) at order a: 2 a / s^2."""
    orders = np.array([1.1, 2.0, 8.5, 63.0])
    for sigma in (0.5, 1.0, 7.0):
        np.testing.assert_allclose(replaced_moments(sigma, 1.0, orders), 2 * orders / sigma**2, rtol=1e-9)


def test_moments_by_hand_at_order_two() -> None:
    """At order 2 the divergence is log of the mean of the ratio, here by a plain sum."""
    points = np.linspace(-40, 40, 200_001)
    near, far = ((0.7 * stats.norm.pdf(points, 0, 1.3) + 0.3 * stats.norm.pdf(points, c, 1.3)) for c in (1, -1))
    expected = math.log(float((near**2 / far).sum() * (points[1] - points[0])))
    assert math.isclose(replaced_moments(1.3, 0.3, np.array([2.0]))[0], expected, rel_tol=1e-6)


def test_the_losses_are_distributed_as_draws_are() -> None:
    rng = np.random.default_rng(0)
    sigma, rate = 0.9, 0.2
    draws = rng.normal(0, sigma, 200_000) + (rng.random(200_000) < rate)
    near, far = ((1 - rate) * stats.norm.pdf(draws, 0, sigma) + rate * stats.norm.pdf(draws, c, sigma) for c in (1, -1))
    losses = np.log(near / far)
    limits = np.array([-1.0, -0.1, 0.0, 0.05, 0.5, 2.0])
    seen = (losses[:, None] <= limits).mean(0)
    np.testing.assert_allclose(ReplacedRow(rate, sigma).cdf(limits), seen, atol=0.006)
