"""Optimizers and how their step size falls; they see noised gradients alone."""

from __future__ import annotations

import math

import torch
from torch import nn

from auditkit.plugins.privacy.dp_sgd.recipe import Recipe


def optimizer_of(recipe: Recipe, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """Stochastic gradient descent, or Adam."""
    if recipe.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=recipe.learning_rate)
    return torch.optim.SGD(parameters, lr=recipe.learning_rate, momentum=recipe.momentum)


def rate_at(recipe: Recipe, step: int) -> float:
    """The step size of step 0, 1, …: constant, or falling to nearly 0 as a line or as half a cosine."""
    gone = step / recipe.steps
    shares = {"constant": 1.0, "linear": 1 - gone, "cosine": (1 + math.cos(math.pi * gone)) / 2}
    return recipe.learning_rate * shares[recipe.schedule]
