"""The check's test of itself: known labels are hidden, and the bounds must hold what they were."""

from collections.abc import Callable, Mapping

import numpy as np

from auditkit.plugins.fairness.selective_labels.bounds import Answers, Bounds, estimated
from auditkit.results import Control


def hidden_labels(
    answers: Answers, rates: Mapping[str, Callable[[Answers], Bounds]], trials: int, rng: np.random.Generator
) -> Control:
    """How often the bounds hold the rates of people whose label is known, where some of these labels are hidden.

    Args:
        answers: of everybody.
        rates: {rate: its bounds}.
        trials: how often labels are hidden, each time of people with one decision and one label more than of others.
        rng: the source of chance.
    """
    labelled, held, tried = answers.take(answers.known), 0, 0
    for _ in range(trials if len(labelled.known) else 0):
        # whose label is hidden may hang on decision and label in any way
        chances = rng.random(4)[2 * labelled.selected.astype(int) + labelled.positive]
        hidden = labelled._replace(known=rng.random(len(chances)) >= chances)
        for rate in rates.values():
            truth = rate(labelled).known
            if not truth.rows.any():
                continue
            bounds, value = rate(hidden), estimated(truth, labelled, 0.0).value
            low, high = estimated(bounds.low, hidden, 0.0).value, estimated(bounds.high, hidden, 1.0).value
            held += low - 1e-9 <= value <= high + 1e-9
            tried += 1
    return Control.within(
        "hidden labels",
        "Where known labels are hidden, by decision and label, how often do the bounds hold what they were?",
        held / tried if tried else None, at_least=1.0,
        reason="bounds that do not hold known labels cannot be trusted about others",
    )  # fmt: skip
