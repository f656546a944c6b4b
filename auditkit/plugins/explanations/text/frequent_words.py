"""What single words do over many texts; only words that enough of the texts hold."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LONGEST = 30
"""Letters of a word; what is longer is none."""


class Word(NamedTuple):
    """A word, and what it does in each text that holds it."""

    word: str
    sums: np.ndarray
    """(n,) of the attributions of its occurrences, one for each text."""


def frequent_words(words: Sequence[Sequence[str]], values: Sequence[np.ndarray], least: int) -> list[Word]:
    """The words that at least `least` texts hold and that move any of them, the largest |mean| first.

    A word of few texts may tell whose they are; one with a digit in it may be a number that stands for a person.

    Args:
        words: of each text, one for each part, in small letters.
        values: the attributions of the same parts.
        least: texts.
    """
    sums: dict[str, list[float]] = defaultdict(list)
    for of_text, attributions in zip(words, values, strict=True):
        own: dict[str, float] = defaultdict(float)
        for word, value in zip(of_text, attributions, strict=True):
            own[word] += float(value)
        for word, total in own.items():
            sums[word].append(total)
    shown = [
        Word(word, np.array(totals))
        for word, totals in sums.items()
        if len(totals) >= least and len(word) <= LONGEST and word.isalpha() and any(totals)
    ]
    return sorted(shown, key=lambda entry: (-abs(float(entry.sums.mean())), entry.word))
