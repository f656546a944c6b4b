"""The check's tests of itself: sentences whose support is known, and references, which answer."""

from collections.abc import Collection, Sequence

import numpy as np

from auditkit.plugins.language.grounding.declines import declines
from auditkit.plugins.language.grounding.records import Records
from auditkit.plugins.language.grounding.support import claims, sentence_support
from auditkit.plugins.language.shared.texts import sentences

PLANTED = 200
"""Sentences that are planted at most."""


def supported_share(
    own: Records, other: bool, ignored: Collection[str], enough: float, rng: np.random.Generator
) -> float | None:
    """The share of planted answers that count as supported, each a sentence of a passage.

    Args:
        own: the records.
        other: whether the sentence is one of the passages of another row, which this row's passages do not hold.
        ignored: words that claim nothing.
        enough: the share of words that one passage must hold.
        rng: draws rows and sentences.

    Returns:
        None where no sentence can be planted: no passages, or all rows have the same.
    """
    filled = [row for row, passages in enumerate(own.passages) if passages]
    supported = []
    for row in rng.permutation(filled)[:PLANTED] if filled else ():
        donor = int(rng.choice(filled)) if other else int(row)
        planted = _sentence(own.passages[donor], own.questions[row], ignored, rng)
        if planted is None or (other and any(planted in passage for passage in own.passages[row])):
            continue
        supported.append(sentence_support(planted, own.passages[row], own.questions[row], ignored, enough) > 0)
    return float(np.mean(supported)) if supported else None


def _sentence(passages: Sequence[str], question: str, ignored: Collection[str], rng: np.random.Generator) -> str | None:
    some = [one for passage in passages for one in sentences(passage) if len(claims(one, question, ignored)) > 1]
    return str(some[int(rng.integers(len(some)))]) if some else None


def references_that_decline(own: Records, phrases: Sequence[str]) -> float | None:
    """The share of references of answerable questions that would count as declining; None where there is none."""
    texts = [text for row in np.flatnonzero(own.answerable) for text in own.references[row]]
    return float(np.mean([declines(text, phrases) for text in texts])) if texts else None
