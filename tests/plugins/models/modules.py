"""Small torch modules with known answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

import auditkit

torch.manual_seed(0)


def mlp(outputs: int = 2, *last: nn.Module) -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, outputs), *last)


class Cnn(nn.Module):
    """(N, 1, 8, 8) images to three logits, with batch norm and dropout."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten())
        self.head = nn.Linear(4 * 36, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(images))


class Words(nn.Module):
    """(N, T) positions of words to two logits."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(30, 5)
        self.head = nn.Linear(5, 2)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.head(self.embedding(words))


class Recurrent(nn.Module):
    """(N, T, 4) sequences to two logits."""

    def __init__(self, kind: type[nn.RNNBase] = nn.LSTM) -> None:
        super().__init__()
        self.cells = kind(4, 6, batch_first=True)
        self.head = nn.Linear(6, 2)

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        return self.head(self.cells(sequence)[0][:, -1])


class Flat(nn.Module):
    """One output per row without a column."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.inner(inputs)[:, 0]


class Scaled(nn.Module):
    """A parameter of its own that nothing can draw anew."""

    def __init__(self, by: float = 2.0) -> None:
        super().__init__()
        self.by = nn.Parameter(torch.tensor(by))
        self.inner = nn.Linear(4, 2)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.by * self.inner(inputs)


def make_mlp(hidden: int = 8, outputs: int = 2) -> nn.Module:
    """A factory for class_path."""
    return nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


NOT_A_MODULE = dict


def asked(*layers: nn.Module, **options: Any) -> Callable[..., Any]:
    """A network of these layers is asked about rows of numbers."""

    def ask(**mends: Any) -> Any:
        numbers = np.random.default_rng(0).normal(size=(60, 4))
        return auditkit.wrap(nn.Sequential(*layers), **{**options, **mends}).answers(numbers)

    return ask


class Twice(nn.Module):
    """Two outputs of one number each."""

    def forward(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return rows[:, :1], rows[:, 1:2]


class Mixture(nn.Module):
    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return rows.sigmoid() @ torch.tensor([[0.2], [0.8]])


MENDS: dict[str, Callable[..., Any]] = {
    "one number per row": asked(nn.Linear(4, 1)),
    "logits called probabilities": asked(nn.Linear(4, 2), output="probabilities"),
    "several labels at once": asked(nn.Linear(4, 2), nn.Sigmoid()),
    "numbers never below 0": asked(nn.Linear(4, 1), nn.Softplus(0.1), task="binary"),
    "a logit or a probability": asked(nn.Linear(4, 2), Mixture(), task="binary"),
    "several outputs": asked(Twice(), task="regression"),
}
"""{what is wrong: a call that says so, and that gets further with what it proposes}"""
