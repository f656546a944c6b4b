"""Words that enough texts hold."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.plugins.explanations.text.frequent_words import frequent_words

WORDS = [("good", "good", "film"), ("good", "bad"), ("bad", "4711x", "film"), ("film", "smith")]
VALUES = [np.array([1.0, 0.5, 0.0]), np.array([2.0, -4.0]), np.array([-2.0, 9.0, 0.0]), np.array([0.0, 5.0])]


def test_the_sums_of_a_word_by_hand():
    listed = frequent_words(WORDS, VALUES, 2)
    assert [entry.word for entry in listed] == ["bad", "good"]
    assert listed[0].sums == pytest.approx([-4, -2]) and listed[1].sums == pytest.approx([1.5, 2])


def test_words_of_few_texts_numbers_and_words_that_move_nothing_are_not_listed():
    assert {entry.word for entry in frequent_words(WORDS, VALUES, 1)} == {"bad", "good", "smith"}
    assert frequent_words(WORDS, VALUES, 4) == []
    assert frequent_words([("x" * 31,)] * 3, [np.ones(1)] * 3, 1) == []
