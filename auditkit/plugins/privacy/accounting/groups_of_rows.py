"""Epsilon of several rows together: of a person, a household or a duplicated record."""

import math
from typing import NamedTuple

import numpy as np
import scipy

from auditkit.errors import ConfigError, require
from auditkit.plugins.privacy.accounting.accountants import pld_epsilon
from auditkit.plugins.privacy.accounting.history import Neighbours, history_of

MOST_ROWS = 64
"""Above this many rows the mixture has too many parts to be solved for in seconds."""
POINTS = 2_000, 20_000
"""The grid of losses, at least and at most: each of its points is solved for by iteration. Coarser is never lower."""


class Together(NamedTuple):
    """What several rows together are promised."""

    epsilon: float
    """Infinite where nothing is promised."""
    delta: float
    method: str


def epsilon_of_rows(
    noise_multiplier: float,
    sample_rate: float,
    steps: int,
    delta: float,
    rows: int,
    neighbours: Neighbours = "add_or_remove",
) -> Together:
    """Epsilon of `rows` rows together.

    Rows that may all be there or not there at all: in each step a binomial number of them takes part, and their clipped
    gradients add up at worst, which is a mixture of Gaussians (Choquette-Choo et al. 2024, arXiv:2310.15526, corollary
    4.7), composed as a privacy loss distribution; the larger of both directions. Replaced rows, and more than
    `MOST_ROWS`: `group_bound`, which holds at a larger delta.

    Args:
        noise_multiplier: standard deviation of the noise over the clipping norm, above 0.
        sample_rate: the chance of each row to take part in a step, by its own coin; above 0, at most 1.
        steps: 0 or more.
        delta: at least 1e-10, under 1.
        rows: 1 or more.
        neighbours: whether the rows are there or not, or are others.

    Raises:
        ConfigError: an argument is out of range.
        MissingExtra: dp-accounting is not installed.
    """
    if rows < 1:
        raise ConfigError(f"rows must be at least 1; {rows} was given")
    history = history_of(((noise_multiplier, sample_rate, steps),), delta)
    single = pld_epsilon(history, delta, neighbours)
    if rows == 1 or not history:
        return Together(single, delta, "privacy loss distribution")
    if neighbours == "replace" or rows > MOST_ROWS:
        return group_bound(single, delta, rows)
    counts = np.arange(rows + 1)
    chances = scipy.special.binom(rows, counts) * sample_rate**counts * (1 - sample_rate) ** (rows - counts)
    reach = (10.3 * noise_multiplier * rows + 1.5 * rows**2) / noise_multiplier**2
    grid = min(0.02 * rows * single, 0.1) / math.sqrt(steps)
    losses = require("dp_accounting.pld.privacy_loss_distribution", "opacus").from_mixture_gaussian_mechanism(
        noise_multiplier, counts.tolist(), (chances / chances.sum()).tolist(),
        value_discretization_interval=min(max(grid, reach / POINTS[1]), reach / POINTS[0]),
    )  # fmt: skip
    epsilon = float(losses.self_compose(steps).get_epsilon_for_delta(delta))
    return Together(epsilon, delta, "privacy loss distribution of a mixture of Gaussians")


def group_bound(epsilon: float, delta: float, rows: int) -> Together:
    """What follows for `rows` rows from the promise to one: k epsilon, at a delta of k e^((k - 1) epsilon) delta.

    Source: Dwork and Roth (2014), The Algorithmic Foundations of Differential Privacy, theorem 2.2 with delta
    (Vadhan 2017, The Complexity of Differential Privacy, lemma 2.2).
    """
    exponent = (rows - 1) * epsilon + math.log(rows * delta)
    together = math.exp(exponent) if exponent < 0 else 1.0
    return Together(rows * epsilon if together < 1 else math.inf, together, "k epsilon at k e^((k - 1) epsilon) delta")
