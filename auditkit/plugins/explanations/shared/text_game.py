"""The game of a text: what a function of texts gives where parts of the text are left out."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from auditkit.plugins.explanations.shared.permutation import paired_permutations
from auditkit.plugins.explanations.shared.words import Parts

Worth = Callable[[list[str]], np.ndarray]
"""Texts to one number each: a probability, a score, the likelihood of an answer, anything."""


class AskedOnce:
    """Asks about each distinct text once: exact for a function that answers consistently.

    Args:
        worth: the function.
    """

    def __init__(self, worth: Worth) -> None:
        self._worth = worth
        self._known: dict[str, float] = {}

    @property
    def count(self) -> int:
        """How many texts were asked about."""
        return len(self._known)

    def __call__(self, texts: list[str]) -> np.ndarray:
        """(m,) the numbers of the texts."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, np.asarray(self._worth(new), dtype=np.float64).tolist(), strict=True))
        return np.array([self._known[text] for text in texts])


class Explained(NamedTuple):
    """Shapley values of the parts of one text."""

    values: np.ndarray
    """(P,) they add up to the number of the text less that of the text without any part."""
    errors: np.ndarray
    """(P,) standard errors; 0 where no part interacts with more than one other at a time."""
    empty: float
    """The number of the text without any part."""


def explain_text(worth: Worth, parts: Parts, rng: np.random.Generator, permutations: int) -> Explained:
    """Shapley values of the parts of a text, by paired permutations: parts enter an empty text one after the other.

    Args:
        worth: any function from texts to numbers.
        parts: the text; P of them.
        rng: draws the orders.
        permutations: pairs of orders, at least 2: 2 (P - 1) texts each.

    Source: Mayer, Wüthrich 2025, arXiv:2508.12947; of words Chen et al. 2020, arXiv:2004.02015, and others.
    """
    count = len(parts.spans)
    if not count:
        return Explained(np.zeros(0), np.zeros(0), float(worth([parts.text])[0]))

    def ask(kept: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return worth([parts.without(list(mask)) for mask in kept.astype(bool)])

    sampled = paired_permutations(ask, np.ones((1, count)), np.zeros((1, count)), rng, permutations)
    return Explained(sampled.values[0], sampled.errors[0], float(sampled.base[0]))


def most_parts(questions: int) -> int:
    """Into how many parts a text is cut at most, so that two pairs of orders ask no more than `questions`."""
    return max(2, (questions - 2) // 4 + 1)


def pairs_of_orders(parts: int, questions: int, wanted: int) -> int:
    """How many pairs of orders a text of so many parts may have; at least 2."""
    return max(2, min(wanted, (questions - 2) // (2 * max(1, parts - 1))))
