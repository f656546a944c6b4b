"""c1: whether the controls of private training notice what is sick, and leave alone what is healthy."""

from __future__ import annotations

import pathlib
import time
from typing import Any, NamedTuple

import torch

from benchmarks.harness import Baseline, Gate, Line
from benchmarks.privacy_rows.trainings import HEALTHY, SICK

LONGEST = 60.0
"""Seconds of the processor in which a sick training must be noticed."""


class Size(NamedTuple):
    """How often."""

    seeds: int


FULL = Size(20)
QUICK = Size(1)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """Gates alone: every sick training noticed, at most one healthy one refuted."""
    verdicts: dict[str, str] = {}
    seconds = []
    for name, ask in SICK.items():
        start = time.process_time()
        verdicts[name] = ask()
        seconds.append(time.process_time() - start)
    refuted = {}
    for name, of_seed in HEALTHY.items():
        for seed in range(size.seeds):
            torch.manual_seed(seed)
            why = of_seed(seed)
            if why:
                refuted[f"{name}, seed {seed}"] = why
    noticed = sum(bool(verdicts[name]) for name in SICK)
    gates = (
        Gate("sick trainings that are not noticed", len(SICK) - noticed, 0),
        Gate("healthy trainings that are refuted", len(refuted), 1),
        Gate("seconds until the slowest sick training is noticed", max(seconds), LONGEST),
    )
    what = f"{len(SICK)} sick trainings, {len(HEALTHY)} healthy ones with {size.seeds} seeds"
    line = Line("c1", what, Baseline("nothing", 0.0, "no other library"), tuple(seconds), gates, None)
    return [line], {"sick": verdicts, "refuted": refuted, "seconds": seconds}
