"""The models that the attack is tried on: what they must not see, and what is said to differ."""

from __future__ import annotations

import numpy as np

from auditkit.plugins.privacy.membership.self_tests import Trials, stand_in_scores
from auditkit.stats import auc


def area(scores: np.ndarray, positive: np.ndarray) -> float:
    measured = auc(scores, positive)
    assert measured is not None
    return measured.value


def test_the_placebo_knows_its_own_half_only() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(0, 1, (900, 3))
    classes = (values[:, 0] + rng.normal(0, 1, 900) > 0).astype(int)
    half = np.arange(900) < 300
    scores = stand_in_scores(values, classes, 2, half)
    assert abs(area(scores[300:], np.arange(600) < 300) - 0.5) < 0.05
    assert (scores <= 0).all()
    alone = stand_in_scores(values, np.zeros(900, dtype=int), 2, half)
    np.testing.assert_array_equal(alone, 0)


def trials(blind: float, placebo: float, seed: int, rows: int = 1000) -> Trials:
    """Members whose scores lie higher by so many standard deviations."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 1, 4 * rows)
    scores[:rows] += blind
    unit = np.arange(2 * rows)
    return Trials(scores[: 2 * rows], scores[2 * rows : 3 * rows] + placebo, scores[3 * rows :], unit, unit)


def test_a_difference_is_said_where_there_is_one_and_hardly_ever_where_there_is_none() -> None:
    assert all(trials(0.3, 0, seed).apart and not trials(0.3, 0, seed).alike for seed in range(10))
    assert all(trials(0, sign * 0.3, seed).apart for seed in range(10) for sign in (1, -1))
    nothing = [trials(0, 0, seed) for seed in range(60)]
    assert sum(trial.apart for trial in nothing) <= 2
    assert sum(trial.alike for trial in nothing) >= 35


def test_a_blind_classifier_that_is_worse_than_chance_recognises_nobody() -> None:
    assert not trials(-0.5, 0, 0).apart
