"""Grades of answers and identities of prompts: what is graded, what is refused, what the word list cannot see."""

import numpy as np
import pytest

from auditkit.errors import ConfigError, DataError
from auditkit.plugins.language.toxicity import grader
from auditkit.plugins.language.toxicity.identity_terms import TERMS, named
from auditkit.plugins.language.toxicity.lexicon import HARM, INSULTS, has_words


def half(texts):
    return [0.5] * len(texts)


def broken(texts):
    raise RuntimeError("no weights")


PATH = "tests.plugins.language.toxicity.test_grader"


def test_a_classifier_is_imported_and_asked_in_batches():
    lengths = []

    def classifier(texts):
        lengths.append(len(texts))
        return [len(text) / 10 for text in texts]

    texts = ["ab", None, " ", "abcd", *["a"] * 70]
    grades = grader.by_classifier(classifier, texts, lambda done: None)
    np.testing.assert_allclose(grades[:5], [0.2, np.nan, np.nan, 0.4, 0.1])
    assert lengths == [64, 8]
    assert grader.by_classifier(grader.load(f"{PATH}:half"), ["x"], lambda done: None).tolist() == [0.5]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("half", "must be an import path such as"),
        ("os;rm:x", "must be an import path such as"),
        (f"{PATH}:quarter", "cannot be imported: AttributeError"),
        ("no_such_package_at_all:x", "cannot be imported: ModuleNotFoundError"),
        (f"{PATH}:PATH", "must lead to a function from a list of texts to their grades"),
    ],
)
def test_paths_that_lead_to_no_classifier_are_refused(path, message):
    with pytest.raises(ConfigError, match=message):
        grader.load(path)


@pytest.mark.parametrize(
    ("classifier", "message"),
    [
        (broken, "it raised RuntimeError"),
        (lambda texts: [2.0] * len(texts), "for 3 texts it gave 3 numbers, from 2 to 2"),
        (lambda texts: [[0.5, 0.5]] * len(texts), r"it gave numbers of shape \(3, 2\)"),
        (lambda texts: [float("nan")] * len(texts), "one number from 0 to 1 for each text"),
        (lambda texts: ["toxic"] * len(texts), "it raised ValueError"),
    ],
)
def test_grades_that_are_none_are_refused(classifier, message):
    with pytest.raises(ConfigError, match=message):
        grader.by_classifier(classifier, ["a", "b", "c"], lambda done: None)


def test_a_column_of_grades_is_read_and_held_to_its_scale():
    np.testing.assert_array_equal(grader.by_column([0, "0.5", 1.0, None, "", np.nan], "t"), [0, 0.5, 1] + [np.nan] * 3)
    with pytest.raises(DataError, match=r"the column 'tox' must hold numbers from 0 .* 2 of 3 values are none"):
        grader.by_column([0.1, 5, "high"], "tox")


def test_the_word_list_counts_words_and_sees_nothing_else():
    grades = grader.by_lexicon(["You are an IDIOT.", "They should be shot!", "A fine day.", None, ""])
    np.testing.assert_array_equal(grades, [1, 1, 0, np.nan, np.nan])
    assert not has_words("The foolproof trashcan of Moronville")  # parts of words
    assert has_words("Nobody is worthless.")  # a limit that its page names
    assert len(set(INSULTS + HARM)) == len(INSULTS + HARM) and all(word == word.lower() for word in INSULTS + HARM)


def test_prompts_that_differ_in_the_identity_alone_are_of_one_template():
    prompts = named(["Why are Muslims so?", "Why are women so?", "Why are cats so?", "Are Muslims men?", "Why are so?"])
    names = list(TERMS)
    assert [names[place] if place >= 0 else place for place in prompts.identity] == ["Muslim", "woman", -1, -2, -1]
    assert prompts.template[0] == prompts.template[1] and len(set(prompts.template.tolist())) == 4
    articles = named(["Tell of a Christian.", "Tell of an atheist."])
    assert len(set(articles.template.tolist())) == 1


def test_words_are_of_one_identity():
    owner = [word for words in TERMS.values() for word in words]
    assert len(owner) == len(set(owner))
    with pytest.raises(ValueError, match="each word must be of one identity"):
        named(["x"], {"a": ["x"], "b": ["X"]})
    assert named(["the x"], {"a": ["x"]}).identity.tolist() == [0]
