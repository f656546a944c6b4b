"""Intervals for what is lost on the same rows, against slow ways and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from scipy import stats as laws

from auditkit.plugins.robustness.corruptions.between import widest
from auditkit.plugins.robustness.corruptions.paired import (
    drop_interval,
    mcnemar,
    mean_interval,
    relative_drop_interval,
    score,
)


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
    assert score(lost, gained, n, gap) == pytest.approx(slow_score(lost, gained, n, gap), rel=1e-4, abs=1e-4)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 100))
def test_the_interval_leaves_zero_out_where_mcnemar_rejects(lost, gained, same):
    n = lost + gained + same
    if not n:
        return
    ends = drop_interval(lost, gained, n)
    assert -1 <= ends.low <= (lost - gained) / n <= ends.high <= 1
    z = abs(lost - gained) / np.sqrt(lost + gained) if lost + gained else 0.0
    if abs(z - 1.959964) > 1e-3:
        assert (ends.low > 0 or ends.high < 0) == (z > 1.959964)


def test_the_interval_covers_in_simulations():
    rng, hits = np.random.default_rng(0), 0
    for _ in range(600):
        lost, gained, _ = rng.multinomial(50, [0.15, 0.05, 0.8])
        ends = drop_interval(int(lost), int(gained), 50)
        hits += ends.low <= 0.1 <= ends.high
    assert hits / 600 > 0.92


def test_mcnemar_by_hand():
    assert mcnemar(8, 2) == pytest.approx(2 * laws.binom.cdf(2, 10, 0.5))
    assert mcnemar(0, 0) == 1.0


@pytest.mark.parametrize(("lost", "gained", "n"), [(-1, 0, 5), (3, 3, 5), (0, 0, 0)])
def test_impossible_counts_are_refused(lost, gained, n):
    with pytest.raises(ValueError, match="lost and gained"):
        drop_interval(lost, gained, n)


def test_the_relative_drop_agrees_with_a_bootstrap():
    rng = np.random.default_rng(0)
    before = rng.random(600) < 0.85
    after = np.where(before, rng.random(600) < 0.8, rng.random(600) < 0.2).astype(float)
    ends = relative_drop_interval(before, after)
    draws = []
    for _ in range(4000):
        at = rng.integers(600, size=600)
        draws.append(1 - after[at].mean() / before[at].mean())
    assert (ends.low, ends.high) == pytest.approx(tuple(np.quantile(draws, [0.025, 0.975])), abs=0.006)


def test_no_relative_drop_from_next_to_nothing():
    before = np.zeros(60, dtype=bool)
    before[0] = True
    assert relative_drop_interval(before, before.astype(float)) is None
    assert relative_drop_interval(np.ones(10, dtype=bool), np.ones(10)) is None, "too few rows"


def test_means_of_shares_stay_between_0_and_1_and_are_never_certain():
    for values in (np.ones(40), np.zeros(40), np.array([0.9] * 39 + [1.0])):
        ends = mean_interval(values)
        assert 0 <= ends.low < ends.high <= 1


def test_the_widest_difference_by_hand():
    values = np.array([0.0] * 50 + [0.5] * 50 + [1.0] * 50)
    found = widest(values, np.repeat([0, 1, 2], 50), 199, np.random.default_rng(0))
    assert (
        found.value == 1.0 and found.p == pytest.approx(1 / 200) and 0.9 < found.interval.low < 1 < found.interval.high
    )


def test_like_groups_are_told_apart_in_one_of_twenty_and_the_interval_reaches_zero():
    rng = np.random.default_rng(1)
    p, low = [], []
    for _ in range(200):
        found = widest(rng.choice([0.0, 0.5, 1.0], 120), rng.integers(0, 3, 120), 99, rng)
        p.append(found.p)
        low.append(found.interval.low)
    assert np.mean(np.array(p) <= 0.05) < 0.1 and np.mean(np.array(low) == 0) > 0.92
