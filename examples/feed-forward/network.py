"""The network: it scales its columns itself, so that its weights are all there is to keep."""

from __future__ import annotations

import torch
from torch import nn


class Network(nn.Module):
    """Two hidden layers over scaled columns; logits (N, 2)."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("spread", torch.ones(columns))
        self.layers = nn.Sequential(
            nn.Linear(columns, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2)
        )  # fmt: skip

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.layers((rows - self.mean) / self.spread)
