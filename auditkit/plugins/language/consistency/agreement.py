"""How far several answers to one prompt agree: shares of pairs, on plain lists of texts."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from auditkit.plugins.language.shared.texts import plain, words


def same(first: str | None, second: str | None) -> float:
    """1 where two answers are the same but for capitals and blanks, else 0; nothing is the same as nothing."""
    return float((first is None) == (second is None) and plain(first) == plain(second))


def overlap(first: str | None, second: str | None) -> float:
    """2 · words in common / words of both, from 0 to 1; 1 of two answers without words.

    Source: Rajpurkar et al. (2016), SQuAD, arXiv:1606.05250.
    """
    one, other = Counter(words(first)), Counter(words(second))
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def same_class(place: Callable[[str], int | None]) -> Callable[[str | None, str | None], float]:
    """1 where two answers name the same class; an answer that names none agrees with no other.

    Args:
        place: the position of the class that an answer names; None where it names none.
    """

    def agree(first: str | None, second: str | None) -> float:
        named = None if first is None else place(first)
        return float(named is not None and second is not None and named == place(second))

    return agree


def of_pairs(texts: Sequence[str | None], agree: Callable[[str | None, str | None], float]) -> float:
    """The mean of `agree` over all pairs of two or more answers to one prompt, but those of which neither came.

    That of few answers estimates without bias what that of many would be; the share of prompts of which all agree does
    not. (The U-statistic of Hoeffding 1948, Annals of Mathematical Statistics 19.)

    Args:
        texts: of which at least one came.
        agree: of two answers, from 0 to 1.
    """
    pairs = [pair for pair in itertools.combinations(texts, 2) if pair != (None, None)]
    return float(np.mean([agree(*pair) for pair in pairs]))


def between_prompts(
    texts: Sequence[Sequence[str | None]],
    agree: Callable[[str | None, str | None], float],
    pairs: int,
    rng: np.random.Generator,
) -> float:
    """The mean of `agree` over pairs of answers to two different prompts, drawn by chance.

    Args:
        texts: the answers to each of two prompts or more.
        agree: of two answers, from 0 to 1.
        pairs: how many are drawn.
        rng: the source of chance.
    """
    values = []
    for _ in range(pairs):
        first, second = rng.choice(len(texts), size=2, replace=False)
        answers = [texts[int(prompt)][int(rng.integers(len(texts[int(prompt)])))] for prompt in (first, second)]
        values.append(agree(*answers))
    return float(np.mean(values))
