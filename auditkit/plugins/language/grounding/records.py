"""The records of questions, passages, answers and references, and the numbers of each row."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.data.listed_texts import several
from auditkit.plugins.language.grounding.agreement import matches, shared_words
from auditkit.plugins.language.grounding.declines import declines
from auditkit.plugins.language.grounding.function_words import FUNCTION_WORDS
from auditkit.plugins.language.grounding.parameters import Parameters
from auditkit.plugins.language.grounding.support import sentence_support, word_support
from auditkit.plugins.language.shared.asides import flags, is_there


class Records(NamedTuple):
    """What stands in each row."""

    questions: tuple[str, ...]
    passages: tuple[tuple[str, ...], ...]
    references: tuple[tuple[str, ...], ...]
    """Right answers, any of which will do."""
    answerable: np.ndarray
    """(N,) bool: whether the passages hold an answer."""
    answers: tuple[str | None, ...]
    """None where nothing came."""

    def take(self, rows: np.ndarray) -> Iterator[tuple[str, tuple[str, ...], str | None]]:
        """Question, passages and answer of some rows."""
        return ((self.questions[row], self.passages[row], self.answers[row]) for row in np.flatnonzero(rows))


class Scores(NamedTuple):
    """The numbers of each row; a row for which one is not defined is not in its `counts`."""

    came: np.ndarray
    """(N,) bool: an answer came."""
    declined: np.ndarray
    """(N,) bool."""
    words: np.ndarray
    """(N,) share of claimed words that the passages hold; NaN where the answer declines or claims nothing."""
    sentences: np.ndarray
    """(N,) share of sentences that a passage supports; NaN as in `words`."""
    match: np.ndarray
    """(N,) 1, 0; NaN without a reference."""
    f1: np.ndarray
    """(N,) 0 to 1; NaN without a reference."""


def records(parameters: Parameters, data: AuditData, answers: np.ndarray) -> Records:
    """The records of these rows.

    Raises:
        DataError: the column of passages is not there, or `answerable` says neither yes nor no.
    """
    passages = tuple(several(value) for value in data.column(parameters.contexts))
    references: tuple[tuple[str, ...], ...] = ((),) * len(data)
    if is_there(data, parameters.references, "reference"):
        references = tuple(several(value) for value in data.column(parameters.references))
    if parameters.answerable:
        answerable = flags(data.column(parameters.answerable), "answerable", parameters.answerable)
    else:
        answerable = np.array([bool(own) for own in references]) | (not any(references))
    if is_there(data, parameters.questions, "question"):
        questions = tuple(" ".join(several(value)) for value in data.column(parameters.questions))
    else:
        questions = tuple(_without(prompt, own) for prompt, own in zip(data.prompts, passages, strict=True))
    return Records(questions, passages, references, answerable, tuple(answers))


def _without(prompt: str, passages: Sequence[str]) -> str:
    """A prompt without the passages that stand in it, whose words an answer is to be held against."""
    for passage in passages:
        prompt = prompt.replace(passage, " ")
    return prompt


def scored(parameters: Parameters, own: Records) -> Scores:
    """The numbers of each row; an answer that did not come matches no reference and declines nothing."""
    texts = [answer or "" for answer in own.answers]
    came = np.array([answer is not None for answer in own.answers], dtype=bool)
    ignored = FUNCTION_WORDS if parameters.function_words is None else frozenset(parameters.function_words)
    declined = came & np.array([declines(text, parameters.declining) for text in texts], dtype=bool)
    words, sentences = np.full(len(texts), np.nan), np.full(len(texts), np.nan)
    for row in np.flatnonzero(came & ~declined):
        given = (texts[row], own.passages[row], own.questions[row], ignored)
        words[row], sentences[row] = word_support(*given), sentence_support(*given, parameters.enough)
    match, f1 = (score(texts, own.references, parameters.articles) for score in (matches, shared_words))
    for values in (match, f1):
        # nothing is no answer to a reference without words
        values[~came & ~np.isnan(values)] = 0.0
    return Scores(came, declined, words, sentences, match, f1)
