"""All that is needed to explain the same rows again: for trials, at other inputs or of another network."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from auditkit.plugins.explanations.integrated import Integrated, gradients, integrated_gradients

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Path:
    """Rows, where their paths begin, and the network along them."""

    module: torch.nn.Module
    encoded: torch.Tensor
    """(n, ...)."""
    baseline: torch.Tensor
    """(1, ...) or (n, ...)."""
    origin: str
    """What the baseline is, in words."""
    targets: np.ndarray
    """(n,) the output's column for each row."""
    steps: int
    batch: int

    def explain(self, progress: Callable[[int, int, str], None] = lambda done, total, what: None) -> Integrated:
        """Integrated gradients of the rows."""
        return integrated_gradients(
            self.module, self.encoded, self.baseline, self.targets, self.steps, self.batch, progress
        )

    def gradients(self) -> np.ndarray:
        """(n, ...) gradients at the rows themselves."""
        return gradients(self.module, self.encoded, self.targets, self.batch)

    def first(self, rows: int) -> Path:
        """The first rows only."""
        start = self.baseline if len(self.baseline) == 1 else self.baseline[:rows]
        return dataclasses.replace(self, encoded=self.encoded[:rows], baseline=start, targets=self.targets[:rows])

    def of(self, module: torch.nn.Module) -> Path:
        """The same rows in another network."""
        return dataclasses.replace(self, module=module)

    def at(self, encoded: torch.Tensor) -> Path:
        """Other inputs from the same baseline."""
        return dataclasses.replace(self, encoded=encoded)

    @property
    def distance(self) -> np.ndarray:
        """(n, ...) rows minus baseline."""
        return np.asarray((self.encoded - self.baseline).double().cpu().numpy())
