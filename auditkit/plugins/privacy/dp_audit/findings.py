"""What canaries say of a private training, against the epsilon that it claims; at most that it is not refuted."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from auditkit.plugins.privacy.dp_audit.gaussian_pair import Pair, gaussian_pair
from auditkit.plugins.privacy.dp_audit.one_run import Guesses, could_refute as guesses_could, least_epsilon
from auditkit.plugins.privacy.dp_audit.steps import CanaryStep, could_refute as steps_could
from auditkit.plugins.privacy.dp_audit.two_normals import CERTAIN
from auditkit.results import Column, Control, Table
from auditkit.too_few import fewer_than

LEVEL = 0.999
"""At 95 % every twentieth correct training would be accused."""
COUNTED = "steps are independent draws"
NORMAL = "scores of either kind are draws from one normal law"
COINS = "each canary was in or out by its own fair coin"
MOST = 1_000_000
"""Canaries, or steps, of which it is asked whether so many would do."""


class OneRun(NamedTuple):
    """What one training with canaries says about its epsilon, in two ways that share the level."""

    guesses: Guesses
    pair: Pair
    delta: float
    """Of the claim."""

    @property
    def low(self) -> float:
        """The larger of both."""
        return max(self.guesses.low, self.pair.low or 0.0)


def one_run(scores: np.ndarray, present: np.ndarray, delta: float, level: float = LEVEL) -> OneRun:
    """The least epsilon that a training with canaries shows; see `least_epsilon` and `gaussian_pair`.

    Args:
        scores: (m,) higher where a canary is more likely to have been in.
        present: (m,) whether it was.
        delta: of the claim.
        level: of confidence.
    """
    shared = (1 + level) / 2
    guesses, pair = least_epsilon(scores, present, delta, shared), gaussian_pair(scores, present, delta, shared)
    return OneRun(guesses, pair, delta)


def shortage(count: int, counted: str, could: Callable[[int], bool]) -> str:
    """Why so few can refute nothing, however much they showed, and how many could; "" where they can.

    Args:
        count: how many there are.
        counted: of what.
        could: whether so many could refute.
    """
    if could(count):
        return ""
    enough = max(2, count)
    while enough < MOST and not could(enough):
        enough *= 2
    if enough >= MOST:
        return f"even {MOST:,} {counted} could not refute this epsilon"
    low = enough // 2
    while enough - low > max(1, low // 100):
        middle = (low + enough) // 2
        low, enough = (low, middle) if could(middle) else (middle, enough)
    return f"{fewer_than(f'{enough:,}', counted)}, which could refute this epsilon; there are {count:,}"


def _of_guesses(run: OneRun, claimed: float) -> str:
    shared = (1 + LEVEL) / 2
    return shortage(run.guesses.canaries, "canaries", lambda count: guesses_could(count, claimed, run.delta, shared))


def _of_steps(step: CanaryStep, claimed: float) -> str:
    return shortage(step.steps, "canary steps", lambda count: steps_could(count, claimed, step.delta, LEVEL))


def step_control(audited: CanaryStep, claimed: float) -> Control:
    """Whether repeated steps refute what one step is accounted for.

    Args:
        audited: see `canary_step`.
        claimed: epsilon of one step in which every row takes part.
    """
    return _control(
        "canary-step", "What epsilon of one step do repeated steps with and without a canary show at least?",
        audited.low, claimed, _untested(_of_steps(audited, claimed), audited.pair),
        "A step gives away more about a row than is accounted for: its noise or its clipping is wrong.",
    )  # fmt: skip


def run_control(audited: OneRun, claimed: float) -> Control:
    """Whether a training with canaries refutes its epsilon.

    Args:
        audited: see `one_run`.
        claimed: epsilon of that training.
    """
    return _control(
        "canaries", "What epsilon do canaries in a twin of the training show at least?",
        audited.low, claimed, _untested(_of_guesses(audited, claimed), audited.pair),
        "The training gives away more about canaries than its epsilon allows: noise, sampling or steps differ "
        "from what is accounted for.",
    )  # fmt: skip


def _untested(too_few: str, pair: Pair) -> str:
    """Why neither way could refute anything; "" where one could."""
    return too_few if too_few and pair.low is None else ""


def _control(name: str, question: str, low: float, claimed: float, untested: str, reason: str) -> Control:
    if untested:
        return Control.within(
            name, question, None, at_most=claimed, guards=("epsilon",), on_failure="note",
            reason=f"Not tested: {untested}.",
        )  # fmt: skip
    return Control.within(name, question, low, at_most=claimed, guards=("epsilon",), reason=reason)


def table(step: tuple[CanaryStep, float] | None, run: tuple[OneRun, float] | None) -> Table:
    """Each audit with its assumption, what it shows and what is claimed.

    Args:
        step: the canary step and the epsilon claimed for it.
        run: the training with canaries and the epsilon claimed for it.
    """
    rows: list[tuple[str, str, float | None, float, str]] = []
    if step is not None:
        audited, claimed = step
        rows.append(_row("Canary step, by a threshold", COUNTED, audited.counted, claimed, _of_steps(audited, claimed)))
        rows.append(_row("Canary step, Gaussian pair", NORMAL, audited.pair.low, claimed, audited.pair.reason))
    if run is not None:
        canaries, claimed = run
        guesses = canaries.guesses
        name = f"One run, {guesses.right} of {guesses.guesses} guesses right about {guesses.canaries} canaries"
        rows.append(_row(name, COINS, guesses.low, claimed, _of_guesses(canaries, claimed)))
        rows.append(_row("One run, Gaussian pair", NORMAL, canaries.pair.low, claimed, canaries.pair.reason))
    titles = ("Audit", "What it assumes", "Epsilon shown at least", "Epsilon claimed", "Verdict")
    names = ("audit", "assumption", "shown", "claimed", "verdict")
    return Table(
        name="canaries", title="What canaries show of epsilon",
        caption=f"Lower ends at {LEVEL:.1%} for each audit. An audit refutes, it proves nothing: what is not refuted "
        "may still be wrong.",
        columns=tuple(Column(name=name, title=title) for name, title in zip(names, titles, strict=True)),
        rows=tuple(rows),
    )  # fmt: skip


def _row(
    name: str, assumption: str, shown: float | None, claimed: float, reason: str = ""
) -> tuple[str, str, float | None, float, str]:
    finite = shown if shown is not None and shown < CERTAIN else None
    refuted = shown is not None and shown > claimed
    verdict = "refuted" if refuted else f"not tested: {reason}" if reason else "not refuted"
    return name, assumption, finite, claimed, verdict
