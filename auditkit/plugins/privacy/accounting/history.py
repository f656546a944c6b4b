"""What an accountant is told: noise, sampling and steps, between which neighbouring data sets, and at which delta."""

import math
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from auditkit.errors import ConfigError

LARGEST = 100.0
"""Above this epsilon nothing is promised, and none is sought."""
LEAST_NOISE = 0.06
"""Noise of less, over the clipping norm, hides nothing, and numbers overflow."""
LARGEST_NOISE = 1e6
"""Noise of more hides everything, and numbers overflow."""
LEAST_RATE = 1e-9
"""A sampling rate of less is that of no training, and numbers are rounded to 0."""
MOST_PHASES = 20
"""Stretches of steps that were done alike: each is composed by itself, which takes seconds."""
MOST_STEPS = 5_000_000
"""Of all phases and trainings: more take gigabytes to be composed."""
SMALLEST_DELTA = 1e-10
"""Under this delta the rounding of floating point decides what an accountant says."""

Neighbours: TypeAlias = Literal["add_or_remove", "replace"]
"""Neighbouring data sets differ by one row that is there or not, or by one row that is another (twice the change)."""


class Phase(NamedTuple):
    """Steps that were done alike."""

    noise_multiplier: float
    """Standard deviation of the noise over the clipping norm."""
    sample_rate: float
    """The chance of each row to take part in a step, by its own toss of a coin (Poisson sampling)."""
    steps: int


History: TypeAlias = tuple[Phase, ...]


def history_of(phases: Iterable[Sequence[float]], delta: float, trainings: int = 1) -> History:
    """A history that an accountant can be asked about; phases without a step are left out.

    Args:
        phases: (noise multiplier, sampling rate, steps): `LEAST_NOISE` to `LARGEST_NOISE`; `LEAST_RATE` to 1; 0 or
            more, at most `MOST_STEPS` together. Neighbours that are alike are one, and at most `MOST_PHASES` are left.
        delta: at least `SMALLEST_DELTA`, under 1.
        trainings: how many trainings like this one read the same rows, 1 or more: a search for hyper-parameters.

    Raises:
        ConfigError: an argument is out of range.
    """
    # comparisons with NaN are false, so each of these refuses it
    if not 0 < delta < 1:
        raise ConfigError(f"delta must lie between 0 and 1; {delta} was given")
    if delta < SMALLEST_DELTA:
        raise ConfigError(
            f"delta must be at least {SMALLEST_DELTA:g}, for below that rounding decides epsilon; {delta} was given"
        )
    if trainings < 1:
        raise ConfigError(f"trainings must be at least 1, this training included; {trainings} was given")
    history: list[Phase] = []
    for noise_multiplier, sample_rate, steps in phases:
        if not LEAST_NOISE <= noise_multiplier <= LARGEST_NOISE:
            raise ConfigError(
                f"noise_multiplier must be finite and at least {LEAST_NOISE}, for less hides nothing, and at most "
                f"{LARGEST_NOISE:g}; {noise_multiplier} was given"
            )
        if not LEAST_RATE <= sample_rate <= 1:
            raise ConfigError(
                f"the sampling rate must lie above 0 and up to 1, from {LEAST_RATE:g} on; {sample_rate} was given"
            )
        if not 0 <= steps < math.inf or steps != int(steps):
            raise ConfigError(f"steps must be a whole number, 0 or more; {steps} was given")
        phase = Phase(float(noise_multiplier), float(sample_rate), int(steps) * trainings)
        if history and history[-1][:2] == phase[:2]:
            history[-1] = phase._replace(steps=history[-1].steps + phase.steps)
        elif steps:
            history.append(phase)
    if (total := sum(phase.steps for phase in history)) > MOST_STEPS:
        shown = f"{total:,}" if total < 10**15 else "more than 10^15"
        raise ConfigError(f"steps times trainings must be at most {MOST_STEPS:,}; they are {shown}")
    if len(history) > MOST_PHASES:
        raise ConfigError(
            f"a history must have at most {MOST_PHASES} stretches of steps that were done alike; it has "
            f"{len(history):,}. Where noise or rate changed more often, no epsilon can be said here"
        )
    return tuple(history)


def first_steps(history: History, steps: int) -> History:
    """The history of the first `steps` steps."""
    taken: list[Phase] = []
    for phase in history:
        left = steps - sum(earlier.steps for earlier in taken)
        if left > 0:
            taken.append(phase._replace(steps=min(phase.steps, left)))
    return tuple(taken)
