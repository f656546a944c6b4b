"""MNIST from AUDITKIT_DATA, and a small network trained on it, plainly or against an attack."""

from __future__ import annotations

import gzip
import os
import pathlib
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

TRAINED_ON = 15_000
LATEST = 1_000
"""Images at the end of the file, which no network was trained on."""


class Pictures(NamedTuple):
    """Images in [0, 1] and their digits."""

    x: torch.Tensor
    """(N, 1, 28, 28) float32."""
    y: torch.Tensor
    """(N,) int64."""


def mnist() -> Pictures:
    """The 20,000 images of the data folder."""
    folder = pathlib.Path(os.environ.get("AUDITKIT_DATA", "../shared/data")) / "mnist"
    raw = [
        gzip.decompress((folder / f"train20k-{what}-ubyte.gz").read_bytes()) for what in ("images-idx3", "labels-idx1")
    ]
    images = np.frombuffer(raw[0], np.uint8, offset=16).reshape(-1, 1, 28, 28) / np.float32(255)
    labels = np.frombuffer(raw[1], np.uint8, offset=8).astype(np.int64)
    return Pictures(torch.from_numpy(images.astype(np.float32)), torch.from_numpy(labels))


def network() -> nn.Sequential:
    """Two convolutions and two layers: 168,000 weights."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(16, 32, 5, stride=2, padding=2), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 49, 100), nn.ReLU(), nn.Linear(100, 10),
    )  # fmt: skip


def trained(pictures: Pictures, epsilon: float, epochs: int) -> nn.Module:
    """A network after Adam; with an epsilon above 0, on the worst changes that seven steps find (Madry et al. 2018)."""
    torch.manual_seed(0)
    module = network()
    adam = torch.optim.Adam(module.parameters(), 2e-3)
    for epoch in range(epochs):
        reach = epsilon * min(1, (epoch + 1) / 2)
        for at in torch.randperm(len(pictures.x)).split(128):
            x, y = pictures.x[at], pictures.y[at]
            if reach:
                x = _worst(module, x, y, reach)
            adam.zero_grad()
            functional.cross_entropy(module(x), y).backward()
            adam.step()
    module.zero_grad(set_to_none=True)
    return module.eval().requires_grad_(False)


def _worst(module: nn.Module, x: torch.Tensor, y: torch.Tensor, reach: float) -> torch.Tensor:
    moved = (torch.rand_like(x) * 2 - 1) * reach
    for _ in range(7):
        moved.requires_grad_(True)
        (slope,) = torch.autograd.grad(functional.cross_entropy(module((x + moved).clamp(0, 1)), y), moved)
        moved = (moved.detach() + reach / 4 * slope.sign()).clamp(-reach, reach)
    return (x + moved).clamp(0, 1)
