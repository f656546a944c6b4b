"""The network: two convolutions, and the mean over the picture of what they see."""

from __future__ import annotations

import torch
from torch import nn


class Network(nn.Module):
    """Logits (N, 2) of pictures (N, 1, 16, 16) with values from 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool2d(2),
            nn.Flatten(), nn.Linear(32, 2),
        )  # fmt: skip

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.layers(pictures)
