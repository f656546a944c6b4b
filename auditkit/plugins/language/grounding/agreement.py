"""Exact match and token F1 of an answer with its references, as SQuAD counts them."""

from collections.abc import Collection, Sequence

import numpy as np

from auditkit.case_scores.texts import exact_match, token_f1, tokens

ARTICLES = frozenset({"a", "an", "the"})


def matches(
    answers: Sequence[str], references: Sequence[Sequence[str]], ignored: Collection[str] = ARTICLES
) -> np.ndarray:
    """(N,) 1 where an answer is one of its references but for articles, case and signs; NaN where it has none."""
    return _best(exact_match, answers, references, ignored)


def shared_words(
    answers: Sequence[str], references: Sequence[Sequence[str]], ignored: Collection[str] = ARTICLES
) -> np.ndarray:
    """(N,) the largest F1 of the words that an answer shares with one of its references; NaN without reference.

    Args:
        answers: N answers.
        references: N times any number of references, each of which will do.
        ignored: words that do not count; SQuAD leaves out the English articles.

    Source: Rajpurkar et al. (2016), SQuAD, arXiv:1606.05250, 6.1. An apostrophe parts two words here, where SQuAD's
    script joins them, and a reference of nothing but articles, such as the option "A", is compared with them. Where
    neither text has a word left, 1, as in Rajpurkar et al. (2018), arXiv:1806.03822.
    """
    return _best(lambda one, other: token_f1(one, other, empty=1.0), answers, references, ignored)


def _best(score, answers, references, ignored) -> np.ndarray:  # type: ignore[no-untyped-def]
    def compared(answer: str, reference: str) -> float:
        pair = [tokens(answer), tokens(reference)]
        # the right answer "A" to a question with options is no article: without it, no answer would be right too
        if not ignored.issuperset(pair[1]):
            pair = [[word for word in words if word not in ignored] for words in pair]
        one, other = (" ".join(words) for words in pair)
        return float(score([one], [other])[0])

    ignored = frozenset(ignored)
    return np.array([
        max(compared(answer, reference) for reference in own) if own else np.nan
        for answer, own in zip(answers, references, strict=True)
    ], dtype=np.float64)  # fmt: skip
