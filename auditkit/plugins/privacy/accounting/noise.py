"""How much noise keeps a training to an epsilon."""

import math

from auditkit.errors import ConfigError
from auditkit.plugins.privacy.accounting.accountants import pld_epsilon
from auditkit.plugins.privacy.accounting.history import LARGEST, LEAST_NOISE, Neighbours, history_of

MOST_NOISE = 1000.0
"""Noise of more, over the clipping norm, is not sought: it hides everything."""
CLOSE = 0.997
"""Which part of the target is used up at least."""


def noise_for(
    target_epsilon: float,
    sample_rate: float,
    steps: int,
    delta: float,
    neighbours: Neighbours = "add_or_remove",
    trainings: int = 1,
) -> float:
    """The noise multiplier with which `steps` steps cost at most `target_epsilon`, and not much less.

    Sought between powers of two by interpolation of log(epsilon) over log(noise), each other time by the middle.

    Args:
        target_epsilon: above 0, at most `LARGEST`.
        sample_rate: above 0, at most 1.
        steps: 1 or more.
        delta: at least 1e-10, under 1.
        neighbours: between which data sets epsilon holds.
        trainings: how many trainings like this read the same rows, all of which are paid for.

    Raises:
        ConfigError: an argument is out of range, or no noise reaches the target.
        MissingExtra: opacus or dp-accounting is not installed.
    """
    if not 0 < target_epsilon <= LARGEST:
        raise ConfigError(f"target_epsilon must lie above 0 and up to {LARGEST:g}; {target_epsilon} was given")
    if steps < 1:
        raise ConfigError(f"steps must be at least 1; {steps} was given. Give more epochs or a smaller batch")

    def cost(noise: float) -> float:
        history = history_of(((noise, sample_rate, steps),), delta, trainings)
        return pld_epsilon(history, delta, neighbours)

    high, cost_high = 1.0, cost(1.0)
    while cost_high > target_epsilon:
        high = 2 * high
        if high > MOST_NOISE:
            raise ConfigError(
                f"target_epsilon {target_epsilon} cannot be reached with {steps} steps at rate {sample_rate:.3g} and "
                f"delta {delta:.3g}: it takes noise of more than {MOST_NOISE:g} times the clipping norm. Give a larger "
                "one, fewer epochs or a smaller batch"
            )
        cost_high = cost(high)
    low, cost_low = high / 2, cost(high / 2)
    while cost_low <= target_epsilon and low / 2 > LEAST_NOISE:
        high, cost_high = low, cost_low
        low, cost_low = low / 2, cost(low / 2)
    turn = 0
    while cost_high < CLOSE * target_epsilon and high / low > 1 + 1e-6:
        turn += 1
        middle = math.sqrt(low * high)
        if turn % 3 and cost_high > 0:
            share = math.log(cost_low / ((1 + CLOSE) / 2 * target_epsilon)) / math.log(cost_low / cost_high)
            middle = low * (high / low) ** share
        cost_middle = cost(middle)
        if cost_middle > target_epsilon:
            low, cost_low = middle, cost_middle
        else:
            high, cost_high = middle, cost_middle
    return high
