"""The small networks of the demos, and the plain loop that trains them."""

import numpy as np
import torch
from torch import nn


def make_mlp(features: int, classes: int = 2, hidden: int = 32) -> nn.Sequential:
    """Two hidden layers of `hidden` units."""
    return nn.Sequential(
        nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, classes)
    )


def make_cnn(classes: int = 10) -> nn.Sequential:
    """Two convolutions for pictures (N, 1, 8, 8)."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 4 * 4, classes),
    )  # fmt: skip


def fit(
    module: nn.Module, inputs: np.ndarray, codes: np.ndarray, *, epochs: int, seed: int = 0, lr: float = 2e-3
) -> None:
    """Train `module` in place with Adam and cross-entropy, batches of 64, and leave it in eval mode.

    Args:
        module: gives logits (N, C).
        inputs: (N, ...) float32.
        codes: (N,) class positions.
        epochs: passes over the data.
        seed: of the order of the rows.
        lr: learning rate.
    """
    x, y = torch.from_numpy(inputs.astype(np.float32)), torch.from_numpy(codes.astype(np.int64))
    optimizer = torch.optim.Adam(module.parameters(), lr=lr)
    order = torch.Generator().manual_seed(seed)
    module.train()
    for _ in range(epochs):
        for batch in torch.split(torch.randperm(len(x), generator=order), 64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(x[batch]), y[batch]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    module.eval()


def seeded(make: object, *arguments: int, seed: int = 0) -> nn.Module:
    """`make(*arguments)` with initial weights that depend on `seed` alone; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module: nn.Module = make(*arguments)  # type: ignore[operator]
        return module
