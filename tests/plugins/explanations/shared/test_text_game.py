"""The game of a text against the definition of Shapley values."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.plugins.explanations.shared.text_game import AskedOnce, explain_text, most_parts, pairs_of_orders
from auditkit.plugins.explanations.shared.words import words
from tests.plugins.explanations.brute import shapley

TEXT = words("not a good film but good fun")


def score(texts):
    """Interactions of three, and of a word with itself."""
    return np.array([
        (text.count("good") ** 2) * (1 - 2 * ("not" in text)) * (1 + ("film" in text)) + 0.5 * ("fun" in text)
        for text in texts
    ])  # fmt: skip


def test_values_are_those_of_the_definition_within_their_errors():
    def game(coalition):
        return float(score([TEXT.without([part in coalition for part in range(7)])])[0])

    exact = shapley(game, 7)
    outcome = explain_text(score, TEXT, np.random.default_rng(0), 400)
    assert outcome.empty == game(frozenset())
    assert outcome.values.sum() == pytest.approx(game(frozenset(range(7))) - outcome.empty)
    assert (np.abs(outcome.values - exact) <= 4 * outcome.errors + 1e-9).all() and outcome.errors.max() < 0.2


def test_a_sum_over_words_is_exact_with_two_pairs_of_orders():
    worth = {"good": 2.0, "not": -3.0, "fun": 0.5}
    outcome = explain_text(
        lambda texts: np.array([sum(worth.get(word, 0) for word in text.split()) for text in texts]),
        TEXT, np.random.default_rng(0), 2,
    )  # fmt: skip
    assert outcome.values == pytest.approx([-3, 0, 2, 0, 0, 2, 0.5]) and outcome.errors == pytest.approx(np.zeros(7))


def test_each_distinct_text_is_asked_about_once():
    asked = []

    def ask(texts):
        asked.extend(texts)
        return np.array([float(len(text)) for text in texts])

    worth = AskedOnce(ask)
    explain_text(worth, words("very very very very"), np.random.default_rng(0), 20)
    assert len(asked) == len(set(asked)) == worth.count <= 2**4
    assert worth(["very   ", "very   "]) == pytest.approx([7, 7])


def test_texts_of_one_part_and_of_none_are_explained():
    rng = np.random.default_rng(0)
    one = explain_text(lambda texts: np.array([float(bool(text)) for text in texts]), words("yes"), rng, 2)
    assert one.values == pytest.approx([1]) and one.empty == 0
    none = explain_text(lambda texts: np.full(len(texts), 7.0), words("..."), rng, 2)
    assert none.values.shape == (0,) and none.empty == 7


@pytest.mark.parametrize("questions", [14, 50, 400])
def test_no_more_is_asked_than_allowed(questions):
    count = most_parts(questions)
    text = words(" ".join(f"w{place}" for place in range(count)))
    orders = pairs_of_orders(count, questions, 100)
    worth = AskedOnce(lambda texts: np.array([float(len(text)) for text in texts]))
    explain_text(worth, text, np.random.default_rng(0), orders)
    assert orders >= 2 and worth.count <= questions
    assert pairs_of_orders(3, questions, 5) <= 5
