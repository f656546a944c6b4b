"""What the parts of a prompt give the answer: by every coalition, or by what one alone takes away."""

from typing import NamedTuple

import numpy as np

from auditkit.plugins.explanations.shared.shapley_values import shapley_values
from auditkit.plugins.explanations.shared.text_game import Worth
from auditkit.plugins.explanations.shared.words import Parts


class Explained(NamedTuple):
    """The parts of one prompt."""

    values: np.ndarray
    """(P,) what each part gives."""
    full: float
    """The worth of the whole prompt."""
    empty: float
    """The worth without any part."""
    exact: bool
    """Shapley values of every coalition, which add up to `full` less `empty`; else what one alone takes away."""


def explain(worth: Worth, parts: Parts, questions: int, joint: bool = True) -> Explained:
    """Shapley values of the parts where questions allow all 2^P coalitions, else leave-one-out.

    Args:
        worth: texts to one number each.
        parts: P of them, two at least.
        questions: texts at most.
        joint: whether coalitions are asked about at all.

    Source: Shapley (1953), A value for n-person games; leave-one-out for contexts of language models:
    Cohen-Wang et al. (2024), ContextCite, arXiv:2409.00729, 2.
    """
    count = len(parts.spans)
    if joint and 2**count <= questions:
        kept = [[bool(coalition >> place & 1) for place in range(count)] for coalition in range(2**count)]
        worths = worth([parts.without(mask) for mask in kept])
        return Explained(shapley_values(worths[None])[0], float(worths[-1]), float(worths[0]), True)
    masks = [[True] * count, [False] * count]
    masks += [[place != out for place in range(count)] for out in range(count)]
    full, empty, *without = worth([parts.without(mask) for mask in masks])
    return Explained(full - np.array(without), float(full), float(empty), False)
