"""A small vision Transformer: patches of a picture, looked at together."""

from __future__ import annotations

import torch
from torch import nn

PATCH, WIDTH = 4, 16


class Network(nn.Module):
    """Logits (N, 2) of pictures (N, 1, 16, 16) with values from 0 to 1.

    A picture is 16 patches of 4 × 4 pixels; one layer of attention looks at all of them and at a token of its own,
    from which the answer is read (Dosovitskiy et al. 2021, arXiv:2010.11929).
    """

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, WIDTH, PATCH, stride=PATCH)
        self.token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.places = nn.Parameter(0.1 * torch.randn(1, 17, WIDTH))
        self.before, self.after = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, 2, batch_first=True)
        self.wide = nn.Sequential(nn.Linear(WIDTH, 32), nn.GELU(), nn.Linear(32, WIDTH))
        self.head = nn.Linear(WIDTH, 2)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        words = self.patches(pictures).flatten(2).transpose(1, 2)
        words = torch.cat([self.token.expand(len(words), -1, -1), words], dim=1) + self.places
        scaled = self.before(words)
        words = words + self.attention(scaled, scaled, scaled, need_weights=False)[0]
        return self.head(words[:, 0] + self.wide(self.after(words[:, 0])))
