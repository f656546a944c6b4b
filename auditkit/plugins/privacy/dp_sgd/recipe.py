"""How a private training is done."""

from typing import NamedTuple


class Recipe(NamedTuple):
    """How to train."""

    sample_rate: float
    steps: int
    noise_multiplier: float
    max_grad_norm: float
    learning_rate: float
    momentum: float
