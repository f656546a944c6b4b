"""How comparisons are made: runs in turn, gates beside ratios, goals, a table, the machine's facts."""

from __future__ import annotations

import gc
import importlib.metadata
import os
import pathlib
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np


class Run(NamedTuple):
    """One piece of work, and how often it is called when its turn comes."""

    name: str
    call: Callable[[], Any]
    times: int = 1


class Gate(NamedTuple):
    """What must hold for a ratio to mean anything."""

    name: str
    value: float
    limit: float

    @property
    def holds(self) -> bool:
        """Whether the value is at most the limit; NaN is not."""
        return bool(self.value <= self.limit)


class Baseline(NamedTuple):
    """What another library needs for the work."""

    name: str
    seconds: float
    how: str
    """What was really run; begins with "extrapolated" where the seconds were not measured as such."""


class Line(NamedTuple):
    """One comparison."""

    row: str
    work: str
    baseline: Baseline
    seconds: tuple[float, ...]
    """Of each of auditkit's calls."""
    gates: tuple[Gate, ...]
    goal: float | None = None
    """The ratio wanted, baseline to ours; for `within`, ours to baseline. None: shown, no goal."""
    within: bool = False

    @property
    def ratio(self) -> float:
        """How many times faster, or with `within` how many times slower, ours is; by medians."""
        median = statistics.median(self.seconds)
        return median / self.baseline.seconds if self.within else self.baseline.seconds / median

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        if self.goal is None:
            return None
        return self.ratio <= self.goal if self.within else self.ratio >= self.goal


def in_order(runs: Sequence[Run]) -> dict[str, list[float]]:
    """Seconds of each call of each run, one run after the other; a name may come several times (A B B A)."""
    seconds: dict[str, list[float]] = {}
    for run in runs:
        seconds.setdefault(run.name, []).extend(timed(run.call) for _ in range(run.times))
    return seconds


def timed(call: Callable[[], Any]) -> float:
    """Wall seconds of one call; nothing is collected meanwhile that an earlier call left behind."""
    gc.collect()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def in_turn(
    sides: Mapping[str, tuple[Callable[[], Any], int]], rounds: int, device: str = "cpu"
) -> dict[str, list[float]]:
    """Seconds of one call, of each side in each round, after a round that does not count; every other one backwards.

    Args:
        sides: {name: (what is called, how many times in its turn)}.
        rounds: that count.
        device: where it runs: "cpu", then seconds are those of the processor, which other processes do not change; on
            a GPU those of the clock, until it has finished.
    """
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds + 1):
        for name in list(sides)[:: -1 if turn % 2 else 1]:
            call, times = sides[name]
            gc.collect()
            start = _moment(device)
            for _ in range(times):
                call()
            if turn:
                seconds[name].append((_moment(device) - start) / times)
    return seconds


def _moment(device: str) -> float:
    if device == "cpu":
        return time.process_time()
    import torch

    torch.cuda.synchronize(device)
    return time.perf_counter()


def largest_difference(values: np.ndarray, reference: np.ndarray) -> float:
    """The largest absolute difference; infinite where one is undefined and the other is not, or shapes differ."""
    values, reference = np.asarray(values, dtype=float), np.asarray(reference, dtype=float)
    if values.shape != reference.shape or (np.isnan(values) != np.isnan(reference)).any():
        return float("inf")
    apart = np.abs(values - reference)
    return float(np.nanmax(apart)) if np.isfinite(apart).any() else float("inf")


class Load:
    """How busy others kept the machine while a row was measured."""

    def __enter__(self) -> Load:
        self._start, self._busy, self._own = time.perf_counter(), _busy_seconds(), _own_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        wall = time.perf_counter() - self._start
        others = (_busy_seconds() - self._busy) - (_own_seconds() - self._own)
        self.others = max(0.0, others / wall)
        """Processors' worth of work by other processes, on average."""


def _busy_seconds() -> float:
    ticks = [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    user, nice, system, _, _, irq, softirq = ticks[:7]
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    return sum(os.times()[:4])


def copy_bandwidth(size: int = 1 << 29) -> float:
    """Bytes a second that one thread reads and writes when it copies memory, the best of five."""
    source, target = np.ones(size, dtype=np.uint8), np.empty(size, dtype=np.uint8)
    target[:] = 0
    return 2 * size / min(timed(lambda: np.copyto(target, source)) for _ in range(5))


def machine(packages: Sequence[str]) -> dict[str, Any]:
    """The facts without which seconds mean nothing."""
    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    fields = dict(line.split(":", 1) for line in cpu.splitlines() if ":" in line)
    named = {key.strip(): value.strip() for key, value in fields.items()}
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": named.get("model name", platform.processor()),
        "vectors": sorted({flag for flag in named.get("flags", "").split() if flag in ("avx2", "avx512f", "amx_int8")}),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
        "threads": {name: os.environ.get(name) for name in ("OMP_NUM_THREADS",)},
        "versions": {name: version(name) for name in packages},
        "copy_bytes_per_second": copy_bandwidth(),
        "load_average_at_start": os.getloadavg()[0],
    }


def version(package: str) -> str | None:
    """The installed version; None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def plain(line: Line) -> dict[str, Any]:
    """A comparison for a JSON file, every timing in it."""
    return {
        "row": line.row,
        "work": line.work,
        "baseline": line.baseline._asdict(),
        "ours_seconds": list(line.seconds),
        "ours_median": statistics.median(line.seconds),
        "ratio": line.ratio,
        "ratio_is": "ours / baseline" if line.within else "baseline / ours",
        "goal": line.goal,
        "met": line.met,
        "gates": [{**gate._asdict(), "holds": gate.holds} for gate in line.gates],
    }


def show(lines: Sequence[Line]) -> None:
    """Print the comparisons as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(show_lines=True)
    for title in ("row", "work", "baseline", "baseline s", "ours s, median (min–max) of k", "ratio", "gates", "goal"):
        table.add_column(title, overflow="fold")
    for line in lines:
        median, least, most = statistics.median(line.seconds), min(line.seconds), max(line.seconds)
        table.add_row(
            line.row,
            line.work,
            line.baseline.name,
            f"{line.baseline.seconds:,.4g} ({line.baseline.how})",
            f"{median:.4g} ({least:.4g}–{most:.4g}) of {len(line.seconds)}",
            _ratio(line),
            "\n".join(f"{gate.name}: {gate.value:.3g} ≤ {gate.limit:g} {_word(gate.holds)}" for gate in line.gates),
            "none" if line.goal is None else f"{'≤' if line.within else '≥'} {line.goal:,g}× {_word(line.met)}",
        )
    wide = None if os.isatty(1) else 220
    Console(width=wide).print(table)


def _ratio(line: Line) -> str:
    if line.within:
        return f"{line.ratio:,.2f}× as long"
    return f"{line.ratio:,.{0 if line.ratio >= 100 else 1}f}× as fast"


def _word(holds: bool | None) -> str:
    return "yes" if holds else "NO"
