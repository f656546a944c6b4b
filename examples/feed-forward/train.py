"""Draw people who ask for credit, and train a network on half of them; writes into work/."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
import safetensors.torch
import torch
from network import Network

COLUMNS = ["income", "debt", "years_employed", "late_payments"]


def people(rows: int = 1200) -> pd.DataFrame:
    """Who was drawn: women have the same debts and fewer late payments, and a lower income."""
    rng = np.random.default_rng(0)
    woman = rng.random(rows) < 0.5
    table = pd.DataFrame({
        "income": np.exp(rng.normal(3.4 - 0.45 * woman, 0.4)).round(1),
        "debt": rng.gamma(2, 6, rows).round(1),
        "years_employed": rng.gamma(2, 4, rows).round(),
        "late_payments": rng.poisson(1.2 - 0.4 * woman),
    }, dtype="float32")  # fmt: skip
    pays = 0.08 * table["income"] - 0.08 * table["debt"] + 0.1 * table["years_employed"] - 0.8 * table["late_payments"]
    repaid = rng.random(rows) < 1 / (1 + np.exp(-(pays - 1.2)))
    return table.assign(sex=np.where(woman, "woman", "man"), repaid=np.where(repaid, "yes", "no"))


def fitted(rows: torch.Tensor, repaid: torch.Tensor) -> Network:
    """The network after 150 passes over all rows at once."""
    torch.manual_seed(0)
    network = Network(rows.shape[1])
    network.mean.copy_(rows.mean(dim=0))
    network.spread.copy_(rows.std(dim=0))
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01, weight_decay=1e-3)
    for _ in range(150):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(rows), repaid).backward()
        optimiser.step()
    return network


if __name__ == "__main__":
    work = pathlib.Path(__file__).resolve().parent / "work"
    work.mkdir(exist_ok=True)
    table = people()
    train, test = table[::2], table[1::2]
    repaid = torch.tensor((train["repaid"] == "yes").to_numpy(), dtype=torch.int64)
    network = fitted(torch.tensor(train[COLUMNS].to_numpy()), repaid)
    safetensors.torch.save_file(network.state_dict(), work / "network.safetensors")
    train.to_parquet(work / "train.parquet", index=False)
    test.to_parquet(work / "test.parquet", index=False)
