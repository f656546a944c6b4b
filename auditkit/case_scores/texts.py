"""Scores of texts: whether an answer is the reference, and how many words they share."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

from auditkit.case_scores.arrays import same_length

_WORD = re.compile(r"\w+")


def tokens(text: str) -> list[str]:
    """The words of a text: letters and digits in one case and one Unicode form (NFKC)."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def exact_match(predicted: Sequence[str], reference: Sequence[str]) -> np.ndarray:
    """(N,) 1 where the words of an answer are those of its reference, in their order, else 0; higher is better.

    Case, blanks and punctuation do not count.

    Raises:
        DataError: another number of texts.
    """
    same_length(predicted, reference)
    return np.array(
        [tokens(one) == tokens(other) for one, other in zip(predicted, reference, strict=True)], dtype=float
    )


def token_f1(predicted: Sequence[str], reference: Sequence[str], empty: float = np.nan) -> np.ndarray:
    """(N,) F1 of the words that an answer shares with its reference, 0 to 1, higher is better.

    A word that stands twice counts twice where it does in both.

    Args:
        predicted: N answers.
        reference: N references.
        empty: the score where neither has a word.

    Raises:
        DataError: another number of texts.

    Source: Rajpurkar et al. (2016), SQuAD, arXiv:1606.05250; without their list of articles, which is of English alone.
    """
    same_length(predicted, reference)
    scores = []
    for one, other in zip(predicted, reference, strict=True):
        first, second = Counter(tokens(one)), Counter(tokens(other))
        both, whole = (first & second).total(), first.total() + second.total()
        scores.append(2 * both / whole if whole else empty)
    return np.array(scores, dtype=np.float64)
