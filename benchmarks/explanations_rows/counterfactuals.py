"""n1: how often the search of counterfactuals finds the nearest changed row, on models whose nearest rows are known."""

from __future__ import annotations

import pathlib
import time
from typing import Any, NamedTuple

from benchmarks.harness import Baseline, Gate, Line
from tests.plugins.explanations.counterfactuals.test_search import linear_case, tree_case

MISSED = 0.05
"""The share of nearest rows that may be missed by more than 1 % of their cost."""
CASES = {"linear models": linear_case, "trees of depth 3 to 8": tree_case}


class Size(NamedTuple):
    """How often."""

    seeds: int


FULL = Size(100)
QUICK = Size(3)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """Gates alone: solver and search, one person of each model."""
    lines, missed = [], {}
    for name, case in CASES.items():
        seconds = []
        for seed in range(size.seeds):
            start = time.process_time()
            if not case(seed):
                missed.setdefault(name, []).append(seed)
            seconds.append(time.process_time() - start)
        gate = Gate("share of nearest rows that are missed", len(missed.get(name, ())) / size.seeds, MISSED)
        nothing = Baseline("nothing", 0.0, "the exact solver is in the seconds")
        lines.append(Line("n1", f"{size.seeds} {name}", nothing, tuple(seconds), (gate,)))
    return lines, {"missed": missed}
