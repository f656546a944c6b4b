"""g1: integrated gradients of 64 rows with 50 points, against captum as it comes and at its best."""

from __future__ import annotations

import functools
import os
import pathlib
import statistics
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn

from auditkit.plugins.explanations.gradients.integrated import change_from_baseline, integrated_gradients, relative_gaps
from auditkit.plugins.explanations.gradients.network import Network
from auditkit.plugins.explanations.gradients.points import Points, ranges_of
from auditkit.plugins.explanations.gradients.units import make_units
from benchmarks.harness import Baseline, Gate, Line, in_turn
from benchmarks.robustness_rows.networks import LATEST, Pictures, mnist

ROWS, STEPS = 64, 50
INSIDE = (64, 128, 256, 512, 1024)
"""What captum's `internal_batch_size` may be at its best; the fastest is taken."""
GOALS = {"CNN": 2.5, "MLP": 1.5, "wide MLP": 10.0}
SPACE = 1e-6
"""By how much of the changes the gaps may differ: roundings in another order."""


class Size(NamedTuple):
    """How large the work is."""

    rounds: int
    trained_on: int
    device: str = "cpu"


FULL = Size(7, 5_000)
QUICK = Size(1, 300)


def networks() -> dict[str, nn.Sequential]:
    """A CNN and an MLP of digits, and an MLP whose input of 56 x 56 pixels is much wider than its layers."""
    return {
        "CNN": nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 49, 64), nn.ReLU(), nn.Linear(64, 10),
        ),
        "MLP": nn.Sequential(
            nn.AvgPool2d(4), nn.Flatten(), nn.Linear(49, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
            nn.Linear(128, 10),
        ),
        "wide MLP": nn.Sequential(
            nn.Flatten(), nn.Linear(56 * 56, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
        ),
    }  # fmt: skip


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The comparisons, and all timings."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    pictures = mnist()
    lines: list[Line] = []
    timings: dict[str, Any] = {}
    for name, module in networks().items():
        images = pictures.x
        if name == "MLP":
            module, images = module[1:], module[0](images)
        elif name == "wide MLP":
            images = images.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
        network_lines, seconds = _network(name, module, Pictures(images, pictures.y), size)
        lines += network_lines
        timings[name] = seconds
    return lines, timings


def _network(name: str, module: nn.Module, pictures: Pictures, size: Size) -> tuple[list[Line], dict[str, Any]]:
    from captum.attr import IntegratedGradients

    _train(module, Pictures(pictures.x[: size.trained_on], pictures.y[: size.trained_on]))
    module.to(size.device).eval()
    x = pictures.x[-LATEST:][:ROWS].to(size.device)
    baseline, targets = torch.zeros_like(x[:1]), module(x).argmax(dim=1)
    ask = functools.partial(
        IntegratedGradients(module).attribute, x, baselines=baseline, target=targets, n_steps=STEPS,
        return_convergence_delta=True,
    )  # fmt: skip
    points = Points(
        Network(module, targets.cpu().numpy()), x, baseline, torch.arange(len(x), device=x.device),
        make_units(tuple(x.shape[1:]), x.ndim == 4, None), x, ranges_of(x), STEPS,
    )  # fmt: skip
    calls: dict[str, Callable[[], Any]] = {
        "captum": ask,
        **{f"captum, {inside} inside": functools.partial(ask, internal_batch_size=inside) for inside in INSIDE},
        "ours": lambda: integrated_gradients(points),
    }
    gate = Gate(f"{name}: largest gap beyond that of captum", _excess(ask(), points), SPACE)
    seconds = in_turn({side: (call, 1) for side, call in calls.items()}, size.rounds, size.device)
    best = min((side for side in calls if " inside" in side), key=lambda side: statistics.median(seconds[side]))
    lines = [
        Line(
            "g1",
            f"integrated gradients, {STEPS} points, {ROWS} rows, {name}",
            Baseline(what, statistics.median(seconds[side]), f"median of {size.rounds}"),
            tuple(seconds["ours"]),
            (gate,),
            GOALS[name],
        )
        for what, side in (("captum as it comes", "captum"), (f"captum at its best ({best[8:]})", best))
    ]
    return lines, {"seconds": seconds}


def _excess(captum: tuple[torch.Tensor, torch.Tensor], points: Points) -> float:
    """By how much our largest gap is larger than captum's."""
    changes, explained = change_from_baseline(points), integrated_gradients(points)
    misses = captum[0].detach().double().cpu().numpy().reshape(len(changes), -1).sum(axis=1) - changes
    return float(relative_gaps(explained.misses, changes).max() - relative_gaps(misses, changes).max())


def _train(module: nn.Module, pictures: Pictures) -> None:
    torch.manual_seed(0)
    adam = torch.optim.Adam(module.parameters(), 2e-3)
    for at in torch.randperm(len(pictures.x)).split(64):
        adam.zero_grad()
        nn.functional.cross_entropy(module(pictures.x[at]), pictures.y[at]).backward()
        adam.step()
    module.zero_grad(set_to_none=True)
    module.requires_grad_(False)
