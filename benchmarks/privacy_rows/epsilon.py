"""c2: whether accountants agree on random trainings, and what canaries tell of trainings whose epsilon is known.

A twin of a training gives away of each canary a sum of normals, and for those that are in the number of steps in which
they took part. That is drawn here as it is, without a network: 1,000 canaries a training, with the noise that is
claimed and with half of it.
"""

from __future__ import annotations

import pathlib
import time
from typing import Any, NamedTuple

import numpy as np

from auditkit.plugins.privacy.accounting.noise import noise_for
from auditkit.plugins.privacy.accounting.spent import spent
from auditkit.plugins.privacy.dp_audit.findings import OneRun, one_run
from benchmarks.harness import Baseline, Gate, Line
from tests.plugins.privacy.accounting.test_accountants import random_case

DELTA = 1e-5
CANARIES = 1000
DESIGNS = (
    (3.0, 1.0, 1), (3.0, 0.5, 20), (3.0, 0.1, 200), (3.0, 0.05, 200), (3.0, 0.02, 1000), (3.0, 0.01, 1000),
    (8.0, 0.1, 200), (8.0, 0.02, 1000), (8.0, 0.01, 200), (1.0, 0.1, 200), (20.0, 0.02, 10),
)  # fmt: skip
"""Epsilon, sampling rate and steps."""


class Size(NamedTuple):
    """How much of it."""

    trainings: int
    """Random ones, of which epsilon is computed by all accountants."""
    correct: int
    """Twins of each design with the noise that is claimed."""
    sick: int
    """With half of it."""
    designs: int = len(DESIGNS)
    """How many of them."""


FULL = Size(200, 200, 40)
QUICK = Size(1, 2, 2, 2)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """Gates: no accountant outside of another's interval, at most one correct twin of a thousand refuted."""
    start = time.process_time()
    rng = np.random.default_rng(0)
    outside = sum(_outside(rng) for _ in range(size.trainings))
    powers = {f"epsilon {epsilon:g}, rate {rate:g}, {steps} steps": _power(epsilon, rate, steps, size, rng)
              for epsilon, rate, steps in DESIGNS[:size.designs]}  # fmt: skip
    accused = sum(power["accused"] for power in powers.values())
    gates = (
        Gate("random trainings of which PLD lies outside of PRV's interval", outside, 0),
        Gate("correct twins that are refuted", accused, max(1, size.correct * len(powers) // 1000)),
    )
    what = f"{size.trainings} random trainings, {size.correct} correct twins of {len(powers)} designs"
    seconds = (time.process_time() - start,)
    return [Line("c2", what, Baseline("nothing", 0.0, "no other library"), seconds, gates, None)], {"power": powers}


def _outside(rng: np.random.Generator) -> bool:
    """Whether PLD is below PRV's interval, or more than 0.02 above it; trainings too costly for it are drawn again."""
    while True:
        noise, rate, steps, delta = random_case(rng)
        cost = spent(((noise, rate, steps),), delta)
        if cost.pld is not None and cost.prv is not None:
            return not cost.prv.low <= cost.pld <= cost.prv.high + 0.02


def _power(epsilon: float, rate: float, steps: int, size: Size, rng: np.random.Generator) -> dict[str, float]:
    noise = noise_for(epsilon, rate, steps, DELTA)
    claimed = spent(((noise, rate, steps),), DELTA).reported
    correct = [_twin(noise, rate, steps, rng) for _ in range(size.correct)]
    half = [_twin(noise / 2, rate, steps, rng) for _ in range(size.sick)]
    return {
        "accused": sum(run.low > claimed for run in correct),
        "half the noise refuted by guesses": float(np.mean([run.guesses.low > claimed for run in half])),
        "half the noise refuted by the pair": float(np.mean([(run.pair.low or 0) > claimed for run in half])),
    }


def _twin(noise: float, rate: float, steps: int, rng: np.random.Generator) -> OneRun:
    present = rng.random(CANARIES) < 0.5
    scores = present * rng.binomial(steps, rate, CANARIES) + rng.normal(0, noise * np.sqrt(steps), CANARIES)
    return one_run(scores, present, DELTA)
