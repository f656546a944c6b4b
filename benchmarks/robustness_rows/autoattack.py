"""e3: AutoAttack's standard composition, against torchattacks' in an environment of its own."""

from __future__ import annotations

import pathlib
import time
from typing import Any, NamedTuple

import numpy as np
import torch

from auditkit.plugins.robustness.attacks import Problem, standard
from benchmarks.harness import Baseline, Gate, Line
from benchmarks.peers import Child, environment
from benchmarks.robustness_rows.assembled import ensemble
from benchmarks.robustness_rows.networks import LATEST, TRAINED_ON, Pictures, mnist, trained
from benchmarks.robustness_rows.sweeps import TRAINED, _wrong

PEER = "torchattacks==3.5.1 torch==2.13.0"
EPSILONS = {"standard": 0.06, "adversarial": 0.18}
"""Fixed: of 100 pictures, 70 and 85 withstand both."""


STEPS = {100: "100 steps as published", 10: "10 steps as torchattacks ships it"}
"""Of each gradient attack, theirs and ours alike; Square has 5,000 queries in both."""


class Size(NamedTuple):
    """How large the work is."""

    images: int
    epochs: int
    rounds: int


FULL = Size(100, 8, 1)
QUICK = Size(10, 1, 1)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The comparisons, and all timings: theirs and ours in turn, ours first and last."""
    everything = mnist()
    rows = Pictures(everything.x[:TRAINED_ON], everything.y[:TRAINED_ON])
    latest = Pictures(*(tensor[-LATEST:] for tensor in everything))
    python = environment(environments, PEER)
    lines: list[Line] = []
    timings: dict[str, Any] = {}
    for name, epsilon in EPSILONS.items():
        trained_at, epochs = TRAINED[name]
        module = trained(rows, trained_at, min(epochs, size.epochs))
        with torch.no_grad():
            right = (module(latest.x).argmax(dim=1) == latest.y).nonzero()[: size.images, 0]
        tried = Pictures(latest.x[right], latest.y[right])
        for steps in STEPS:
            line, timings[f"{name}, {steps}"] = _network(name, module, tried, epsilon, steps, size, folder, python)
            lines.append(line)
    return lines, timings


def compared(peer: np.ndarray, own: np.ndarray) -> tuple[int, int]:
    """How many pictures only they break, and how many only ours does."""
    return int((peer & ~own).sum()), int((own & ~peer).sum())


def _network(
    name: str, module: torch.nn.Module, tried: Pictures, epsilon: float, steps: int, size: Size,
    folder: pathlib.Path, python: pathlib.Path,
) -> tuple[Line, dict[str, Any]]:  # fmt: skip
    files = {"network": f"{folder}/{name}.pt", "pictures": f"{folder}/{name}.npz", "out": f"{folder}/{name}.npy"}
    torch.jit.save(torch.jit.trace(module, tried.x[:1]), files["network"])
    np.savez(files["pictures"], x=tried.x.numpy(), y=tried.y.numpy())
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    results: dict[str, Any] = {}

    def attack() -> None:
        begun = time.perf_counter()
        problem = Problem(module)
        results["ours"] = ensemble(problem, tried.x, tried.y, epsilon, standard(problem, 10, steps=steps))
        seconds["ours"].append(time.perf_counter() - begun)

    with Child("torchattacks_child.py", python=python) as child:
        for _ in range(size.rounds):
            attack()
            answer = child.ask("autoattack", epsilon=epsilon, steps=steps, **files)
            seconds["theirs"].append(answer["seconds"])
            attack()
    peer_broken = _wrong(module, tried, torch.from_numpy(np.load(files["out"])), epsilon)
    own = results["ours"]
    missed, more = compared(peer_broken, own.broken.numpy())
    gate = Gate(f"{name}: images that AutoAttack breaks and ours does not", missed, 0)
    work = (
        f"AutoAttack's standard composition, {STEPS[steps]}, {len(tried.x)} images, {name} network, epsilon {epsilon}"
    )
    baseline = Baseline("torchattacks AutoAttack", min(seconds["theirs"]), f"run {size.rounds} times")
    details = {
        "seconds": seconds, "withstand": {"theirs": int((~peer_broken).sum()), "ours": int((~own.broken).sum())},
        "only_ours": more, "forward": own.forward, "backward": own.backward, "versions": answer,
        "by": {name: own.by.count(name) for name in own.names},
    }  # fmt: skip
    return Line("e3", work, baseline, tuple(seconds["ours"]), (gate,), 1.0), details
