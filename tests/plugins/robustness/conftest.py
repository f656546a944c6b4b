"""A small network on real digits, plain and in disguises, for all tests of robustness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest


class Digits(NamedTuple):
    network: Any
    pictures: np.ndarray
    labels: np.ndarray


@pytest.fixture(scope="session")
def digits() -> Digits:
    """A small convolutional network on real digits, and the pictures that it has not seen."""
    import torch
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    pictures = (pictures / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = torch.nn.Sequential(
            torch.nn.Conv2d(1, 16, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
            torch.nn.Linear(256, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10),
        )  # fmt: skip
        optimizer = torch.optim.Adam(network.parameters(), 1e-2)
        x, y = torch.from_numpy(pictures[:1200]), torch.from_numpy(labels[:1200])
        for _ in range(12):
            for at in torch.randperm(1200).split(64):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(network(x[at]), y[at]).backward()
                optimizer.step()
    network.zero_grad(set_to_none=True)
    return Digits(network.eval(), pictures[1200:], labels[1200:])


@pytest.fixture(scope="session")
def disguised(digits: Digits) -> Callable[[str], Any]:
    """The same network, its output or input dressed up in a way that changes few decisions or none."""
    import torch

    ways: dict[str, Callable[[Any], Any]] = {
        "plain": lambda x: digits.network(x),
        "times 100": lambda x: digits.network(x) * 100,
        "by 100": lambda x: digits.network(x) / 100,
        "softmax": lambda x: digits.network(x).softmax(1),
        "log-softmax": lambda x: digits.network(x).log_softmax(1),
        "quantised input": lambda x: digits.network((x * 16).round() / 16),
        "one-hot": lambda x: torch.nn.functional.one_hot(digits.network(x).argmax(1), 10).float(),
        "saturated softmax": lambda x: (100 * digits.network(x)).softmax(1),
        "clamped logarithm": lambda x: digits.network(x).softmax(1).clamp(1e-6, 1).log(),
        "clamped logits": lambda x: digits.network(x).clamp(-5, 5),
        "bytes": lambda x: digits.network((x * 255).to(torch.uint8).float() / 255),
        "noisy": lambda x: digits.network(x) + 2 * torch.randn(len(x), 10),
    }

    class Dressed(torch.nn.Module):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.network = digits.network
            self.way = ways[name]

        def forward(self, x: Any) -> Any:
            return self.way(x)

    return lambda name: Dressed(name).eval()
