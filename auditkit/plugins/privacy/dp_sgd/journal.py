"""What happened in a private training, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from auditkit.plugins.privacy.dp_sgd.recipe import Recipe


class Journal:
    """What happened: every step is looked at between the noise and the update.

    Args:
        recipe: of the training.
        units: rows or persons that there are to draw from.
    """

    def __init__(self, recipe: Recipe, units: int) -> None:
        self.recipe, self.units = recipe, units
        self.expected = recipe.sample_rate * units
        """Units in a step, on average."""
        self.sizes: list[int] = []
        self.squares = 0.0
        self.numbers = 0
        """How many numbers the mean square of the noise is of."""
        self.clipped = 0.0
        """The largest norm of clipped gradients, of a step over its number of units or of one unit alone, over the
        clipping norm."""
        self.row_error = 0.0
        """How far a row's gradient in a batch of the training was from its gradient alone, at the steps looked into."""
        self.disturbed = 0
        """Steps in which weights moved beside the optimizer."""
        self.history: tuple[tuple[float, float, int], ...] = ()
        """The accountant's: (noise multiplier, sampling rate, steps)."""

    @property
    def batches(self) -> np.ndarray:
        """(steps,) units that took part."""
        return np.array(self.sizes)

    @property
    def noise(self) -> float:
        """The mean square of the noise added, over what it should be."""
        spread = (self.recipe.noise_multiplier * self.recipe.max_grad_norm) ** 2
        return self.squares / self.numbers / spread if self.numbers else float("nan")

    def see(self, parameters: Sequence[nn.Parameter], sums: Sequence[torch.Tensor]) -> None:
        """Take down a step, from the gradients that the optimizer is about to use.

        Args:
            parameters: with their gradients.
            sums: of clipped gradients, before the noise.
        """
        for parameter, clipped_sum in zip(parameters, sums, strict=True):
            if parameter.grad is not None:
                noise = parameter.grad * self.expected - clipped_sum
                self.squares += float((noise.double() ** 2).sum())
            self.numbers += parameter.numel()
        if self.sizes[-1]:
            self.see_clipped(sums, self.sizes[-1])

    def see_clipped(self, sums: Sequence[torch.Tensor], units: int) -> None:
        """Take down the sum of clipped gradients of some units."""
        total = sum(float((part.double() ** 2).sum()) for part in sums)
        self.clipped = max(self.clipped, float(total) ** 0.5 / (self.recipe.max_grad_norm * units))
