"""torchattacks' AutoAttack, asked for a network and pictures in files."""

from __future__ import annotations

import time

import numpy as np
import torch
import torchattacks
from answering import answer


def autoattack(network: str, pictures: str, out: str, epsilon: float) -> dict[str, object]:
    """Attack and write the points; seconds without reading and writing."""
    torch.set_num_threads(1)
    module = torch.jit.load(network).eval()
    held = np.load(pictures)
    x, y = torch.from_numpy(held["x"]), torch.from_numpy(held["y"])
    attack = torchattacks.AutoAttack(module, norm="Linf", eps=epsilon, version="standard", n_classes=10, seed=0)
    begun = time.perf_counter()
    points = attack(x, y)
    seconds = time.perf_counter() - begun
    np.save(out, points.detach().numpy())
    return {"seconds": seconds, "torch": torch.__version__, "version": torchattacks.__version__}


if __name__ == "__main__":
    answer({"autoattack": autoattack})
