"""A small GAN of points: how far held-out points are from its samples, and what a classifier calls the samples."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from auditkit.case_scores import covered

HERE = pathlib.Path(__file__).resolve().parent
PLACES = {"north": (0, 2), "east": (2, 0), "south": (0, -2), "west": (-2, 0)}
SHARES = (0.32, 0.32, 0.32, 0.04)


def points(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) points around four places, and the (N,) place of each; few are in the west."""
    rng = np.random.default_rng(seed)
    place = rng.choice(len(PLACES), count, p=SHARES)
    return np.array(list(PLACES.values()))[place] + 0.6 * rng.normal(size=(count, 2)), np.array(list(PLACES))[place]


def network(inputs: int, outputs: int) -> nn.Sequential:
    """Two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, outputs)
    )


def generated(real: torch.Tensor, count: int) -> np.ndarray:
    """(N, 2) samples of a generator that learnt to deceive a judge (Goodfellow et al. 2014, arXiv:1406.2661)."""
    torch.manual_seed(0)
    generator, judge = network(4, 2), network(2, 1)
    steps = {part: torch.optim.Adam(part.parameters(), lr=2e-3, betas=(0.5, 0.9)) for part in (generator, judge)}
    is_real = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(128, 1), torch.zeros(128, 1)
    for _ in range(400):
        rows = real[torch.randint(len(real), (128,))]
        made = generator(torch.randn(128, 4))
        steps[judge].zero_grad()
        (is_real(judge(rows), ones) + is_real(judge(made.detach()), zeros)).backward()
        steps[judge].step()
        steps[generator].zero_grad()
        is_real(judge(made), ones).backward()
        steps[generator].step()
    with torch.no_grad():
        return generator(torch.randn(count, 4)).numpy()


def nearest(rows: np.ndarray, among: np.ndarray) -> np.ndarray:
    """(N,) distance of each row to the nearest of others."""
    return np.sqrt(((rows[:, None] - among) ** 2).sum(axis=2)).min(axis=1)


if __name__ == "__main__":
    (HERE / "work").mkdir(exist_ok=True)
    (train, train_place), (held_out, place) = points(1000, seed=0), points(1000, seed=1)
    samples = generated(torch.tensor(train, dtype=torch.float32), 1000)
    tables = {"train": train, "samples": samples, "cases": held_out}
    tables = {name: pd.DataFrame(rows, columns=["x", "y"]) for name, rows in tables.items()}
    # where points are rare the nearest is far, whoever made it: training points say how far
    excess = nearest(held_out, samples) - nearest(held_out, train)
    tables["cases"] = tables["cases"].assign(place=place, excess=excess, covered=covered(held_out, samples))
    classifier = LogisticRegression().fit(train, train_place)
    for rows in (tables["samples"], tables["cases"]):
        rows["called"] = classifier.predict(rows[["x", "y"]].to_numpy())
    for name, table in tables.items():
        table.to_csv(HERE / "work" / f"{name}.csv", index=False)
