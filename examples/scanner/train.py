"""Draw pictures of lungs by two scanners, and train a network on those of the old one; writes into work/."""

from __future__ import annotations

import pathlib

import numpy as np
import safetensors.torch
import torch
from network import Network

SIDE = 16


def pictures(patients: int, seed: int, new: float) -> dict[str, np.ndarray]:
    """Two pictures of each patient, side by side in arrays: a bright spot where there is a nodule.

    Args:
        patients: how many.
        seed: of the generator.
        new: the share of patients in the new scanner, which has half of the contrast and more noise.
    """
    rng = np.random.default_rng(seed)
    sick, is_new = rng.random(patients) < 0.5, rng.random(patients) < new
    patient = np.repeat(np.arange(patients), 2)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    # of one patient the nodule is at one place, and as bright in either picture
    place, bright = rng.uniform(4, 12, (2, patients, 1, 1)), rng.uniform(0.15, 0.5, (patients, 1, 1))
    nodule = sick[:, None, None] * bright * np.exp(-((rows - place[0]) ** 2 + (columns - place[1]) ** 2) / 4)
    body = 0.25 + 0.1 * np.cos((columns - SIDE / 2) / 4)
    contrast, noise = np.where(is_new, 0.5, 1.0)[patient], np.where(is_new, 0.1, 0.07)[patient]
    dose = rng.uniform(0.7, 1.3, 2 * patients)  # no two pictures are equally bright
    seen = (body + nodule[patient]) * (contrast * dose)[:, None, None]
    seen += noise[:, None, None] * rng.normal(size=seen.shape)
    return {
        "x": np.clip(seen, 0, 1).astype("float32")[:, None],
        "nodule": np.where(sick, "yes", "no")[patient],
        "scanner": np.where(is_new, "new", "old")[patient],
        "patient": np.char.add("p", patient.astype(str)),
    }


def fitted(inputs: torch.Tensor, codes: torch.Tensor) -> Network:
    """The network after 30 passes."""
    torch.manual_seed(0)
    network = Network()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(30):
        for rows in torch.randperm(len(inputs)).split(64):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(network(inputs[rows]), codes[rows]).backward()
            optimiser.step()
    return network


if __name__ == "__main__":
    work = pathlib.Path(__file__).resolve().parent / "work"
    work.mkdir(exist_ok=True)
    train, test = pictures(200, seed=0, new=0), pictures(200, seed=1, new=0.5)
    network = fitted(torch.tensor(train["x"]), torch.tensor((train["nodule"] == "yes").astype(int)))
    safetensors.torch.save_file(network.state_dict(), work / "network.safetensors")
    np.savez(work / "pictures.npz", **test)
