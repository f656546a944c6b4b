"""Draw patients with a picture of a mole and two columns beside it, and train the network; writes into work/."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
import safetensors.torch
import torch
from network import PIXELS, SIDE, Inputs, Network, inputs


def patients(rows: int = 1200) -> pd.DataFrame:
    """Who was drawn: large moles and high age come with disease; on dark skin a mole stands out less."""
    rng = np.random.default_rng(0)
    age, dark = rng.normal(50, 15, rows).clip(18, 90).round(), rng.random(rows) < 0.3
    size = rng.uniform(1, 3.2, rows)
    sick = rng.random(rows) < 1 / (1 + np.exp(-(3.5 * (size - 2.1) + 0.08 * (age - 50))))
    down, along = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    mole = down**2 + along**2 < size[:, None, None] ** 2
    skin = np.where(dark, 0.7, 0.75)[:, None, None]
    pictures = skin - np.where(dark, 0.15, 0.45)[:, None, None] * mole + 0.04 * rng.normal(size=mole.shape)
    table = pd.DataFrame(pictures.reshape(rows, -1).clip(0, 1).round(3), columns=PIXELS)
    return table.assign(
        age=age, years_known=rng.gamma(2, 2, rows).round(), skin=np.where(dark, "dark", "light"),
        disease=np.where(sick, "yes", "no"),
    )  # fmt: skip


def fitted(parts: Inputs, codes: torch.Tensor) -> Network:
    """The network after 200 passes over all rows at once."""
    torch.manual_seed(0)
    network = Network()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(200):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(*parts), codes).backward()
        optimiser.step()
    return network


if __name__ == "__main__":
    work = pathlib.Path(__file__).resolve().parent / "work"
    work.mkdir(exist_ok=True)
    table = patients()
    train, test = table[::2], table[1::2]
    network = fitted(inputs(train), torch.tensor((train["disease"] == "yes").to_numpy(), dtype=torch.int64))
    safetensors.torch.save_file(network.state_dict(), work / "network.safetensors")
    test.to_parquet(work / "test.parquet", index=False)
