"""a1: ten measures of all intersections of three attributes, with 95 % intervals from a hundred resamples."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from benchmarks.fairness_rows import law, library, metricframe
from benchmarks.harness import Baseline, Gate, Line, Run, in_order, largest_difference
from benchmarks.people import People, people

REPLICATES = 100
FEW, MORE = 1, 3
"""Replicates that fairlearn really runs; the rest is extrapolated from what one more costs."""


class Size(NamedTuple):
    """How large the work is."""

    rows: int
    shape: tuple[int, int, int]
    law_rows: int
    law_shape: tuple[int, int, int]
    law_runs: int
    law_replicates: int
    calls: int
    """Calls of ours each time it is its turn."""
    their_calls: int
    """Calls of fairlearn each time; the fastest counts, since a difference of two short times is easily disturbed."""


FULL = Size(1_000_000, (2, 5, 10), 20_000, (2, 3, 4), 400, 100, 5, 1)
QUICK = Size(5_000, (2, 2, 2), 2_000, (2, 2, 2), 200, 20, 1, 2)


def measure(size: Size, _folder: pathlib.Path, _environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The comparisons, and all timings."""
    some = people(size.rows, size.shape, 1)
    categories, text = some.categories(), some.text()
    frames = {
        "text": metricframe.documented(some, text, "columns of text"),
        "codes": metricframe.documented(some, categories, "categorical columns"),
        "best": metricframe.fastest(some),
    }
    results: dict[str, Any] = {}

    def keep(name: str, replicates: int) -> Run:
        def call() -> None:
            results[name] = frames[name].run(replicates)

        return Run(f"{name} {replicates}", call, size.their_calls)

    own = {
        "ours codes": lambda: results.update({"ours codes": library.intervals(dict(categories), some, REPLICATES, 0)}),
        "ours text": lambda: results.update({"ours text": library.intervals(dict(text), some, REPLICATES, 0)}),
    }
    for call in own.values():
        call()  # once before anything is timed
    runs = [Run(name, call, size.calls) for name, call in own.items()]
    order = [
        [keep(name, FEW), *runs, *reversed(runs), keep(name, MORE)] for name in frames
    ]  # theirs, ours, ours, theirs
    seconds = in_order([run for part in order for run in part])
    points = [
        _points_gate(results[f"ours {kind}"].points, results[name], some)
        for name in frames
        for kind in ("codes", "text")
    ]
    gate = max(points, key=lambda point: point.value)
    gates = (gate, *_law_gates(size))
    work = f"10 measures, intersections of {'×'.join(map(str, size.shape))}, {size.rows:,} people, B = {REPLICATES}"
    lines = [
        Line("a1", f"{work}, from codes", _extrapolated(frames["codes"].name, seconds, "codes"),
             tuple(seconds["ours codes"]), gates, 50_000),
        Line("a1", f"{work}, from codes", _extrapolated(frames["best"].name, seconds, "best"),
             tuple(seconds["ours codes"]), gates),
        Line("a1", f"{work}, from text", _extrapolated(frames["text"].name, seconds, "text"),
             tuple(seconds["ours text"]), gates, 20_000),
    ]  # fmt: skip
    return lines, {"seconds": seconds}


def _extrapolated(name: str, seconds: Mapping[str, list[float]], key: str) -> Baseline:
    few, more = min(seconds[f"{key} {FEW}"]), min(seconds[f"{key} {MORE}"])
    per_replicate = (more - few) / (MORE - FEW)
    how = f"extrapolated: n_boot {FEW} took {few:.3g}, {MORE} took {more:.3g}"
    return Baseline(f"{name}, n_boot={REPLICATES}", few + (REPLICATES - FEW) * per_replicate, how)


def _points_gate(own: np.ndarray, frame: Any, some: People) -> Gate:
    cells = int(np.prod(some.shape))
    comparable = np.concatenate([own[:, :1], own[:, -cells:]], axis=1)  # everyone, and all three attributes
    name = f"points, 10 measures × {1 + cells} groups"
    return Gate(name, largest_difference(comparable, metricframe.points(frame, some)), 1e-12)


def _law_gates(size: Size) -> tuple[Gate, ...]:
    """The law of the intervals at a size at which fairlearn can run all replicates in a minute."""
    some = people(size.law_rows, size.law_shape, 2)
    cells = int(np.prod(size.law_shape))
    fairlearn_ends = metricframe.ends(
        metricframe.documented(some, some.categories(), "law").run(size.law_replicates, seed=3)
    )
    groups = dict(some.categories())
    runs = (library.intervals(groups, some, size.law_replicates, seed).ends for seed in range(size.law_runs))
    return law.gates(
        np.stack([np.concatenate([run[..., :1], run[..., -cells:]], axis=-1) for run in runs]), fairlearn_ends
    )
