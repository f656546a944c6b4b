"""The check's test of itself: of shuffled risks the interval of the concordance must hold one half."""

import numpy as np

from auditkit.metrics.survival import People, harrell
from auditkit.results import Control

MOST = 500
"""People in a trial, so that trials take no longer than the number itself."""


def shuffled_risks(people: People, trials: int, rng: np.random.Generator) -> Control:
    """How often the interval of Harrell's concordance holds 0.5 where risks are shuffled among the people."""
    size = min(MOST, len(people.times))
    held = tried = 0
    for _ in range(trials):
        some = people.take(rng.choice(len(people.times), size, replace=False))._replace(weights=None, unit=None)
        number = harrell(some._replace(risk=rng.permutation(some.risk)))
        interval = None if number is None else number.interval()
        if interval is None or interval.low is None or interval.high is None:
            continue
        held += interval.low <= 0.5 <= interval.high
        tried += 1
    return Control.within(
        "shuffled risks",
        "Where risks are shuffled among the people, how often does the interval of the concordance hold 0.5?",
        held / tried if tried else None, at_least=0.8, guards=("harrell_concordance", "uno_concordance"),
        on_failure="inconclusive", reason="there are too few events for the interval to hold as often as it says",
    )  # fmt: skip
