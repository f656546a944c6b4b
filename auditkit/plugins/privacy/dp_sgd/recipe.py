"""How a private training is done."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Optimizer: TypeAlias = Literal["sgd", "adam"]
Schedule: TypeAlias = Literal["constant", "linear", "cosine"]


class Recipe(NamedTuple):
    """How to train."""

    sample_rate: float
    """The chance of a unit to take part in a step."""
    steps: int
    noise_multiplier: float
    max_grad_norm: float
    learning_rate: float
    momentum: float
    optimizer: Optimizer = "sgd"
    schedule: Schedule = "constant"
