"""Texts as parts that can be left out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from auditkit.plugins.explanations.shared.words import parts, words

TEXT = "It's good. Really, very GOOD!\nBut too long"


def test_words_are_what_lime_splits_by():
    assert words(TEXT).words == ("it", "s", "good", "really", "very", "good", "but", "too", "long")
    kept = [True, True, False, True, True, False, True, True, True]
    assert words(TEXT).without(kept) == "It's . Really, very !\nBut too long"


def test_longer_texts_are_sentences_and_then_runs_of_words():
    assert parts(TEXT, 9).kind == "words"
    sentences = parts(TEXT, 8)
    assert sentences.kind == "sentences" and len(sentences.spans) == 3
    assert sentences.without([False, True, False]) == " Really, very GOOD!\n"
    runs = parts(TEXT, 2)
    assert runs.kind == "runs of words" and runs.words == ("it's good. really", "very good!\nbut too long")


@pytest.mark.parametrize("text", ["", " ... !", "\n"])
def test_a_text_without_words_has_no_parts(text):
    assert parts(text, 5).spans == () and parts(text, 5).without([]) == text


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.integers(2, 8))
def test_every_text_is_kept_whole_and_has_no_more_parts_than_asked_for(text, most):
    cut = parts(text, most)
    assert len(cut.spans) <= most and cut.without([True] * len(cut.spans)) == text
    flat = [end for span in cut.spans for end in span]
    assert flat == sorted(flat) and all(start < end for start, end in cut.spans)
    if cut.kind == "words":
        empty = cut.without([False] * len(cut.spans))
        assert words(empty).spans == ()
