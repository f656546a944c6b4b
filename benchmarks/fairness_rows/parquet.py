"""a4: counting a hundred million people in a Parquet file, against reading the same columns with pyarrow."""

from __future__ import annotations

import contextlib
import os
import pathlib
import statistics
from typing import Any, NamedTuple

import numpy as np

from benchmarks.harness import Baseline, Gate, Line, largest_difference
from benchmarks.peers import Child
from benchmarks.people import write_parquet

READERS = ("read_table", "read_table_mapped", "iter_batches", "dataset", "row_groups", "row_groups_mapped")
"""The functions of children/parquet_child.py."""
GIGABYTES = 1.0


class Size(NamedTuple):
    """How large the work is."""

    rows: int
    shape: tuple[int, int, int]
    rounds: int
    """Rounds of: all readers, ours, ours, all readers in the opposite order."""


FULL = Size(100_000_000, (2, 5, 10), 3)
QUICK = Size(300_000, (2, 2, 3), 1)


def measure(size: Size, folder: pathlib.Path, _environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The comparisons, and all timings."""
    path = folder / "people.parquet"
    expected = write_parquet(path, size.rows, size.shape, 7)
    threads = len(os.sched_getaffinity(0))
    megabytes = path.stat().st_size / 1e6
    names = [*READERS, "count"]
    seconds: dict[str, list[float]] = {name: [] for name in names}
    with contextlib.ExitStack() as stack:
        # a process for each, so that its peak memory is its own
        children = {name: stack.enter_context(Child("parquet_child.py", str(path), str(threads))) for name in names}
        first = {name: child.ask(name) for name, child in children.items()}  # the file is cached from here on
        for _ in range(size.rounds):
            for name in [*names, *reversed(names)]:
                seconds[name].append(children[name].ask(name)["seconds"])
        peaks = {name: child.ask("peak")["bytes"] / 1e9 for name, child in children.items()}
    fastest = min(READERS, key=lambda name: statistics.median(seconds[name]))
    gates = (
        Gate(f"cells, {expected.size} of them", largest_difference(np.array(first["count"]["cells"]), expected), 0),
        Gate("rows not read", max(abs(first[name]["rows"] - size.rows) for name in READERS), 0),
        Gate("peak memory, GB", peaks["count"], GIGABYTES),
    )
    work = f"3 attributes, label and decision of {size.rows:,} people, {megabytes:.0f} MB Parquet, {threads} threads"
    lines = []
    for name in dict.fromkeys((fastest, "read_table")):
        median, runs = statistics.median(seconds[name]), len(seconds[name])
        how = f"median of {runs}, {peaks[name]:.2g} GB"
        baseline_name = f"pyarrow {name}, only read" + (", the fastest" if name == fastest else "")
        goal = 1.5 if name == fastest else None
        lines.append(
            Line("a4", work, Baseline(baseline_name, median, how), tuple(seconds["count"]), gates, goal, within=True)
        )
    firsts = {name: answer["seconds"] for name, answer in first.items()}
    return lines, {"seconds": seconds, "first_seconds": firsts, "peak_gb": peaks, "file_mb": megabytes}
