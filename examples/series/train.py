"""Two days of two sensors on 900 made-up pumps, and a GRU that learnt from half of them which will fail."""

import pathlib

import numpy as np
import safetensors.torch
import torch
from pump_network import Pump

WORK = pathlib.Path(__file__).resolve().parent / "work"
PUMPS, HOURS, TRAIN = 900, 48, 450


def pumps() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, T, 2) temperature and vibration, (N,) whether the pump failed, (N,) the make of its sensors."""
    rng = np.random.default_rng(0)
    hours, old = np.linspace(0, 1, HOURS), rng.random(PUMPS) < 0.4
    warming, shaking = rng.normal(0, 6, (PUMPS, 1)), rng.uniform(0, 1, (PUMPS, 1))
    # the older make writes down coarser numbers, with more noise
    noise = np.where(old, 3.0, 1.0)[:, None]
    temperature = 60 + rng.normal(0, 4, (PUMPS, 1)) + warming * hours + noise * rng.normal(size=(PUMPS, HOURS))
    vibration = 2 + shaking * hours * rng.normal(size=(PUMPS, HOURS)) + 0.2 * rng.normal(size=(PUMPS, HOURS))
    failed = (warming[:, 0] + 6 * shaking[:, 0] + rng.normal(0, 1, PUMPS) > 5).astype(int)
    series = np.stack([temperature, vibration], axis=2)
    series[old] = np.round(series[old])
    return series.astype(np.float32), failed, np.where(old, "older", "newer")


def fitted(series: torch.Tensor, failed: torch.Tensor) -> Pump:
    """The network after forty rounds."""
    torch.manual_seed(0)
    network = Pump()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(40):
        for rows in torch.randperm(len(failed)).split(90):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(network(series[rows]), failed[rows]).backward()
            optimiser.step()
    return network.eval()


if __name__ == "__main__":
    WORK.mkdir(exist_ok=True)
    series, failed, make = pumps()
    network = fitted(torch.from_numpy(series[:TRAIN]), torch.from_numpy(failed[:TRAIN]))
    safetensors.torch.save_file(network.state_dict(), WORK / "network.safetensors")
    for name, rows in (("train", slice(TRAIN)), ("test", slice(TRAIN, None))):
        np.savez(WORK / f"{name}.npz", x=series[rows], failed=failed[rows], make=make[rows])
