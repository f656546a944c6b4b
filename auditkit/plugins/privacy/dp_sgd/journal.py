"""What happened in a private training, step by step."""

from typing import Any

import numpy as np

from auditkit.plugins.privacy.dp_sgd.recipe import Recipe


class Journal:
    """What happened, step by step: every step is looked at between the noise and the update.

    Args:
        recipe: of the training.
        expected: rows in a step, on average.
    """

    def __init__(self, recipe: Recipe, expected: float) -> None:
        self.recipe, self.expected = recipe, expected
        self.sizes: list[int] = []
        self.squares = 0.0
        self.numbers = 0
        """How many numbers the mean square of the noise is of."""
        self.clipped = 0.0
        """The largest norm of the clipped sum of a step, over the bound: batch size times clipping norm."""
        self.history: tuple[tuple[float, float, int], ...] = ()
        """The accountant's: (noise multiplier, sampling rate, steps)."""

    @property
    def batches(self) -> np.ndarray:
        """(steps,) rows that took part."""
        return np.array(self.sizes)

    @property
    def noise(self) -> float:
        """The mean square of the noise added, over what it should be."""
        spread = (self.recipe.noise_multiplier * self.recipe.max_grad_norm) ** 2
        return self.squares / self.numbers / spread if self.numbers else float("nan")

    def see(self, optimizer: Any) -> None:
        """Take down a step of the optimizer."""
        total = 0.0
        for param in optimizer.params:
            noise = param.grad * self.expected - param.summed_grad.view_as(param.grad)
            self.squares += float((noise.double() ** 2).sum())
            self.numbers += noise.numel()
            total += float((param.summed_grad.double() ** 2).sum())
        if self.sizes[-1]:
            self.clipped = max(self.clipped, total**0.5 / (self.recipe.max_grad_norm * self.sizes[-1]))
