"""How much of an answer stands in the passages beside its question, by the words that they share.

Words alone are compared: a synonym counts as unsupported, a claim made of the passages' own words in another order as
supported. So it is a measure of whether an answer keeps to what it was given, not of whether it is true.
"""

import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np

from auditkit.case_scores.texts import tokens
from auditkit.plugins.language.grounding.function_words import FUNCTION_WORDS
from auditkit.plugins.language.shared.texts import sentences

_POINTER = re.compile(r"\[\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\]")
ENOUGH = 0.8
"""The share of the words of a sentence that one passage must hold for the sentence to count as supported."""


def claims(text: str, question: str = "", ignored: Collection[str] = FUNCTION_WORDS) -> list[str]:
    """The words that a text adds to the question, in their order: neither function words nor words of the question.

    Numbers in brackets, with which an answer points to its passages, claim nothing.
    """
    known = {*ignored, *tokens(question)}
    return [word for word in tokens(_POINTER.sub(" ", text)) if word not in known]


def word_support(
    answer: str, passages: Sequence[str], question: str = "", ignored: Collection[str] = FUNCTION_WORDS
) -> float:
    """The share of the claimed words of an answer that the passages hold, 0 to 1; NaN where it claims nothing.

    Source: K-Precision of Adlakha et al. (2024), Evaluating correctness and faithfulness of instruction-following
    models for question answering, TACL 12, arXiv:2307.16877; here without function words and words of the question.
    """
    held = {word for passage in passages for word in tokens(passage)}
    claimed = claims(answer, question, ignored)
    return float(np.mean([word in held for word in claimed])) if claimed else np.nan


def sentence_support(
    answer: str,
    passages: Sequence[str],
    question: str = "",
    ignored: Collection[str] = FUNCTION_WORDS,
    enough: float = ENOUGH,
) -> float:
    """The share of the sentences of an answer that one passage supports, 0 to 1; NaN where none claims anything.

    A sentence is supported by a passage that holds at least `enough` of its claimed words and every number in it. A
    sentence that claims nothing, such as a greeting made of words of the question, does not count.
    """
    supported = list(_supported(answer, passages, question, ignored, enough))
    return float(np.mean(supported)) if supported else np.nan


def _supported(
    answer: str, passages: Sequence[str], question: str, ignored: Collection[str], enough: float
) -> Iterator[bool]:
    held = [set(tokens(passage)) for passage in passages]
    for sentence in sentences(answer):
        claimed = claims(sentence, question, ignored)
        if claimed:
            numbers = {word for word in claimed if any(sign.isdigit() for sign in word)}
            yield any(numbers <= words and np.mean([word in words for word in claimed]) >= enough for words in held)
