"""What canaries say of a private training, against the epsilon that it claims; at most that it is not refuted."""

from typing import NamedTuple

import numpy as np

from auditkit.plugins.privacy.dp_audit.gaussian_pair import Pair, gaussian_pair
from auditkit.plugins.privacy.dp_audit.one_run import Guesses, least_epsilon
from auditkit.plugins.privacy.dp_audit.steps import CanaryStep
from auditkit.plugins.privacy.dp_audit.two_normals import CERTAIN
from auditkit.results import Column, Control, Table

LEVEL = 0.999
"""At 95 % every twentieth correct training would be accused."""
COUNTED = "steps are independent draws"
NORMAL = "scores of either kind are draws from one normal law"
COINS = "each canary was in or out by its own fair coin"


class OneRun(NamedTuple):
    """What one training with canaries says about its epsilon, in two ways that share the level."""

    guesses: Guesses
    pair: Pair

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
    return OneRun(least_epsilon(scores, present, delta, shared), gaussian_pair(scores, present, delta, shared))


def step_control(audited: CanaryStep, claimed: float) -> Control:
    """Whether repeated steps refute what one step is accounted for.

    Args:
        audited: see `canary_step`.
        claimed: epsilon of one step in which every row takes part.
    """
    return Control.within(
        "canary-step", "What epsilon of one step do repeated steps with and without a canary show at least?",
        audited.low, at_most=claimed, guards=("epsilon",),
        reason="A step gives away more about a row than is accounted for: its noise or its clipping is wrong.",
    )  # fmt: skip


def run_control(audited: OneRun, claimed: float) -> Control:
    """Whether a training with canaries refutes its epsilon.

    Args:
        audited: see `one_run`.
        claimed: epsilon of that training.
    """
    return Control.within(
        "canaries", "What epsilon do canaries in a twin of the training show at least?",
        audited.low, at_most=claimed, guards=("epsilon",),
        reason="The training gives away more about canaries than its epsilon allows: noise, sampling or steps differ "
        "from what is accounted for.",
    )  # fmt: skip


def table(step: tuple[CanaryStep, float] | None, run: tuple[OneRun, float] | None) -> Table:
    """Each audit with its assumption, what it shows and what is claimed.

    Args:
        step: the canary step and the epsilon claimed for it.
        run: the training with canaries and the epsilon claimed for it.
    """
    rows: list[tuple[str, str, float | None, float, str]] = []
    if step is not None:
        audited, claimed = step
        rows.append(_row("Canary step, by a threshold", COUNTED, audited.counted, claimed))
        rows.append(_row("Canary step, Gaussian pair", NORMAL, audited.pair.low, claimed, audited.pair.reason))
    if run is not None:
        canaries, claimed = run
        guesses = canaries.guesses
        name = f"One run, {guesses.right} of {guesses.guesses} guesses right about {guesses.canaries} canaries"
        rows.append(_row(name, COINS, guesses.low, claimed))
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
    verdict = f"says nothing: {reason}" if shown is None else "refuted" if shown > claimed else "not refuted"
    return name, assumption, finite, claimed, verdict
