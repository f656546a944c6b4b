"""p4: what an audit by canaries takes: a step done two thousand times, and the scores of one training."""

from __future__ import annotations

import pathlib
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional

from auditkit.plugins.privacy.dp_audit.canaries import Canaries
from auditkit.plugins.privacy.dp_audit.findings import OneRun, one_run
from auditkit.plugins.privacy.dp_audit.steps import CanaryStep, canary_step
from auditkit.plugins.privacy.gradients.bookkeeper import Bookkeeper
from benchmarks.harness import Baseline, Gate, Line, in_turn
from benchmarks.privacy_rows.networks import mlp

DELTA, NOISE, ROWS = 1e-5, 1.0, 128
CLAIMED = 4.377
"""Epsilon at delta 1e-5 of one Gaussian step with noise 1 (Balle and Wang 2018), all rows in it."""


class Size(NamedTuple):
    """How large the work is."""

    steps: int
    canaries: int
    rounds: int


FULL = Size(1000, 1000, 3)
QUICK = Size(60, 200, 1)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The seconds against those allowed, and all timings."""
    torch.manual_seed(0)
    engine = Bookkeeper(mlp(100, 64, 64, 2).train(), functional.cross_entropy, 1.0)
    inputs, targets = torch.randn(ROWS, 100), torch.randint(2, (ROWS,))
    canaries = Canaries(engine.parameters, 1.0, size.canaries)
    audited: dict[str, Any] = {}

    def step() -> None:
        audited["step"] = step_audit(engine, inputs, targets, size.steps)

    def one_training() -> None:
        audited["run"] = one_run(canaries.scores, canaries.present, DELTA)

    everyone = torch.ones(canaries.count, dtype=torch.bool)
    sums = [total + more for total, more in zip(_noised(engine, inputs, targets), canaries.sums(everyone), strict=True)]
    canaries.see(sums)
    seconds = in_turn({"step": (step, 1), "run": (one_training, 1)}, size.rounds)
    canary: CanaryStep = audited["step"]
    run: OneRun = audited["run"]
    works = (
        ("step", 10.0, f"a canary step, {size.steps:,} times with and without", canary.low),
        ("run", 1.0, f"scores of {canaries.count:,} canaries of one training", run.low),
    )
    lines = [
        Line("p4", work, Baseline("what is allowed", allowed, "a limit, not measured"), tuple(seconds[name]),
             (Gate(f"{name}: epsilon shown by a correct step", low, CLAIMED),), 1.0, within=True)
        for name, allowed, work, low in works
    ]  # fmt: skip
    return lines, {"seconds": seconds}


def step_audit(engine: Bookkeeper, inputs: torch.Tensor, targets: torch.Tensor, steps: int) -> CanaryStep:
    """Whole steps, with and without a canary in a direction of its own, in turn."""
    direction = [torch.zeros_like(parameter) for parameter in engine.parameters]
    direction[0].view(-1)[0] = engine.max_grad_norm
    scores, present = [], np.arange(2 * steps) % 2 == 0
    for rides in present:
        noised = _noised(engine, inputs, targets)
        along = sum(float((part * way).sum()) for part, way in zip(noised, direction, strict=True))
        scores.append(along + float(rides) * engine.max_grad_norm**2)
    return canary_step(np.array(scores), present, DELTA)


def _noised(engine: Bookkeeper, inputs: torch.Tensor, targets: torch.Tensor) -> list[torch.Tensor]:
    sums = engine.clipped_sum(inputs, targets).sums
    return [total.add_(torch.randn_like(total), alpha=NOISE * engine.max_grad_norm) for total in sums]
