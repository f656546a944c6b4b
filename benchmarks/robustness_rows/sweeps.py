"""e1: projected gradient descent over ten epsilons, against ART and foolbox."""

from __future__ import annotations

import copy
import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from auditkit import art
from auditkit.plugins.robustness.attacks import PGD, Problem, Swept, sweep
from benchmarks.harness import Baseline, Gate, Line, timed
from benchmarks.robustness_rows.networks import LATEST, TRAINED_ON, Pictures, mnist, trained

STEPS = 40
STRIDE = 0.25
"""A step as a share of epsilon, for every side; ART's default is less, and finds less."""
PATIENCE = 8
GRIDS = {
    "standard": (0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.11),
    "adversarial": (0.06, 0.09, 0.12, 0.15, 0.18, 0.21, 0.24, 0.27, 0.3, 0.33),
}
"""Fixed, from about 95 % robust accuracy down to 26 % and to none."""
TRAINED = {"standard": (0.0, 4), "adversarial": (0.2, 8)}
"""{network: (epsilon, epochs)}"""


class Size(NamedTuple):
    """How large the work is."""

    images: int
    epochs: int
    rounds: int
    trained_on: int = TRAINED_ON
    device: str = "cpu"


FULL = Size(LATEST, 8, 2)
QUICK = Size(20, 1, 1, 4_000)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The comparisons, and all timings."""
    everything = mnist()
    rows = Pictures(everything.x[: size.trained_on], everything.y[: size.trained_on])
    tried = Pictures(*(tensor[-LATEST:][: size.images].to(size.device) for tensor in everything))
    lines: list[Line] = []
    timings: dict[str, Any] = {}
    for name, (epsilon, epochs) in TRAINED.items():
        module = trained(rows, epsilon, min(epochs, size.epochs)).to(size.device)
        network_lines, seconds = _network(name, module, tried, size)
        lines += network_lines
        timings[name] = seconds
    return lines, timings


def _network(name: str, module: torch.nn.Module, tried: Pictures, size: Size) -> tuple[list[Line], dict[str, Any]]:
    grid = GRIDS[name]
    peers: dict[str, Callable[[], np.ndarray]] = {"ART": _art(module, tried, grid, size.device)}
    other = _foolbox(module, tried, grid)
    if other is not None:
        peers["foolbox"] = other
    own_calls = {mode: _own_call(module, tried, grid, mode) for mode in ("exact", "fast")}
    seconds: dict[str, list[float]] = {key: [] for key in (*peers, *own_calls)}
    broken: dict[str, Any] = {}

    def take(what: str, call: Callable[[], Any]) -> None:
        seconds[what].append(timed(lambda: broken.__setitem__(what, call())))

    for call in own_calls.values():
        call()  # once before anything is timed
    for _ in range(size.rounds):
        for what, call in peers.items():
            take(what, call)
        for what, own_call in (*own_calls.items(), *reversed(own_calls.items())):
            take(what, own_call)
    lines = []
    for peer in peers:
        claimed = broken[peer]
        for mode, goal in (("exact", 2.5 if peer == "ART" else None), ("fast", 10.0)):
            swept: Swept = broken[mode][0]
            at = torch.tensor(grid, dtype=torch.float64)[:, None]
            held = (swept.broken_at.cpu()[None] <= at + 1e-12).numpy()
            missed = int((claimed & ~held).sum())
            above = float((held.mean(axis=1) < claimed.mean(axis=1)).sum())
            gates = (
                Gate(f"{name}, {mode}: images that {peer} breaks and ours does not", missed, 0),
                Gate(f"{name}, {mode}: epsilons at which our curve is above that of {peer}", above, 0),
            )
            work = f"PGD-40, ten epsilons, {len(tried.x):,} images, {name} network, {mode}"
            baseline = Baseline(peer, min(seconds[peer]), f"{STEPS} steps of epsilon/4, run {size.rounds} times")
            lines.append(Line("e1", work, baseline, tuple(seconds[mode]), gates, goal))
    problems: dict[str, Problem] = {mode: broken[mode][1] for mode in own_calls}
    counts = {mode: {"forward": problem.forward, "backward": problem.backward} for mode, problem in problems.items()}
    curve = {peer: (1 - broken[peer].mean(axis=1)).round(3).tolist() for peer in peers}
    return lines, {"seconds": seconds, "row_steps": counts, "robust_accuracy": curve}


def _own_call(
    module: torch.nn.Module, tried: Pictures, grid: tuple[float, ...], mode: Any
) -> Callable[[], tuple[Swept, Problem]]:
    """The sweep, and the problem, which counts what was asked."""
    attack = PGD(steps=STEPS, share=STRIDE, patience=PATIENCE if mode == "fast" else None)

    def run() -> tuple[Swept, Problem]:
        problem = Problem(module)
        return sweep(problem, tried.x, tried.y, grid, attack, mode=mode), problem

    return run


def _art(module: torch.nn.Module, tried: Pictures, grid: tuple[float, ...], device: str) -> Callable[[], np.ndarray]:
    art.require_art("art")
    from art.attacks.evasion import ProjectedGradientDescentPyTorch as Descent
    from art.estimators.classification import PyTorchClassifier

    estimator = PyTorchClassifier(
        copy.deepcopy(module).requires_grad_(True), torch.nn.CrossEntropyLoss(), (1, 28, 28), 10, clip_values=(0, 1),
        device_type="gpu" if device.startswith("cuda") else "cpu",
    )  # fmt: skip
    x, y = tried.x.cpu().numpy(), tried.y.cpu().numpy()

    def run() -> np.ndarray:
        broken = []
        for epsilon in grid:
            attack = Descent(
                estimator, eps=epsilon, eps_step=epsilon * STRIDE, max_iter=STEPS, batch_size=256, verbose=False
            )
            broken.append(_wrong(module, tried, torch.from_numpy(attack.generate(x, y)), epsilon))
        return np.stack(broken)

    return run


def _foolbox(module: torch.nn.Module, tried: Pictures, grid: tuple[float, ...]) -> Callable[[], np.ndarray] | None:
    try:
        import foolbox
    except ModuleNotFoundError:
        return None
    model = foolbox.PyTorchModel(module, bounds=(0, 1), device=str(tried.x.device))
    attack = foolbox.attacks.LinfPGD(steps=STEPS, rel_stepsize=STRIDE, random_start=False)

    def run() -> np.ndarray:
        parts = []
        for at in torch.arange(len(tried.x)).split(256):
            _, points, _ = attack(model, tried.x[at], tried.y[at], epsilons=list(grid))
            part = Pictures(tried.x[at], tried.y[at])
            parts.append(np.stack([_wrong(module, part, *pair) for pair in zip(points, grid, strict=True)]))
        return np.concatenate(parts, axis=1)

    return run


def _wrong(module: torch.nn.Module, tried: Pictures, points: torch.Tensor, epsilon: float) -> np.ndarray:
    """(N,) whether a point really is a success: in range, within epsilon, and wrong when asked anew."""
    points = points.to(tried.x)
    near = (points - tried.x).abs().flatten(1).amax(dim=1) <= epsilon + 1e-6
    inside = ((points >= 0) & (points <= 1)).flatten(1).all(dim=1)
    with torch.no_grad():
        wrong = module(points).argmax(dim=1) != tried.y
    return (near & inside & wrong).cpu().numpy()
