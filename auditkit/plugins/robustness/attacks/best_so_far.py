"""The rows that still withstand: an attack works on these alone, and what it found is kept for all."""

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.problem import Attacked, Evaluation, Problem


class Record:
    """What was found so far on N rows.

    Args:
        problem: what is attacked.
        x: (N, *shape) the rows.
    """

    def __init__(self, problem: Problem, x: Tensor) -> None:
        self.problem = problem
        self.points = x.clone()
        self.loss = torch.full((len(x),), -torch.inf, dtype=x.dtype, device=x.device)
        self.broken = torch.zeros(len(x), dtype=torch.bool, device=x.device)

    def note(self, indices: Tensor, points: Tensor, glance: Evaluation) -> None:
        """Take down what was seen at `points` of the rows `indices` (both n long)."""
        is_better = glance.wrong | (glance.loss > self.loss[indices])
        rows = indices[is_better]
        self.points[rows] = points[is_better]
        self.loss[rows] = glance.loss[is_better]
        self.broken[indices[glance.wrong]] = True

    def left(self) -> Tensor:
        """(n,) the rows that withstood."""
        return (~self.broken).nonzero()[:, 0]

    def attacked(self) -> Attacked:
        """The result."""
        return Attacked(self.broken, self.points)


def pick(state: dict[str, Tensor], kept_rows: Tensor) -> dict[str, Tensor]:
    """The rows of every tensor that are kept; the same tensors where all are."""
    return state if bool(kept_rows.all()) else {name: values[kept_rows] for name, values in state.items()}
