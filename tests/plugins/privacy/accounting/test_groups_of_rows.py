"""Epsilon of several rows together: direct integrals, the closed form, and what follows from one row."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from auditkit.errors import ConfigError
from auditkit.plugins.privacy.accounting.groups_of_rows import epsilon_of_rows, group_bound
from auditkit.plugins.privacy.accounting.spent import spent
from tests.plugins.privacy.accounting.test_accountants import gaussian_epsilon, integrated_epsilon


@pytest.mark.parametrize(("noise", "rate", "rows"), [(1.0, 0.05, 2), (2.0, 0.3, 5)])
def test_one_step_is_the_direct_integral(noise: float, rate: float, rows: int) -> None:
    points = np.linspace(-12 * noise - 1, 12 * noise + rows + 1, 400_001)
    width = points[1] - points[0]
    out = stats.norm.pdf(points, 0, noise) * width
    together = sum(
        stats.binom.pmf(count, rows, rate) * stats.norm.pdf(points, count, noise) * width for count in range(rows + 1)
    )
    exact = max(integrated_epsilon(together, out, 1e-5), integrated_epsilon(out, together, 1e-5))  # type: ignore[arg-type]
    assert exact - 1e-6 <= epsilon_of_rows(noise, rate, 1, 1e-5, rows).epsilon <= exact * 1.005


def test_where_every_row_takes_part_k_rows_move_the_sum_k_times_as_far() -> None:
    exact = gaussian_epsilon(3 * math.sqrt(4) / 5.0, 1e-5)
    assert exact <= epsilon_of_rows(5.0, 1.0, 4, 1e-5, 3).epsilon <= exact * 1.005


def test_more_rows_are_promised_less_and_one_row_what_is_reported() -> None:
    costs = [epsilon_of_rows(1.5, 0.02, 100, 1e-5, rows).epsilon for rows in (1, 2, 4)]
    assert math.isclose(costs[0], spent(((1.5, 0.02, 100),), 1e-5).reported, rel_tol=1e-6)
    assert costs == sorted(costs) and costs[1] > 1.5 * costs[0]
    assert epsilon_of_rows(1.5, 0.02, 0, 1e-5, 4).epsilon == 0


def test_replaced_rows_and_crowds_are_promised_what_follows_from_one() -> None:
    one = spent(((3.0, 0.01, 100),), 1e-9, "replace").reported
    three = epsilon_of_rows(3.0, 0.01, 100, 1e-9, 3, "replace")
    assert math.isclose(three.epsilon, 3 * one, rel_tol=1e-3)
    assert math.isclose(three.delta, 3 * math.exp(2 * one) * 1e-9, rel_tol=1e-2) and "k epsilon" in three.method
    assert "k epsilon" in epsilon_of_rows(3.0, 0.01, 100, 1e-9, 65).method
    assert group_bound(2.0, 1e-5, 10) == (math.inf, 1.0, "k epsilon at k e^((k - 1) epsilon) delta"), "nothing is left"


def test_no_rows_are_refused() -> None:
    with pytest.raises(ConfigError, match="rows must be at least 1"):
        epsilon_of_rows(1.0, 0.1, 10, 1e-5, 0)
