"""The model that the attack is tried on: what it must not see."""

from __future__ import annotations

import numpy as np

from auditkit.plugins.privacy.membership.reference import placebo_scores
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
    scores = placebo_scores(values, classes, 2, half)
    assert abs(area(scores[300:], np.arange(600) < 300) - 0.5) < 0.05
    assert (scores <= 0).all()
    alone = placebo_scores(values, np.zeros(900, dtype=int), 2, half)
    np.testing.assert_array_equal(alone, 0)
