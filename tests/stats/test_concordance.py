"""Concordance of risks and censored times: by hand, against all pairs, and how often its interval holds."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.stats.concordance import concordance
from auditkit.stats.follow_up import uno_weights


def slow(times, events, risk, before=None, weights=None):
    """All pairs, one by one."""
    before = np.ones(len(times)) if before is None else before
    weights = np.ones(len(times)) if weights is None else weights
    top = base = 0.0
    for i in range(len(times)):
        for j in range(len(times)):
            later = times[j] > times[i] or (times[j] == times[i] and not events[j])
            if events[i] and later and i != j:
                mass = before[i] * weights[i] * weights[j]
                base += mass
                top += mass * (1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0)
    return top / base


def test_five_people_by_hand():
    times, events = np.array([1, 2, 3, 4, 5.0]), np.array([1, 0, 1, 1, 0], dtype=bool)
    risk = np.array([3, 5, 4, 1, 2.0])
    # pairs: 1 with 2, 3, 4, 5 (lower, lower, higher, higher); 3 with 4, 5 (higher); 4 with 5 (lower): 4 of 7
    assert concordance(times, events, risk).value == pytest.approx(4 / 7)
    # G(1-) = 1; at 2 one of four is lost, so that G(3-) = G(4-) = 3/4 and 1/G² = 16/9
    assert uno_weights(times, events).tolist() == pytest.approx([1, 0, 16 / 9, 16 / 9, 0])
    by_hand = (2 + 2 * 16 / 9) / (4 + 3 * 16 / 9)
    assert concordance(times, events, risk, uno_weights(times, events)).value == pytest.approx(by_hand)


@pytest.mark.parametrize("seed", range(8))
def test_ties_weights_and_censoring_are_as_in_the_loop_over_pairs(seed):
    rng = np.random.default_rng(seed)
    times, events = rng.integers(1, 12, 60).astype(float), rng.random(60) < 0.6
    risk, weights, before = rng.integers(0, 9, 60).astype(float), rng.random(60) + 0.2, rng.random(60) + 0.5
    assert concordance(times, events, risk).value == pytest.approx(slow(times, events, risk))
    fast = concordance(times, events, risk, before, weights)
    assert fast.value == pytest.approx(slow(times, events, risk, before, weights))
    assert fast.terms.mean() == pytest.approx(fast.value)
    # turned round, what was right is wrong
    assert concordance(times, events, -risk).value == pytest.approx(1 - concordance(times, events, risk).value)


def test_terms_are_what_is_lost_where_a_person_weighs_a_little_less():
    rng = np.random.default_rng(1)
    times, events, risk = rng.exponential(1, 40), rng.random(40) < 0.7, rng.normal(size=40)
    whole = concordance(times, events, risk)
    for person in (0, 7, 31):
        weights = np.ones(40)
        weights[person] -= 1e-6
        moved = (whole.value - concordance(times, events, risk, None, weights).value) / 1e-6
        assert moved == pytest.approx((whole.terms[person] - whole.value) / 40, abs=1e-5)


def test_nobody_to_compare_gives_nothing_and_no_spread_no_interval():
    assert concordance(np.ones(5), np.zeros(5, dtype=bool), np.arange(5.0)) is None
    perfect = concordance(np.arange(40.0), np.ones(40, dtype=bool), -np.arange(40.0))
    assert perfect.value == 1 and perfect.interval() is None


def test_the_interval_holds_the_concordance_of_everybody():
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        risk = rng.normal(size=120)
        death, lost = rng.exponential(np.exp(-risk)), rng.exponential(3.0, 120)
        whole = concordance(np.minimum(death, lost), death <= lost, risk)
        interval = whole.interval()
        held += interval.low <= 0.7313 <= interval.high
    assert 180 <= held <= 199


def test_a_hundred_thousand_people_are_no_loop_over_pairs():
    rng = np.random.default_rng(0)
    times, events, risk = rng.exponential(1, 100_000), rng.random(100_000) < 0.5, rng.normal(size=100_000)
    assert concordance(times, events, risk).value == pytest.approx(0.5, abs=0.01)
