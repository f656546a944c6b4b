"""Draw tiles with a stripe along or across them, and train a vision Transformer; writes into work/."""

from __future__ import annotations

import pathlib

import numpy as np
import safetensors.torch
import torch
from network import Network


def pictures(count: int, seed: int) -> dict[str, np.ndarray]:
    """Tiles of two makers with one faint stripe each, lengthwise or across; those of maker B are darker.

    Args:
        count: how many.
        seed: of the generator.
    """
    rng = np.random.default_rng(seed)
    across, is_b = rng.random(count) < 0.5, rng.random(count) < 0.4
    place, bright = rng.integers(2, 14, count), rng.uniform(0.2, 0.5, count) * np.where(is_b, 0.7, 1)
    tiles = 0.3 + 0.1 * rng.normal(size=(count, 16, 16))
    for tile, row, light, along in zip(tiles, place, bright, ~across, strict=True):
        (tile.T if along else tile)[row] += light
    return {
        "x": np.clip(tiles, 0, 1).astype("float32")[:, None],
        "stripe": np.where(across, "across", "along"),
        "maker": np.where(is_b, "B", "A"),
    }


def fitted(inputs: torch.Tensor, codes: torch.Tensor) -> Network:
    """The network after 40 passes."""
    torch.manual_seed(0)
    network = Network()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.004)
    for _ in range(40):
        for rows in torch.randperm(len(inputs)).split(64):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(network(inputs[rows]), codes[rows]).backward()
            optimiser.step()
    return network


if __name__ == "__main__":
    work = pathlib.Path(__file__).resolve().parent / "work"
    work.mkdir(exist_ok=True)
    train, test = pictures(600, seed=0), pictures(300, seed=1)
    network = fitted(torch.tensor(train["x"]), torch.tensor((train["stripe"] == "along").astype(int)))
    safetensors.torch.save_file(network.state_dict(), work / "network.safetensors")
    np.savez(work / "pictures.npz", **test)
