"""a3: aequitas' crosstabs of three attributes."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from auditkit.counts import count
from auditkit.metrics.catalogue import PLACES
from benchmarks.fairness_rows import library
from benchmarks.harness import Baseline, Gate, Line, Run, in_order, largest_difference
from benchmarks.peers import Child, environment
from benchmarks.people import NAMES, People, people, save

AEQUITAS = "aequitas==1.1.0"
"""Needs pandas below 3."""
ORDER = ("tp", "fp", "fn", "tn")
RATES = (
    "true_positive_rate", "false_positive_rate", "true_negative_rate", "false_negative_rate",
    "positive_predictive_value", "negative_predictive_value", "false_discovery_rate", "false_omission_rate", "accuracy",
    "selection_rate",
)  # fmt: skip
"""As aequitas_child.py lists them."""


class Size(NamedTuple):
    """How large the work is."""

    rows: int
    shape: tuple[int, int, int]
    rounds: int
    calls: int


FULL = Size(1_000_000, (2, 5, 10), 5, 3)
QUICK = Size(20_000, (2, 2, 3), 1, 2)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The comparisons, and all timings."""
    some = people(size.rows, size.shape, 6)
    save(some, folder / "crosstabs")
    codes = dict(some.categories())
    text = {
        name: np.array(values, dtype=object)[column]
        for name, values, column in zip(NAMES, some.values, some.codes, strict=True)
    }
    python = environment(environments, AEQUITAS)
    seconds: dict[str, list[float]] = {"aequitas": []}
    inputs = {"codes": codes, "text": text}
    own_runs = [Run(name, _caller(groups, some), size.calls) for name, groups in inputs.items()]
    with Child("aequitas_child.py", str(folder / "crosstabs"), python=python) as child:
        answer = child.ask("crosstabs")
        for run in own_runs:
            run.call()  # all once before anything is timed
        for _ in range(size.rounds):
            seconds["aequitas"].append(child.ask("crosstabs")["seconds"])
            for name, times in in_order([*own_runs, *reversed(own_runs)]).items():
                seconds.setdefault(name, []).extend(times)
            seconds["aequitas"].append(child.ask("crosstabs")["seconds"])
    runs = len(seconds["aequitas"])
    baseline = Baseline(
        f"{AEQUITAS} Group().get_crosstabs on columns of Python text, the only kind it takes",
        float(np.median(seconds["aequitas"])), f"median of {runs}",
    )  # fmt: skip
    lines = []
    for name, goal in (("codes", 10), ("text", 3)):
        work = f"ten rates and the four counts of 3 attributes, {size.rows:,} people, from {_INPUTS[name]}"
        gates = _gates(inputs[name], some, answer)
        lines.append(Line("a3", work, baseline, tuple(seconds[name]), gates, goal))
    return lines, {"seconds": seconds}


_INPUTS = {"codes": "codes", "text": "the same Python text"}


def _caller(groups: Mapping[str, Any], some: People) -> Any:
    return lambda: library.points(groups, some)


def _gates(groups: Mapping[str, Any], some: People, answer: dict[str, Any]) -> tuple[Gate, ...]:
    counts = count(groups, some.decisions, some.labels)
    points = library.points(groups, some)
    order = [library.MEASURES.index(name) for name in RATES]
    where, cells, rates, start = [], [], [], 1  # the first group is everyone
    for name in NAMES:
        marginal = counts.over([name])
        size = len(marginal.where)
        where += [[name, group[name]] for group in marginal.where]
        cells.append(
            np.stack([marginal.tally.rows[:, label, decision] for label, decision in map(PLACES.__getitem__, ORDER)], 1)
        )
        rates.append(points[order, start : start + size].T)
        start += size
    at = {tuple(group): place for place, group in enumerate(answer["where"])}
    places = [at[tuple(group)] for group in where]  # a group that it lacks is an error
    theirs_cells, theirs_rates = np.array(answer["counts"])[places], np.array(answer["rates"])[places]
    return (
        Gate(f"cells of {len(where)} groups", largest_difference(np.concatenate(cells), theirs_cells), 0),
        Gate("ten rates", largest_difference(np.concatenate(rates), theirs_rates), 1e-12),
    )
