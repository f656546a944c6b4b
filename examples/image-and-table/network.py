"""A network of two inputs, a picture and a table, and how a row becomes both."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import nn

SIDE = 8
PIXELS = [f"pixel_{row}{column}" for row in range(SIDE) for column in range(SIDE)]
TABLE = ["age", "years_known"]


class Inputs(NamedTuple):
    """What the network takes, by the names of its arguments."""

    picture: torch.Tensor
    table: torch.Tensor


def inputs(rows: pd.DataFrame) -> Inputs:
    """What `preprocess = "network:inputs"` names: pixels become (N, 1, 8, 8), the rest (N, 2) around 0."""
    picture = torch.tensor(rows[PIXELS].to_numpy(np.float32)).reshape(-1, 1, SIDE, SIDE)
    table = torch.tensor((rows[TABLE].to_numpy(np.float32) - [50, 5]) / [15, 4], dtype=torch.float32)
    return Inputs(picture, table)


class Network(nn.Module):
    """Logits (N, 2) of pictures (N, 1, 8, 8) with values from 0 to 1 and of two columns (N, 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.eye = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(4 + len(TABLE), 16), nn.ReLU(), nn.Linear(16, 2))

    def forward(self, picture: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
        return self.head(torch.cat([self.eye(picture), table], dim=1))
