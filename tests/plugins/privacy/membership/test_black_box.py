"""An attacker who learns from known members: what answers tell is found on the others, and nothing where none do."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.art import quiet, require_art
from auditkit.data import AuditData
from auditkit.plugins.privacy.membership.attack import gap_scores
from auditkit.plugins.privacy.membership.black_box import black_box_scores
from auditkit.plugins.privacy.membership.members import Side, Sides
from auditkit.plugins.privacy.shared.overlap import overlap
from auditkit.stats import auc

ROWS = 300


def sides(leak: float) -> Sides:
    """Members are given a higher chance of their own class where there is a leak."""
    rng = np.random.default_rng(0)
    data, parts = AuditData(np.zeros((2, 1)), labels=[0, 1], positive=1), []
    for side in (1, 0):
        truth = rng.integers(0, 2, ROWS)
        chances = 1 / (1 + np.exp(-rng.normal(leak * side, 1, ROWS)))
        answers = np.where(truth[:, None] == [0, 1], chances[:, None], 1 - chances[:, None])
        half = np.arange(ROWS) % 2 == 0
        places, values = np.arange(ROWS), np.zeros((ROWS, 1))
        parts.append(Side(data, places, chances, truth, chances > 0.5, answers, values, places, half))
    return Sides(*parts, np.zeros(1, dtype=bool), 2, 0, overlap(data, data), "probabilities")


@pytest.mark.parametrize(("leak", "low", "high"), [(2.0, 0.8, 1.0), (0.0, 0.4, 0.6)])
def test_what_answers_tell_is_found_on_rows_that_the_attacker_was_not_told(
    leak: float, low: float, high: float
) -> None:  # fmt: skip
    both = sides(leak)
    scores = black_box_scores(both, 0)
    assert np.isnan(scores[both.half]).all()
    judged = ~both.half
    area = auc(scores[judged], both.is_member[judged])
    assert area is not None and low < area.value < high
    np.testing.assert_array_equal(scores, black_box_scores(both, 0))


def test_the_gap_attack_is_that_of_art() -> None:
    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(0, 1, (60, 2)), rng.integers(0, 2, 60)

    def predict(rows: np.ndarray) -> np.ndarray:
        return np.eye(2)[(rows[:, 0] > 0).astype(int)]

    blackbox = require_art("art.estimators.classification.blackbox")
    inference = require_art("art.attacks.inference.membership_inference")
    with quiet():
        target = blackbox.BlackBoxClassifierNeuralNetwork(predict, (2,), 2)
        of_art = inference.LabelOnlyGapAttack(target).infer(inputs, labels)
    np.testing.assert_array_equal(gap_scores((inputs[:, 0] > 0) == labels), np.asarray(of_art).ravel())
