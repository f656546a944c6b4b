"""How long people are followed, and who stands for those who were lost: by hand, and by Kaplan-Meier curves."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from auditkit.stats.follow_up import horizon_weights, keys_of, staying, uno_weights


def test_five_people_by_hand():
    # events at 1, 3 and 4; last seen at 2 and 5
    times, events = np.array([1, 2, 3, 4, 5.0]), np.array([1, 0, 1, 1, 0], dtype=bool)
    had, known = horizon_weights(times, events, 3.5)
    # at 2 one of the four who are left is lost: who is seen after that stands for 4 / 3 people
    assert had.tolist() == [True, False, True, False, False]
    assert known.tolist() == pytest.approx([1, 0, 4 / 3, 4 / 3, 4 / 3])
    assert np.mean(known * had) == pytest.approx(1 - (4 / 5) * (2 / 3))  # one less the Kaplan-Meier estimate


def test_of_equal_times_events_come_first():
    times, events = np.array([2, 2, 2, 4.0]), np.array([True, False, True, True])
    assert keys_of(times, events).tolist() == [0, 1, 0, 2]
    # of two who are left at 2 one is lost then, and who had the event at 2 was followed for certain
    assert staying(times, events).until(keys_of(times, events)).tolist() == pytest.approx([1, 1, 1, 0.5])


@pytest.mark.parametrize("seed", range(5))
def test_the_weighted_share_is_one_less_the_kaplan_meier_estimate(seed):
    rng = np.random.default_rng(seed)
    times, events = rng.integers(1, 20, 80).astype(float), rng.random(80) < 0.6
    for weights in (None, rng.integers(1, 4, 80).astype(float)):
        curve = SurvfuncRight(times, events.astype(int), freq_weights=weights)
        for horizon in (3.0, 8.5, 15.0):
            had, known = horizon_weights(times, events, horizon, weights)
            left = curve.surv_prob[np.searchsorted(curve.surv_times, horizon, side="right") - 1]
            assert np.average(known * had, weights=weights) == pytest.approx(1 - left)
            assert np.average(known, weights=weights) == pytest.approx(1)


def test_without_anybody_lost_all_count_once():
    times = np.arange(1, 6.0)
    had, known = horizon_weights(times, np.ones(5, dtype=bool), 3)
    assert had.sum() == 3 and known.tolist() == [1] * 5
    assert uno_weights(times, np.ones(5, dtype=bool), 3).tolist() == [1, 1, 1, 0, 0]
