"""What an accountant is told: noise, sampling and steps, between which neighbouring data sets, and at which delta."""

import math
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from auditkit.errors import ConfigError

LARGEST = 100.0
"""Above this epsilon nothing is promised, and none is sought."""
LEAST_NOISE = 0.06
"""Noise of less, over the clipping norm, hides nothing, and numbers overflow."""
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
        phases: (noise multiplier, sampling rate, steps): at least `LEAST_NOISE`; above 0, at most 1; 0 or more, at most
            `MOST_STEPS` together.
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
    history = []
    for noise_multiplier, sample_rate, steps in phases:
        if not LEAST_NOISE <= noise_multiplier < math.inf:
            raise ConfigError(
                f"noise_multiplier must be finite and at least {LEAST_NOISE}, for less hides nothing; "
                f"{noise_multiplier} was given"
            )
        if not 0 < sample_rate <= 1:
            raise ConfigError(f"the sampling rate must lie above 0 and up to 1; {sample_rate} was given")
        if not 0 <= steps < math.inf or steps != int(steps):
            raise ConfigError(f"steps must be a whole number, 0 or more; {steps} was given")
        if steps:
            history.append(Phase(float(noise_multiplier), float(sample_rate), int(steps) * trainings))
    if (total := sum(phase.steps for phase in history)) > MOST_STEPS:
        raise ConfigError(f"steps times trainings must be at most {MOST_STEPS:,}; they are {total:,}")
    return tuple(history)


def first_steps(history: History, steps: int) -> History:
    """The history of the first `steps` steps."""
    taken: list[Phase] = []
    for phase in history:
        left = steps - sum(earlier.steps for earlier in taken)
        if left > 0:
            taken.append(phase._replace(steps=min(phase.steps, left)))
    return tuple(taken)
