"""The difference of two shares of the same rows, against a slow way and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import optimize, stats as laws

from auditkit.stats import mcnemar, paired_difference_interval, paired_score


def slow_score(lost, gained, n, gap):
    """Tango's statistic with the constrained estimate looked for by a minimiser."""

    def against(gains):
        with np.errstate(divide="ignore", invalid="ignore"):
            cells = ((lost, gains + gap), (gained, gains), (n - lost - gained, 1 - 2 * gains - gap))
            return -sum(count * np.log(p) if count else 0.0 for count, p in cells)

    low, high = max(0.0, -gap), (1 - gap) / 2
    best = optimize.minimize_scalar(
        against, bounds=(low + 1e-12, high - 1e-12), method="bounded", options={"xatol": 1e-12}
    )
    variance = n * (2 * best.x + gap - gap * gap)
    return (lost - gained - n * gap) / np.sqrt(variance)


@pytest.mark.parametrize(("lost", "gained", "n"), [(12, 3, 100), (1, 9, 44), (5, 5, 30), (40, 2, 60)])
@pytest.mark.parametrize("gap", [-0.2, 0.0, 0.05, 0.3])
def test_the_score_is_that_of_the_constrained_likelihood(lost, gained, n, gap):
    assert paired_score(lost, gained, n, gap) == pytest.approx(slow_score(lost, gained, n, gap), rel=1e-4, abs=1e-4)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 100))
def test_the_interval_leaves_zero_out_where_mcnemar_rejects(lost, gained, same):
    n = lost + gained + same
    if not n:
        return
    ends = paired_difference_interval(lost, gained, n)
    assert -1 <= ends.low <= (lost - gained) / n <= ends.high <= 1
    z = abs(lost - gained) / np.sqrt(lost + gained) if lost + gained else 0.0
    if abs(z - 1.959964) > 1e-3:
        assert (ends.low > 0 or ends.high < 0) == (z > 1.959964)


def test_the_interval_covers_in_simulations():
    rng, hits = np.random.default_rng(0), 0
    for _ in range(600):
        lost, gained, _ = rng.multinomial(50, [0.15, 0.05, 0.8])
        ends = paired_difference_interval(int(lost), int(gained), 50)
        hits += ends.low <= 0.1 <= ends.high
    assert hits / 600 > 0.92


def test_mcnemar_by_hand():
    assert mcnemar(8, 2) == pytest.approx(2 * laws.binom.cdf(2, 10, 0.5))
    assert mcnemar(0, 0) == 1.0


@pytest.mark.parametrize(("lost", "gained", "n"), [(-1, 0, 5), (3, 3, 5), (0, 0, 0)])
def test_impossible_counts_are_refused(lost, gained, n):
    with pytest.raises(ValueError, match="first and second"):
        paired_difference_interval(lost, gained, n)
