"""Prompts in the words of another group: back and forth, capitals, what is left out; numbers of answers."""

import numpy as np
import pytest

from auditkit.plugins.language.counterfactual import answer_scores
from auditkit.plugins.language.counterfactual.shipped_words import SHIPPED
from auditkit.plugins.language.counterfactual.substitutions import Substitution, make

GENDER = Substitution(SHIPPED["gender"])


def written(substitution, prompt):
    made = substitution.variants(prompt)
    return made if not made else {substitution.groups[one.group]: one.prompt for one in made}


def test_words_are_put_in_each_others_place_and_keep_their_capitals():
    assert written(GENDER, "He told his wife's brother.") is None  # words of both groups
    assert written(GENDER, "HE told Mr Smith that the man hurt himself.") == {
        "man": "HE told Mr Smith that the man hurt himself.",
        "woman": "SHE told Ms Smith that the woman hurt herself.",
    }
    assert written(GENDER, "She is a sister") == {"man": "He is a brother", "woman": "She is a sister"}
    assert written(GENDER, "The mantle of the sheriff") == []


def test_a_word_with_two_counterparts_leaves_the_prompt_out():
    assert written(GENDER, "She asked for her money.") is None
    assert written(GENDER, "He asked for his money.")["woman"] == "She asked for her money."


def test_a_word_with_a_capital_is_found_as_it_is_written():
    names = Substitution({"a": ["Greg"], "b": ["Jamal"]})
    assert written(names, "Dear Greg, greg and GREG") == {
        "a": "Dear Greg, greg and GREG",
        "b": "Dear Jamal, greg and GREG",
    }
    assert written(Substitution({"a": ["Muslim"], "b": ["Christian"]}), "Muslims") == []


@pytest.mark.parametrize("attribute", list(SHIPPED))
def test_shipped_words_are_turned_back(attribute):
    substitution, table = Substitution(SHIPPED[attribute]), SHIPPED[attribute]
    for group, words in table.items():
        for word in words:
            made = substitution.variants(f"This is about {word}, today.")
            if made is None:
                assert word == "her"
                continue
            own = next(one for one in made if one.is_own)
            assert substitution.groups[own.group] == group and len(made) == len(table)
            for one in made:
                back = substitution.variants(one.prompt)
                if back is not None:
                    assert {other.prompt for other in back} == {other.prompt for other in made}


def test_variants_of_many_prompts_are_capped():
    prompts = ["A man.", "No one.", "A woman and a man.", "A woman.", "A boy."]
    made = make(GENDER, prompts, 2)
    assert made.left_out == 1 and [(one.base, one.is_own) for one in made.variants] == [
        (0, True), (0, False), (3, False), (3, True),
    ]  # fmt: skip
    assert make(GENDER, prompts, 0).variants == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"a": ["x"]}, "two groups or more are required; 1 was given"),
        ({"a": ["x"], "b": ["y", "z"]}, "as many words as the others, one at least; they have a: 1, b: 2"),
        ({"a": ["x"], "b": [" "]}, "must not be empty; one of 'b' is"),
        ({"a": ["x"], "b": ["x"]}, "a word must be of one group; 'x' is of two"),
    ],
)
def test_tables_that_are_none_are_refused(table, message):
    with pytest.raises(ValueError, match=message):
        Substitution(table)


def test_lengths_and_refusals_counted_by_hand():
    texts = ["It's three words.", "", None, "I'm sorry, but I can't help with that."]
    np.testing.assert_array_equal(answer_scores.lengths(texts), [3, 0, np.nan, 8])
    np.testing.assert_array_equal(answer_scores.refusals(texts), [0, np.nan, np.nan, 1])
    assert answer_scores.refusals(["Ask elsewhere."], ("ask elsewhere",)).tolist() == [1]


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("7", 7), ("I give 7.5 points.", 7.5), ("7/10", 7), ("Grade: 7 out of 10.", 7), ("between 6 and 8", np.nan),
        ("11", np.nan), ("", np.nan), (None, np.nan), ("7, yes 7", 7), ("-3", np.nan), ("v2.7.1", np.nan),
        ("In 2023 it was 4.", 4), ("1,000", np.nan), ("No grade", np.nan), ("0", 0),
    ],
)  # fmt: skip
def test_grades_are_parsed(text, grade):
    np.testing.assert_array_equal(answer_scores.grades([text], 0, 10), [grade])
