"""What the checks' tests have in common: p-values adjusted over all of them, how many false alarms there may be."""

from collections.abc import Callable, Sequence

import numpy as np

from auditkit import stats
from auditkit.results import Control, Measurement

LEVEL = 0.05
"""The share of false alarms that every test promises."""


def most_alarms(trials: int) -> float:
    """The largest share of false alarms that a test at 5 % may show in so many trials, to three digits.

    Four standard errors above 5 %: by the binomial law a sound test goes beyond it in at most 5 of 10,000 audits with
    100 trials or more, and in at most 26 with 20.
    """
    return round(LEVEL + 4 * float(np.sqrt(LEVEL * (1 - LEVEL) / trials)), 3)


def too_few(counted: str = "people") -> str:
    """What follows where a planted difference is not found; `counted` is what a row is."""
    return (
        f"there are too few {counted} for the differences called detectable to be found; absence of a finding says "
        "little"
    )


def share_flagged(p_value: Callable[[], float], trials: int) -> float:
    """How often a test says at the 5 % level that there is something, where there is nothing.

    Args:
        p_value: makes a data set without a difference, and gives the test's p-value for it.
        trials: how many are made.
    """
    return sum(p_value() <= LEVEL for _ in range(trials)) / trials


def false_alarms(
    name: str, question: str, share: float | None, trials: int, guards: tuple[str, ...] = (), of: str = ""
) -> Control:
    """The control that a test keeps its promise; where it does not, what it guards is inconclusive.

    Args:
        name: of the control.
        question: what was tried.
        share: of false alarms; None: it could not be tried.
        trials: how many there were.
        guards: the measurements that rest on the test; empty: all.
        of: who raises the alarms where that is more than one test, such as `the tests`.
    """
    raises, promises = (f"{of} raise", "they promise") if of else ("the test raises", "it promises")
    return Control.within(
        name, question, share, at_most=most_alarms(trials), guards=guards, on_failure="inconclusive",
        reason=f"{raises} more false alarms than the 5 % {promises}",
    )  # fmt: skip


def adjusted(measurements: Sequence[Measurement]) -> list[Measurement]:
    """The measurements, each test with its p-value adjusted by Holm over all of them; see `stats.holm`."""
    tests = [measurement.test for measurement in measurements if measurement.test is not None]
    p_values = iter(stats.holm([test.p for test in tests]))
    return [
        measurement
        if measurement.test is None
        else measurement.model_copy(
            update={"test": measurement.test.model_copy(update={"p_adjusted": float(next(p_values))})}
        )
        for measurement in measurements
    ]
