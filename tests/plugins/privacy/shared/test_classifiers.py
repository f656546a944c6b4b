"""The classifiers that auditkit fits itself: what each sees and what it must not see."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.plugins.privacy.shared.classifiers import blind_scores, fitted, out_of_fold, prepare
from auditkit.stats import auc


def area(scores: np.ndarray, positive: np.ndarray) -> float:
    measured = auc(scores, positive)
    assert measured is not None
    return measured.value


@pytest.mark.parametrize("features", [5, 300])
def test_the_blind_classifier_sees_a_shift_and_nothing_where_there_is_none(features: int) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, (1200, features))
    member = np.arange(1200) < 600
    labels = rng.integers(0, 2, 1200)
    names = np.zeros(features, dtype=bool)
    assert abs(area(blind_scores(values, names, labels, member, 0, np.arange(len(member))), member) - 0.5) < 0.06
    shifted = values + 0.6 * member[:, None] * (np.arange(features) < 5)
    assert area(blind_scores(shifted, names, labels, member, 0, np.arange(len(member))), member) > 0.7


def test_the_blind_classifier_sees_labels() -> None:
    rng = np.random.default_rng(1)
    member = np.arange(1000) < 500
    labels = np.where(member, rng.random(1000) < 0.8, rng.random(1000) < 0.2).astype(int)
    scores = blind_scores(
        rng.normal(0, 1, (1000, 3)), np.zeros(3, dtype=bool), labels, member, 0, np.arange(len(member))
    )
    assert area(scores, member) > 0.75


def test_a_row_is_answered_without_having_been_seen() -> None:
    """Labels by lot: a classifier that had seen them would be right more often than not."""
    rng = np.random.default_rng(2)
    values, classes = rng.normal(0, 1, (500, 4)), rng.integers(0, 2, 500)
    out_of_fold_scores = out_of_fold(values, classes, 2, 0, np.arange(500))
    on_seen_rows = fitted(values, classes, 2, 0)(values)
    assert np.mean(out_of_fold_scores.argmax(1) == classes) < 0.58 < 0.7 < np.mean(on_seen_rows.argmax(1) == classes)
    np.testing.assert_allclose(out_of_fold_scores.sum(1), 1)


def test_rows_of_a_person_are_held_out_together() -> None:
    """Each person is recognised by their own rows: who saw another row of theirs knows the label drawn by lot."""
    rng = np.random.default_rng(5)
    person = np.repeat(np.arange(60), 10)
    values = rng.normal(0, 1, (60, 3))[person] + rng.normal(0, 0.01, (600, 3))
    classes = rng.integers(0, 2, 60)[person]
    together, apart = (out_of_fold(values, classes, 2, 0, unit) for unit in (person, np.arange(600)))
    assert np.mean(apart.argmax(1) == classes) > 0.9 > 0.7 > np.mean(together.argmax(1) == classes)


def test_rare_and_single_classes() -> None:
    values = np.random.default_rng(3).normal(0, 1, (60, 2))
    classes = np.zeros(60, dtype=int)
    np.testing.assert_array_equal(out_of_fold(values, classes, 3, 0, np.arange(60))[:, 0], 1)
    classes[0] = 2
    chances = out_of_fold(values, classes, 3, 0, np.arange(60))
    np.testing.assert_allclose(chances.sum(1), 1)
    assert (chances[:, 1] == 0).all()


def test_wide_inputs_are_expanded_and_narrow_ones_are_not() -> None:
    narrow, wide = np.full((4, 5), np.nan), np.full((4, 300), np.nan)
    assert np.isnan(prepare(narrow, np.zeros(5, dtype=bool))).all()
    assert not np.isnan(prepare(wide, np.zeros(300, dtype=bool))).any()


def test_a_column_without_a_value_is_nothing_to_learn_from():
    values = np.column_stack([np.arange(60.0), np.full(60, np.nan)])
    classes = (np.arange(60) > 29).astype(np.int64)
    both, alone = (fitted(part, classes, 2, 0)(part) for part in (values, values[:, :1]))
    assert both == pytest.approx(alone)
