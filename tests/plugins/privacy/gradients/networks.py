"""Small networks: healthy ones, and some in which rows mix."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

CLASSES = 3


def problem(*shape: int, rows: int = 24, kind: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(rows)
    return torch.randn(rows, *shape, generator=generator, dtype=kind), torch.arange(rows) % CLASSES


def words(rows: int = 24, places: int = 5, entries: int = 9) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(rows)
    return torch.randint(entries, (rows, places), generator=generator), torch.arange(rows) % CLASSES


def made(module: nn.Module, kind: torch.dtype = torch.float64) -> nn.Module:
    """The module with weights that are the same every time, in training mode."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.4 + 0.1)
    return module.to(kind).train()


def mlp(**more: Any) -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(**more), nn.Dropout(0.5), nn.Linear(8, CLASSES))


class Mixing(nn.Module):
    """Normalises over the batch by hand, in training mode and where the batch is large enough."""

    def __init__(self, above: int = 1) -> None:
        super().__init__()
        self.first, self.second, self.above = nn.Linear(4, 8), nn.Linear(8, CLASSES), above

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.first(x)
        if self.training and len(x) > self.above:
            hidden = (hidden - hidden.mean(0)) / (hidden.std(0, unbiased=False) + 0.1)
        return self.second(hidden)


class Scaled(nn.Module):
    """Rows do not see each other, and yet each sees how many they are."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x) * len(x) ** 0.5


class Mixture(nn.Dropout):
    """Mixes rows and says that it is a dropout."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - x.mean(0) if self.training else x


class Outside(nn.Module):
    """Uses a weight outside its layer, and one that no layer has."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, CLASSES), nn.Linear(CLASSES, CLASSES)
        self.scale = nn.Parameter(torch.ones(CLASSES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale * functional.linear(self.first(x), self.second.weight)


class Words(nn.Module):
    """Positions given once for all rows, a block used twice, dropout by function, two normalisations."""

    def __init__(self, entries: int = 9, places: int = 5, width: int = 8) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(entries, width, padding_idx=0), nn.Embedding(places, width)
        self.mixed, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.before, self.after = nn.LayerNorm(width), nn.RMSNorm(width)
        self.head = nn.Linear(width, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.words(x) + self.positions(torch.arange(x.shape[1])[None])
        for _ in range(2):
            query, key, value = self.mixed(self.before(hidden)).chunk(3, dim=-1)
            seen = functional.scaled_dot_product_attention(query, key, value, dropout_p=0.1 if self.training else 0)
            hidden = hidden + functional.dropout(self.out(seen), 0.1, self.training)
        return self.head(self.after(hidden).mean(1))


class Tied(nn.Module):
    """The table of words is the last layer too."""

    def __init__(self, entries: int = 9) -> None:
        super().__init__()
        self.words, self.out = nn.Embedding(entries, 6), nn.Linear(6, entries, bias=False)
        self.out.weight = self.words.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(torch.tanh(self.words(x)).mean(1))


def pictures() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(2, 8, 3, padding=1, stride=2), nn.GroupNorm(2, 8), nn.ReLU(inplace=True),
        nn.Conv2d(8, 8, 3, groups=4, dilation=2, padding="same", padding_mode="reflect"),
        nn.InstanceNorm2d(8, affine=True), nn.Flatten(), nn.Linear(200, CLASSES),
    )  # fmt: skip
