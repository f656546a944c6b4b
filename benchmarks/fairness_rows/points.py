"""a2: ten measures of many groups without intervals, against fairlearn and aif360."""

from __future__ import annotations

import itertools
import pathlib
from typing import Any, NamedTuple

import numpy as np

from benchmarks.fairness_rows import library, metricframe
from benchmarks.harness import Baseline, Gate, Line, Run, in_order, largest_difference
from benchmarks.peers import Child, environment
from benchmarks.people import People, people, save

AIF360 = "aif360==0.6.1"


class Size(NamedTuple):
    """How large the work is."""

    rows: int
    shape: tuple[int, int, int]
    best_rows: int
    """People with whom fairlearn at its best is really run."""
    aif360_groups: int
    """Groups that aif360 really measures, in two halves."""
    calls: int


FULL = Size(10_000_000, (2, 10, 10), 1_000_000, 20, 5)
QUICK = Size(40_000, (2, 2, 3), 20_000, 8, 3)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The comparisons, and all timings."""
    some = people(size.rows, size.shape, 4)
    groups = dict(some.categories())
    own = library.points(groups, some)[:, -np.prod(size.shape) :]
    own_run = Run("ours", lambda: library.points(groups, some), size.calls)
    work = f"10 measures of {np.prod(size.shape)} groups, {size.rows:,} people, from codes"
    fair, timings = _fairlearn(size, some, own_run, own, work)
    aif, more = _aif360(size, some, own_run, own, work, folder, environments)
    return [*fair, aif], {"fairlearn": timings, "aif360": more}


def _fairlearn(
    size: Size, some: People, own_run: Run, own: np.ndarray, work: str
) -> tuple[list[Line], dict[str, list[float]]]:
    full = metricframe.documented(some, some.categories(), "categorical columns")
    fewer = people(size.best_rows, size.shape, 5)
    best = metricframe.fastest(fewer)
    points: dict[str, np.ndarray] = {}
    as_documented = Run("fairlearn", lambda: points.update(full=metricframe.points(full.run(), some)))
    at_best = Run("fairlearn at its best", lambda: points.update(best=metricframe.points(best.run(), fewer)))
    seconds = in_order([own_run, as_documented, own_run, at_best, own_run])
    gate = Gate("points", largest_difference(own, points["full"][:, 1:]), 1e-12)
    own_fewer = library.points(dict(fewer.categories()), fewer)[:, -np.prod(size.shape) :]
    gate_best = Gate("points on fewer people", largest_difference(own_fewer, points["best"][:, 1:]), 1e-12)
    once = seconds["fairlearn at its best"][0]
    more = size.rows / size.best_rows
    lines = [
        Line("a2", work, Baseline(full.name, seconds["fairlearn"][0], "run once"),
             tuple(seconds["ours"]), (gate,), 1000),
        Line("a2", work,
             Baseline(best.name, once * more, f"extrapolated: {size.best_rows:,} people took {once:.3g}"),
             tuple(seconds["ours"]), (gate_best,)),
    ]  # fmt: skip
    return lines, seconds


def _aif360(
    size: Size, some: People, own_run: Run, own: np.ndarray, work: str, folder: pathlib.Path, environments: pathlib.Path
) -> tuple[Line, dict[str, list[float]]]:
    """At its best: two groups by each ClassificationMetric, its dataset made beforehand."""
    save(some, folder / "points")
    groups = list(itertools.product(*map(range, size.shape)))
    at = np.linspace(0, len(groups) - 1, size.aif360_groups).astype(int)
    halves = (at[: len(at) // 2], at[len(at) // 2 :])
    python = environment(environments, AIF360)
    answers = []
    with Child("aif360_child.py", str(folder / "points"), python=python) as child:

        def ask(which: np.ndarray) -> dict[str, Any]:
            answers.append(child.ask("measures", groups=[groups[group] for group in which]))
            return answers[-1]

        ask(at[:2])  # once before anything is timed
        first = ask(halves[0])["seconds"]
        timed = in_order([own_run, own_run])
        second = ask(halves[1])["seconds"]
    values = np.concatenate([np.array(answer["values"], dtype=float) for answer in answers[1:]]).T
    gate = Gate(f"points, {len(at)} groups", largest_difference(own[:, np.concatenate(halves)], values), 1e-12)
    seconds = (first + second) * len(groups) / len(at)
    how = f"extrapolated: {len(at)} of {len(groups)} groups took {first + second:.3g}"
    baseline = Baseline(f"{AIF360} ClassificationMetric, two groups by each, data prepared", seconds, how)
    line = Line("a2", work, baseline, tuple(timed["ours"]), (gate,), 1000)
    return line, {"aif360": [first, second], "ours": timed["ours"]}
