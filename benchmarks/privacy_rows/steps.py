"""p1: a step of DP-SGD against plain SGD, and against opacus's hooks and ghost clipping."""

from __future__ import annotations

import copy
import pathlib
import statistics
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.nn import functional

from auditkit.plugins.privacy.gradients.bookkeeper import Bookkeeper
from auditkit.plugins.privacy.gradients.engine import Engine
from auditkit.plugins.privacy.gradients.hooks import Hooks
from benchmarks.harness import Baseline, Gate, Line, in_turn
from benchmarks.privacy_rows.networks import Work, works

NORM, NOISE, RATE = 1.0, 1.0, 0.01
GOALS = {
    "MLP": {"plain SGD": 1.4, "opacus hooks": 25.0},
    "Transformer": {"plain SGD": 1.75},
    "CNN": {"plain SGD": 1.75, "opacus ghost": 1.0},
}
ON_A_GPU = {"Transformer": {"plain SGD": 1.5}}
STEPS = {"plain SGD": 3, "ours": 3, "opacus ghost": 2, "opacus hooks": 1}
"""How many steps a turn takes, so that no side is timed over an instant."""


class Size(NamedTuple):
    """How large the work is."""

    share: float
    """Of the full batches."""
    rounds: int
    device: str = "cpu"


FULL = Size(1.0, 12)
QUICK = Size(0.03, 2)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The comparisons, and all timings."""
    lines: list[Line] = []
    timings: dict[str, Any] = {}
    for work in works(size.share, size.device):
        sides = _sides(work)
        seconds = in_turn({name: (call, STEPS[name]) for name, call in sides.items()}, size.rounds, size.device)
        gates = _gates(work)
        kind = work.name.split()[0].rstrip(",")
        goals = GOALS[kind] if size.device == "cpu" else ON_A_GPU.get(kind, {})
        memory = {name: _peak(call) for name, call in sides.items()} if size.device.startswith("cuda") else {}
        if memory and kind in ON_A_GPU:
            gates += (Gate(f"{work.name}: memory at the peak over SGD's", memory["ours"] / memory["plain SGD"], 1.5),)
        for name in ("plain SGD", "opacus hooks", "opacus ghost"):
            how = f"median of {size.rounds} turns of {STEPS[name]}"
            baseline = Baseline(name, statistics.median(seconds[name]), how)
            sgd = name == "plain SGD"
            lines.append(
                Line("p1", f"a step, {work.name}", baseline, tuple(seconds["ours"]), gates, goals.get(name), sgd)
            )
        timings[work.name] = {"seconds": seconds, "peak_bytes": memory}
    return lines, timings


def _sides(work: Work) -> dict[str, Callable[[], None]]:
    """A whole step each: gradients, clipping, noise, the weights moved."""
    return {
        "plain SGD": _sgd(work),
        "ours": _own(work, Bookkeeper(copy.deepcopy(work.module).train(), functional.cross_entropy, NORM)),
        "opacus ghost": _opacus(work, ghost=True),
        "opacus hooks": _opacus(work, ghost=False),
    }


def _sgd(work: Work) -> Callable[[], None]:
    module = copy.deepcopy(work.module).train()
    optimizer = torch.optim.SGD(module.parameters(), lr=RATE)

    def step() -> None:
        optimizer.zero_grad()
        functional.cross_entropy(module(work.inputs), work.targets).backward()
        optimizer.step()

    return step


def _own(work: Work, engine: Engine) -> Callable[[], None]:
    optimizer = torch.optim.SGD(engine.parameters, lr=RATE)
    generator = torch.Generator(device=work.inputs.device).manual_seed(0)

    def step() -> None:
        clipped = engine.clipped_sum(work.inputs, work.targets)
        for parameter, total in zip(engine.parameters, clipped.sums, strict=True):
            noise = torch.empty_like(total).normal_(0, NOISE * NORM, generator=generator)
            parameter.grad = total.add_(noise).div_(len(work.inputs))
        optimizer.step()

    return step


def _opacus(work: Work, ghost: bool) -> Callable[[], None]:
    from opacus.grad_sample import GradSampleModule, GradSampleModuleFastGradientClipping
    from opacus.optimizers import DPOptimizer, DPOptimizerFastGradientClipping
    from opacus.utils.fast_gradient_clipping_utils import DPLossFastGradientClipping

    module: Any = copy.deepcopy(work.module).train()
    optimizer: Any = torch.optim.SGD(module.parameters(), lr=RATE)
    facts = {"noise_multiplier": NOISE, "max_grad_norm": NORM, "expected_batch_size": len(work.inputs)}
    loss: Any = functional.cross_entropy
    if ghost:
        module = GradSampleModuleFastGradientClipping(module, max_grad_norm=NORM, use_ghost_clipping=True)
        optimizer = DPOptimizerFastGradientClipping(optimizer, **facts)
        loss = DPLossFastGradientClipping(module, optimizer, torch.nn.CrossEntropyLoss(reduction="mean"))
    else:
        module = GradSampleModule(module)
        optimizer = DPOptimizer(optimizer, **facts)

    def step() -> None:
        with warnings.catch_warnings(action="ignore"):
            optimizer.zero_grad()
            loss(module(work.inputs), work.targets).backward()
            optimizer.step()

    return step


def _gates(work: Work) -> tuple[Gate, ...]:
    """The clipped sums of some rows against those of opacus's hooks, as a share of the largest entry."""
    gates = []
    for name, kind, limit in (("float64", torch.float64, 1e-10), ("float32", torch.float32, 1e-4)):
        module = copy.deepcopy(work.module).to(kind).train()
        inputs = work.inputs[:64].to(kind) if work.inputs.is_floating_point() else work.inputs[:64]
        # on a GPU convolutions have three digits unless they are asked for more
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            engines = [one(module, functional.cross_entropy, NORM / 10) for one in (Bookkeeper, Hooks)]
            clipped = [engine.clipped_sum(inputs, work.targets[:64]).sums for engine in engines]
        sums = [torch.cat([part.flatten() for part in parts]) for parts in clipped]
        gates.append(
            Gate(
                f"{work.name}: {name}, from opacus's sum",
                float((sums[0] - sums[1]).abs().max() / sums[1].abs().max()),
                limit,
            )
        )
    return tuple(gates)


def _peak(call: Callable[[], None]) -> int:
    torch.cuda.reset_peak_memory_stats()
    call()
    return torch.cuda.max_memory_allocated()
