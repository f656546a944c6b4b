"""Units of privacy: rows, or persons with all their rows."""

from __future__ import annotations

import numpy as np
import torch


class Units:
    """Which rows belong together: a unit is drawn as a whole, and its gradient is clipped once.

    Args:
        codes: (N,) int64 whole numbers, the same for rows of the same unit; None: each row is a unit.
        rows: N.
        rows_per_unit: most rows of a unit in a step; which of them is drawn anew in each step.
        device: where the rows are.
    """

    def __init__(self, codes: np.ndarray | None, rows: int, rows_per_unit: int, device: torch.device) -> None:
        self._device, self.rows_per_unit = device, rows_per_unit
        self.rows, self.count, self.largest = rows, rows, 1
        self.sizes = np.ones(rows, dtype=np.int64)
        """(units,) rows of each."""
        self._codes: torch.Tensor | None = None
        if codes is not None:
            _, places, sizes = np.unique(codes, return_inverse=True, return_counts=True)
            self._codes, self.count, self.largest = torch.from_numpy(places), len(sizes), int(sizes.max())
            self.sizes = sizes

    @property
    def are_rows(self) -> bool:
        """Whether each row is a unit."""
        return self._codes is None

    def rows_of(self, drawn: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Rows of the units drawn, and the unit of each; None where rows are units.

        Args:
            drawn: (units,) bool, on the CPU.
            generator: draws which rows of a large unit take part.
        """
        if self._codes is None:
            return torch.nonzero(drawn).flatten().to(self._device), None
        rows = torch.nonzero(drawn[self._codes]).flatten()
        if self.largest > self.rows_per_unit:
            rows = rows[torch.randperm(len(rows), generator=generator)]
        rows = rows[torch.argsort(self._codes[rows], stable=True)]
        codes = self._codes[rows]
        starts = torch.searchsorted(codes, codes)  # where each unit begins
        few = torch.arange(len(rows)) - starts < self.rows_per_unit
        return rows[few].to(self._device), codes[few].to(self._device)
