"""How much of an answer its passages hold, when it declines, and how far it agrees with its references."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.case_scores.texts import tokens
from auditkit.data.listed_texts import several
from auditkit.plugins.language.grounding.agreement import matches, shared_words
from auditkit.plugins.language.grounding.declines import declines
from auditkit.plugins.language.grounding.function_words import FUNCTION_WORDS
from auditkit.plugins.language.grounding.support import claims, sentence_support, word_support

PASSAGES = (
    "The Halvor bridge was opened in 1931. It spans 412 metres.",
    "Its engineer was Marta Lind, who also built the harbour of Osby.",
)
QUESTION = "When was the Halvor bridge opened?"


def test_words_by_hand():
    answer = "The Halvor bridge was opened in 1931 by king Oskar."
    assert claims(answer, QUESTION) == ["1931", "king", "oskar"]
    assert word_support(answer, PASSAGES, QUESTION) == pytest.approx(1 / 3)
    assert word_support("In 1931.", PASSAGES, QUESTION) == 1
    # the question's own words claim nothing
    assert np.isnan(word_support("The Halvor bridge.", PASSAGES, QUESTION))
    assert word_support("In 1931.", ()) == 0


def test_sentences_by_hand():
    answer = "It opened in 1931. Marta Lind built it. King Oskar cut the ribbon."
    assert sentence_support(answer, PASSAGES, QUESTION) == pytest.approx(2 / 3)
    # words of one passage, but a number of the other: no single passage supports it
    assert sentence_support("Marta Lind also built the harbour of Osby in 1931.", PASSAGES, QUESTION) == 0
    # nine of ten words are there, and the number is not
    long = "Engineer Marta Lind also built the harbour of Osby, Halvor, metres, spans: 1932."
    assert sentence_support(long, (" ".join(PASSAGES),), enough=0.8) == 0
    assert np.isnan(sentence_support("It is that.", PASSAGES, QUESTION))


def test_a_number_that_points_to_a_passage_claims_nothing():
    assert claims("It spans 412 metres [2, 3].") == ["spans", "412", "metres"]
    assert (
        sentence_support("It spans 412 metres [2].", PASSAGES) == 1 > sentence_support("It spans 413 metres.", PASSAGES)
    )


def test_a_claim_turned_round_is_not_supported():
    assert sentence_support("The ferry is not free.", ("The ferry is free.",), enough=0.8) == 0
    assert sentence_support("The ferry is free.", ("The ferry is free.",)) == 1


def test_support_against_a_slow_count():
    rng = np.random.default_rng(3)
    words = np.array(["iron", "the", "stone", "12", "tower", "of", "lake", "77", "built", "not", "wood"])
    for _ in range(60):
        answer, passage, question = (" ".join(rng.choice(words, size)) for size in (7, 5, 2))
        kept = [word for word in answer.split() if word not in FUNCTION_WORDS and word not in question.split()]
        if not kept:
            continue
        share = sum(word in passage.split() for word in kept) / len(kept)
        assert word_support(answer, (passage,), question) == pytest.approx(share)
        whole = all(word in passage.split() for word in kept if word.isdigit()) and share >= 0.8
        assert sentence_support(answer, (passage,), question) == float(whole)


def test_more_passages_never_support_less():
    rng = np.random.default_rng(4)
    words = np.array(["iron", "stone", "12", "tower", "lake", "77", "built", "wood"])
    for _ in range(40):
        answer, first, second = (" ".join(rng.choice(words, 6)) for _ in range(3))
        for measure in (word_support, sentence_support):
            assert measure(answer, (first,)) <= measure(answer, (first, second))
            assert measure(answer, (answer,)) == 1


def test_what_a_cell_may_hold():
    assert several("[1] A note.") == ("[1] A note.",)
    assert several(["a", " ", "b"]) == ("a", "b") == several('["a", "b"]')
    assert several(float("nan")) == () == several("") == several(None)
    assert several(1931) == ("1931",) == several(1931.0)
    assert several(["a", None, float("nan"), 7.0]) == ("a", "7")


@pytest.mark.parametrize(
    "text",
    ["", "  ", "Unknown", "I don't know.", "I don\u2019t know who that is.", "The passages do not say.",
     "This question cannot be answered from the context.", "There is not enough information."],
)  # fmt: skip
def test_what_declines(text):
    assert declines(text)


@pytest.mark.parametrize(
    "text",
    ["1931", "It opened in 1931. I do not know who built it.", "He said nothing, and left.",
     "The information desk opened in 1931."],
)  # fmt: skip
def test_what_does_not_decline(text):
    assert not declines(text)


def test_own_phrases_decline():
    assert declines("Das weiß ich nicht.", ("weiß ich nicht",)) and not declines("Das weiß ich nicht.")


def test_an_option_that_is_spelled_as_an_article_is_an_answer():
    references = [["A"]] * 4
    assert matches(["A", "a.", "", "B"], references).tolist() == [1, 1, 0, 0]
    assert shared_words(["A", "a.", "", "B"], references).tolist() == [1, 1, 0, 0]


def test_agreement_by_hand():
    answers = ["The Halvor bridge", "in 1931", "Marta", "Osby"]
    references = [["Halvor bridge"], ["1931", "the year 1931"], [], ["Lind"]]
    assert matches(answers, references).tolist()[:2] == [1, 0]
    f1 = shared_words(answers, references)
    # {in, 1931} and {1931}: precision 1/2, recall 1; {year, 1931} shares one of two, 1/2
    assert f1[[0, 1, 3]] == pytest.approx([1, 2 / 3, 0]) and np.isnan(f1[2])
    assert matches(["!"], [["?"]])[0] == 1 == shared_words(["!"], [["?"]])[0]


def test_agreement_as_the_script_of_squad_counts():
    """Against the formula written out, for texts without apostrophes."""
    rng = np.random.default_rng(5)
    words = np.array(["the", "a", "Red", "red", "fox,", "ran", "to", "an", "end."])
    for _ in range(60):
        one, other = (" ".join(rng.choice(words, rng.integers(1, 6))) for _ in range(2))
        left, right = ([word for word in tokens(text) if word not in ("a", "an", "the")] for text in (one, other))
        if not right:  # a reference of articles alone is compared with them
            left, right = tokens(one), tokens(other)
        same = sum(min(left.count(word), right.count(word)) for word in set(left))
        if not left or not right:
            expected = float(left == right)
        elif same == 0:
            expected = 0.0
        else:
            precision, recall = same / len(left), same / len(right)
            expected = 2 * precision * recall / (precision + recall)
        assert shared_words([one], [[other]])[0] == pytest.approx(expected)
        assert matches([one], [[other]])[0] == (left == right)
