"""Prompts and the parser of answers, against answers that were read by hand."""

from __future__ import annotations

import pytest

from auditkit.answer_parser import Parser
from auditkit.endpoints import Endpoint
from auditkit.errors import ConfigError
from auditkit.plugins.models.endpoint.chat import chat_questions, columns_in, in_words, parsed_by, weighed_by, written
from auditkit.plugins.models.endpoint.columns import Rows
from auditkit.plugins.models.endpoint.exchange import Trouble

LOANS = {"approve": ("approve", "approved", "yes"), "refuse": ("refuse", "no", "not approved")}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("approve", 0),
        ("  Approve. ", 0),
        ("I would say: YES!", 0),
        ("It is not approved", 1),
        ("It is not\n approved", 1),
        ("No.", 1),
        ("nobody knows", None),
        ("yes and no", None),
        ("yes, yes, yes", 0),
        ("approval", None),
        ("", None),
        ("I cannot decide.", -1),
    ],
)
def test_an_answer_names_one_class_or_is_unparsed(text, place):
    parser = Parser(("approve", "refuse"), {**LOANS, "declined": ("cannot decide",)}, "declined")
    assert parser.place(text) == place


def test_classes_stand_for_themselves_and_numbers_are_spelt_as_texts():
    assert Parser((0, 1), {}, None).place("the answer is 1") == 1
    assert Parser((0, 1), {"1": ("good",), "0": ("bad",)}, None).place("bad!") == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"aprove": ("yes",)}, "'aprove' is no class; did you mean 'approve'"),
        ({"approve": ("yes",)}, "each class needs a word; there is none for 'refuse'"),
        ({"approve": ("yes",), "refuse": ("YES ",)}, "each word must stand for one class"),
        ({"approve": ("yes",), "refuse": ("",)}, "each word must stand for one class"),
    ],
)
def test_words_that_do_not_fit_are_refused(words, sentence):
    with pytest.raises(ConfigError, match=sentence):
        Parser(("approve", "refuse"), words, None)


@pytest.mark.parametrize(
    "document", [None, [], {}, {"choices": []}, {"choices": [1]}, {"choices": [{"message": "yes"}]}]
)
def test_what_is_no_answer_of_a_chat(document):
    with pytest.raises(Trouble, match="must have a message under choices"):
        parsed_by(Parser(("yes", "no"), {}))(document)


@pytest.mark.parametrize(
    ("content", "usage", "kept"),
    [
        ("yes", {"total_tokens": 7}, {"codes": [0], "unparsed": 0, "tokens": 7}),
        (None, {"total_tokens": "7"}, {"codes": [-1], "unparsed": 1}),
        (["yes"], None, {"codes": [-1], "unparsed": 1}),
        ("maybe", {"total_tokens": -1}, {"codes": [-1], "unparsed": 1}),
    ],
)
def test_what_is_kept_of_an_answer(content, usage, kept):
    document = {"choices": [{"message": {"content": content}}], "usage": usage}
    assert parsed_by(Parser(("yes", "no"), {}))(document) == kept


@pytest.mark.parametrize(
    ("message", "reason", "kept"),
    [
        ({"content": "It is open."}, "stop", {"texts": ["It is open."], "cut": 0}),
        ({"content": ""}, "length", {"texts": [""], "cut": 1}),
        ({"content": None, "refusal": "I cannot help."}, "stop", {"texts": ["I cannot help."], "cut": 0}),
        ({"content": ["x"]}, None, {"texts": [None], "cut": 0}),
    ],
)
def test_words_are_kept_of_an_answer_in_words(message, reason, kept):
    assert in_words({"choices": [{"message": message, "finish_reason": reason}]}) == kept
    with pytest.raises(Trouble, match="must have a message under choices"):
        in_words({"choices": []})


def test_a_further_draw_has_another_seed():
    endpoint = Endpoint(url="http://host/v1", protocol="chat", request={"model": "m", "prompt": "{text}", "seed": 3})
    (question,) = chat_questions(endpoint, Rows((), ["good"]), in_words, sample=2)
    assert question.body["seed"] == 5


def test_a_prompt_has_the_values_of_its_columns():
    prompt = "{age} years, {income} a month, {age} again: {note}"
    assert columns_in(prompt) == ("age", "income", "note")
    # a value with braces is no place, and a missing one is said to be
    row = {"age": 35.0, "income": None, "note": "{income} {0.__class__}"}
    assert written(prompt, row) == "35 years, not known a month, 35 again: {income} {0.__class__}"
    assert written("Is it good? {text}", "a film") == "Is it good? a film"
    with pytest.raises(ConfigError, match="the inputs are an array"):
        written("{x}", [1, 2])


def test_a_request_says_how_it_is_asked():
    request = {
        "model": "tiny",
        "prompt": "{text}?",
        "system": "Be brief.",
        "temperature": 0.5,
        "seed": 3,
        "max_tokens": 5,
    }
    endpoint = Endpoint(url="http://host/v1/", protocol="chat", request={**request, "body": {"top_p": 0.9}})
    (question,) = chat_questions(endpoint, Rows((), ["good"]), in_words)
    assert question.url == "http://host/v1/chat/completions" and question.rows == 1
    assert question.body == {
        "model": "tiny", "temperature": 0.5, "seed": 3, "max_tokens": 5, "n": 1, "top_p": 0.9,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "good?"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("listed", "sentence"),
    [
        (None, "this server gives none, so leave log_probabilities out"),
        ({"content": []}, "this server gives none"),
        ({"content": [{"top_logprobs": []}]}, "this server gives none"),
        ({"content": [{"top_logprobs": [{"token": "yes", "logprob": True}]}]}, "must be a token and the logarithm"),
        ({"content": [{"top_logprobs": [{"token": 1, "logprob": -1.0}]}]}, "must be a token and the logarithm"),
        ({"content": [{"top_logprobs": [{"token": "yes", "logprob": float("nan")}]}]}, "must be a token and the log"),
    ],
)
def test_probabilities_that_are_none_are_refused(listed, sentence):
    read = weighed_by(Parser(("approve", "refuse"), LOANS), 2)
    with pytest.raises(Trouble, match=sentence):
        read({"choices": [{"message": {"content": "yes"}, "logprobs": listed}]})


def test_a_token_counts_for_the_one_class_whose_words_it_begins():
    parser = Parser(("approve", "refuse"), LOANS)
    assert [parser.begun(token) for token in ("App", " yes", "N", "not", "r", "", " ", "z")] == [
        0, 0, 1, 1, 1, None, None, None,
    ]  # fmt: skip
    assert Parser(("none", "no"), {}).begun("no") is None
