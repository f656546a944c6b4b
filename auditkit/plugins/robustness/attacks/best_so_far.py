"""The rows that still withstand: an attack works on these alone, and what it found is kept for all."""

from __future__ import annotations

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.problem import Attacked, Glance, Problem


class Record:
    """What was found so far on N rows.

    Args:
        problem: whose counts are read.
        x: (N, *shape) the rows.
    """

    def __init__(self, problem: Problem, x: Tensor) -> None:
        self.problem = problem
        self.points = x.clone()
        self.loss = torch.full((len(x),), -torch.inf, dtype=x.dtype, device=x.device)
        self.broken = torch.zeros(len(x), dtype=torch.bool, device=x.device)
        self._asked = problem.forward, problem.backward

    def note(self, at: Tensor, points: Tensor, glance: Glance) -> None:
        """Take down what was seen at `points` of the rows `at` (both n long)."""
        better = glance.wrong | (glance.loss > self.loss[at])
        rows = at[better]
        self.points[rows] = points[better]
        self.loss[rows] = glance.loss[better]
        self.broken[at[glance.wrong]] = True

    def left(self) -> Tensor:
        """(n,) the rows that withstood."""
        return (~self.broken).nonzero()[:, 0]

    def attacked(self) -> Attacked:
        """The result, with the rows asked about since this record was opened."""
        forward, backward = self._asked
        return Attacked(self.broken, self.points, self.problem.forward - forward, self.problem.backward - backward)


def pick(state: dict[str, Tensor], keep: Tensor) -> dict[str, Tensor]:
    """The rows of every tensor that are kept; the same tensors where all are."""
    return state if bool(keep.all()) else {name: each[keep] for name, each in state.items()}
