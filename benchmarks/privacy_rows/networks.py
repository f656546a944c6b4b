"""The networks that are trained, with made-up batches for them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional


class Work(NamedTuple):
    """A network and a batch."""

    name: str
    module: nn.Module
    inputs: torch.Tensor
    targets: torch.Tensor


class Block(nn.Module):
    """Attention and two layers, normalised before each."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.asked, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, places, width = x.shape
        shape = (rows, places, self.heads, width // self.heads)
        parts = [part.reshape(shape).transpose(1, 2) for part in self.asked(self.before(x)).chunk(3, -1)]
        seen = functional.scaled_dot_product_attention(*parts).transpose(1, 2).reshape(x.shape)
        x = x + self.out(seen)
        return x + self.narrow(functional.relu(self.wide(self.between(x))))


class Transformer(nn.Module):
    """Words and positions, two blocks, the mean over places, two classes."""

    def __init__(self, words: int = 1000, places: int = 32, width: int = 64) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(words, width), nn.Embedding(places, width)
        self.blocks = nn.Sequential(Block(width), Block(width))
        self.after, self.head = nn.LayerNorm(width), nn.Linear(width, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        places = torch.arange(x.shape[1], device=x.device).repeat(len(x), 1)  # opacus needs them for each row
        return self.head(self.after(self.blocks(self.words(x) + self.positions(places))).mean(1))


def mlp(*widths: int) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for width, following in itertools.pairwise(widths):
        layers += [nn.Linear(width, following), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def cnn() -> nn.Sequential:
    """3 × 3 convolutions 1-32-64 of pictures of 28 × 28, pooling, ten classes."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(64 * 12 * 12, 10),
    )  # fmt: skip


def works(share: float, device: str) -> list[Work]:
    """All of them, with batches of that share of the full size."""
    torch.manual_seed(0)

    def work(name: str, make: Callable[[], nn.Module], rows: int, shape: tuple[int, ...], classes: int) -> Work:
        rows = max(2, round(rows * share))
        inputs = torch.randint(1000, (rows, 32)) if name == "Transformer" else torch.randn(rows, *shape)
        tensors = (inputs, torch.randint(classes, (rows,)))
        return Work(f"{name}, batch of {rows}", make().to(device), *(tensor.to(device) for tensor in tensors))

    return [
        work("MLP 100-512-512-2", lambda: mlp(100, 512, 512, 2), 512, (100,), 2),
        work("Transformer", Transformer, 256, (), 2),
        work("CNN 1-32-64", cnn, 64, (1, 28, 28), 10),
        work("CNN 1-32-64", cnn, 128, (1, 28, 28), 10),
    ]
