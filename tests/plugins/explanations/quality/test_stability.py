"""Stability over repetitions, by hand, and explanations that must not pass for stable."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from auditkit.plugins.explanations.quality.stability import top_jaccard


def test_jaccard_is_that_of_plain_sets():
    values = np.random.default_rng(0).normal(size=(4, 5, 10)) + np.linspace(0, 2, 10)
    for row, index in enumerate(top_jaccard(values)):
        sets = [set(np.argsort(-np.abs(repetition[row]))[:5]) for repetition in values]
        pairs = [len(a & b) / len(a | b) for a, b in itertools.combinations(sets, 2)]
        assert index == pytest.approx(np.mean(pairs))


def test_by_hand():
    # two of four features each, one of them in both: 1 of 3
    values = np.array([[[4.0, 3, 0, 0]], [[4.0, 0, 3, 0]]])
    assert top_jaccard(values)[0] == pytest.approx(1 / 3)
    assert top_jaccard(np.stack([values[0]] * 3))[0] == 1


@pytest.mark.parametrize("planted", [np.zeros((10, 3, 8)), np.full((10, 3, 8), 0.4)])
def test_zeros_and_constants_are_not_stable_but_say_nothing(planted):
    assert np.isnan(top_jaccard(planted)).all()


def test_a_repetition_that_says_nothing_is_no_agreement():
    values = np.tile(np.arange(8.0), (10, 1, 1))
    values[5:] = 0
    # 10 of 45 pairs agree
    assert top_jaccard(values)[0] == pytest.approx(10 / 45)


def test_one_repetition_is_refused():
    with pytest.raises(ValueError, match=r"at least 2 repetitions.*1 was given"):
        top_jaccard(np.ones((1, 2, 3)))
