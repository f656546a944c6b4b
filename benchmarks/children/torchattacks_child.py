"""torchattacks' AutoAttack, asked for a network and pictures in files."""

from __future__ import annotations

import time

import numpy as np
import torch
import torchattacks
from answering import answer


def autoattack(network: str, pictures: str, out: str, epsilon: float, steps: int) -> dict[str, object]:
    """Attack and write the points; seconds without reading and writing.

    The parts and their order are those of torchattacks' `AutoAttack(version="standard")`, which gives the three
    gradient attacks 10 steps and does not let that be set; Croce and Hein (2020) give them 100.
    """
    torch.set_num_threads(1)
    module = torch.jit.load(network).eval()
    held = np.load(pictures)
    x, y = torch.from_numpy(held["x"]), torch.from_numpy(held["y"])
    within = {"eps": epsilon, "norm": "Linf", "seed": 0, "n_restarts": 1}
    attack = torchattacks.MultiAttack(
        [
            torchattacks.APGD(module, loss="ce", steps=steps, **within),
            torchattacks.APGDT(module, n_classes=10, steps=steps, **within),
            torchattacks.FAB(module, multi_targeted=True, n_classes=10, steps=steps, **within),
            torchattacks.Square(module, n_queries=5000, **within),
        ]
    )
    begun = time.perf_counter()
    points = attack(x, y)
    seconds = time.perf_counter() - begun
    np.save(out, points.detach().numpy())
    return {"seconds": seconds, "torch": torch.__version__, "version": torchattacks.__version__}


if __name__ == "__main__":
    answer({"autoattack": autoattack})
