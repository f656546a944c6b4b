"""A small diffusion model of rows: what it draws in work/samples.csv, the held-out rows as cases in work/cases.csv."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
import torch
from sklearn.datasets import make_moons
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
STEPS = 40


def rows(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 6) rows: two moons, and four columns that hang together with where on them a row is; and its (N,) moon."""
    places, moon = make_moons(count, noise=0.08, random_state=seed)
    places = (places - [0.5, 0.25]) / [0.87, 0.5]
    mixed = np.repeat(places, 2, axis=1) * [0.8, 0.6, 0.8, -0.6]
    noise = np.random.default_rng(seed).normal(size=mixed.shape) * [0.6, 0.8, 0.6, 0.8]
    return np.hstack([places, mixed + noise]), np.where(moon == 0, "upper", "lower")


def sampled(real: torch.Tensor, count: int) -> np.ndarray:
    """(N, 6) rows of a network that learnt which noise was added (Ho, Jain and Abbeel 2020, arXiv:2006.11239)."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(7, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 6))
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    beta = torch.linspace(1e-3, 0.2, STEPS)
    kept = torch.cumprod(1 - beta, 0)
    for _ in range(1000):
        clean, step = real[torch.randint(len(real), (256,))], torch.randint(STEPS, (256,))
        noise, share = torch.randn_like(clean), kept[step][:, None]
        noisy = share.sqrt() * clean + (1 - share).sqrt() * noise
        optimiser.zero_grad()
        ((network(torch.cat([noisy, step[:, None] / STEPS], dim=1)) - noise) ** 2).mean().backward()
        optimiser.step()
    with torch.no_grad():
        made = torch.randn(count, 6)
        for step in reversed(range(STEPS)):
            noise = network(torch.cat([made, torch.full((count, 1), step / STEPS)], dim=1))
            made = (made - beta[step] / (1 - kept[step]).sqrt() * noise) / (1 - beta[step]).sqrt()
            made += beta[step].sqrt() * torch.randn_like(made) * (step > 0)
    return made.numpy()


def nearest(places: np.ndarray, among: np.ndarray) -> np.ndarray:
    """(N,) distance of each row to the nearest of others."""
    return np.sqrt(((places[:, None] - among) ** 2).sum(axis=2)).min(axis=1)


if __name__ == "__main__":
    (HERE / "work").mkdir(exist_ok=True)
    (train, _), (held_out, moon) = rows(600, seed=0), rows(600, seed=1)
    samples = sampled(torch.tensor(train, dtype=torch.float32), 600)
    tables = {"train": train, "samples": samples, "cases": held_out}
    tables = {name: pd.DataFrame(places, columns=list("abcdef")) for name, places in tables.items()}
    # where rows are rare the nearest is far, whoever made it: training rows say how far
    excess = nearest(held_out, samples) - nearest(held_out, train)
    tables["cases"] = tables["cases"].assign(moon=moon, excess=excess)
    for name, table in tables.items():
        table.to_csv(HERE / "work" / f"{name}.csv", index=False)
