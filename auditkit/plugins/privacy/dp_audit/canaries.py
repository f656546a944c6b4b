"""Canaries: gradients in directions of their own, of which each is in or out by its own fair coin."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import numpy as np
import torch

COUNT = 1000
"""How many, where the model has as many parameters."""


class Canaries:
    """Gradient canaries that take part in a training beside its rows.

    Each has a share of the parameters to itself, drawn at random, with random signs: directions that are exactly
    orthogonal, and take no memory beyond two numbers a parameter. Their norm is the clipping norm: no row may do more.

    Args:
        parameters: that are trained.
        norm: the clipping norm.
        count: at most this many, and at most one for each number.
    """

    def __init__(self, parameters: Sequence[torch.Tensor], norm: float, count: int = COUNT) -> None:
        self._shapes = [parameter.shape for parameter in parameters]
        numbers = sum(shape.numel() for shape in self._shapes)
        self.count, self.norm = min(count, numbers), norm
        device = parameters[0].device if parameters else torch.device("cpu")
        coins = torch.Generator()
        coins.manual_seed(secrets.randbits(63))
        self.present = torch.rand(self.count, generator=coins) < 0.5
        """(count,) who is in: the only secret that the audit guesses."""
        self._owner = (torch.randperm(numbers, generator=coins) % self.count).to(device)
        signs = torch.randint(0, 2, (numbers,), generator=coins).to(device) * 2.0 - 1.0
        self._direction = signs / torch.bincount(self._owner, minlength=self.count)[self._owner].sqrt()
        self._scores = torch.zeros(self.count, dtype=torch.float64, device=device)

    def sums(self, drawn: torch.Tensor) -> list[torch.Tensor]:
        """What those drawn add to each parameter's sum of clipped gradients.

        Args:
            drawn: (count,) who would take part in this step, were all in; who is out never does.
        """
        riding = (drawn & self.present).to(self._owner.device)
        flat = self.norm * self._direction * riding[self._owner]
        pieces = torch.split(flat, [shape.numel() for shape in self._shapes])
        return [piece.view(shape) for piece, shape in zip(pieces, self._shapes, strict=True)]

    def see(self, sums: Sequence[torch.Tensor]) -> None:
        """Add to each canary's score what a step gave away about it: the noised sum along its direction."""
        flat = torch.cat([part.detach().flatten() for part in sums]).to(self._direction)
        self._scores += torch.bincount(self._owner, (flat * self._direction).double(), minlength=self.count) / self.norm

    @property
    def scores(self) -> np.ndarray:
        """(count,) so far, in clipping norms."""
        return np.asarray(self._scores.cpu().numpy())
