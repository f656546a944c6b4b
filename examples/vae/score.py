"""A small variational autoencoder, with the error and the surprise of each held-out picture in work/cases.csv."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
SIDE = 8


def pictures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 64) pictures of a disc or a cross, 0 to 1, and its (N,) shape; crosses are rare: one in seven."""
    rng = np.random.default_rng(seed)
    is_cross = rng.random(count) < 1 / 7
    down, along = np.mgrid[:SIDE, :SIDE]
    place, size = rng.uniform(2.5, 4.5, (2, count, 1, 1)), rng.uniform(1.5, 3, (count, 1, 1))
    far = np.abs(down - place[0]), np.abs(along - place[1])
    inside = np.where(is_cross[:, None, None], np.minimum(*far) < 0.6, True) & (np.hypot(*far) < size)
    seen = np.clip(0.8 * inside + 0.05 * rng.normal(size=inside.shape), 0, 1)
    return seen.reshape(count, -1), np.where(is_cross, "cross", "disc")


class Autoencoder(nn.Module):
    """Pictures through three numbers, which are drawn around what the encoder says (Kingma and Welling 2014)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(SIDE**2, 32), nn.ReLU(), nn.Linear(32, 6))
        self.decoder = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, SIDE**2), nn.Sigmoid())

    def forward(self, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The pictures again, with the mean and the logarithm of the variance of their codes."""
        mean, log_variance = self.encoder(seen).chunk(2, dim=1)
        drawn = torch.randn_like(mean) if self.training else torch.zeros_like(mean)
        return self.decoder(mean + drawn * (log_variance / 2).exp()), mean, log_variance


def surprise(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """(N,) nats by which the codes differ from what is drawn without a picture."""
    return (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1) / 2


def fitted(seen: torch.Tensor) -> Autoencoder:
    """The network after 300 passes over all pictures at once."""
    torch.manual_seed(0)
    network = Autoencoder()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(300):
        optimiser.zero_grad()
        again, mean, log_variance = network(seen)
        loss = 10 * ((again - seen) ** 2).sum(dim=1) + surprise(mean, log_variance)
        loss.mean().backward()
        optimiser.step()
    return network.eval()


if __name__ == "__main__":
    (HERE / "work").mkdir(exist_ok=True)
    network = fitted(torch.tensor(pictures(700, seed=0)[0], dtype=torch.float32))
    torch.save(network.state_dict(), HERE / "work" / "vae.pt")
    seen, shape = pictures(500, seed=1)
    with torch.no_grad():
        again, mean, log_variance = network(torch.tensor(seen, dtype=torch.float32))
    error = np.sqrt(((again.numpy() - seen) ** 2).mean(axis=1))
    cases = pd.DataFrame({"shape": shape, "error": error, "surprise": surprise(mean, log_variance).numpy()})
    cases.to_csv(HERE / "work" / "cases.csv", index=False)
