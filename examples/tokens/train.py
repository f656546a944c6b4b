"""Visits of a made-up shop as numbers of pages, and a Transformer that learnt from half of them who buys."""

import pathlib

import numpy as np
import safetensors.torch
import torch
from visits_network import PAGES, PLACES, Visits

WORK = pathlib.Path(__file__).resolve().parent / "work"
VISITS, TRAIN = 1200, 700
BASKET, DELIVERY, HELP = 7, 12, 31


def visits() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, T) pages, 0 behind the last one; (N,) whether something was bought; (N,) the device."""
    rng = np.random.default_rng(0)
    phone = rng.random(VISITS) < 0.5
    length = np.where(phone, rng.integers(4, 10, VISITS), rng.integers(8, PLACES + 1, VISITS))
    often = 1 / np.arange(1, PAGES + 1)
    pages = rng.choice(rng.permutation(PAGES) + 1, (VISITS, PLACES), p=often / often.sum())
    for page in (BASKET, DELIVERY, HELP):
        rows = np.flatnonzero(rng.random(VISITS) < 0.5)
        pages[rows, rng.integers(0, length[rows])] = page
    pages = np.where(np.arange(PLACES) < length[:, None], pages, 0)
    seen = {page: (pages == page).any(axis=1) for page in (BASKET, DELIVERY, HELP)}
    wish = 3 * seen[BASKET] + 1.5 * seen[DELIVERY] - 2 * seen[HELP] - 1
    return pages, (wish + rng.logistic(0, 0.5, VISITS) > 0).astype(int), np.where(phone, "phone", "desk")


def fitted(pages: torch.Tensor, bought: torch.Tensor) -> Visits:
    """The network after thirty rounds."""
    torch.manual_seed(0)
    network = Visits()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(30):
        for rows in torch.randperm(len(bought)).split(100):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(network(pages[rows]), bought[rows]).backward()
            optimiser.step()
    return network.eval()


if __name__ == "__main__":
    WORK.mkdir(exist_ok=True)
    pages, bought, device = visits()
    network = fitted(torch.from_numpy(pages[:TRAIN]), torch.from_numpy(bought[:TRAIN]))
    safetensors.torch.save_file(network.state_dict(), WORK / "network.safetensors")
    for name, rows in (("train", slice(TRAIN)), ("test", slice(TRAIN, None))):
        np.savez(WORK / f"{name}.npz", x=pages[rows], bought=bought[rows], device=device[rows])
