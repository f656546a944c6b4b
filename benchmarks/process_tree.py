"""What a command takes, it and every process that it starts: seconds, processor seconds, memory at the peak."""

from __future__ import annotations

import os
import pathlib
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

EVERY = 0.2
"""Seconds between two looks at the memory."""
PROC = pathlib.Path("/proc")


class Cost(NamedTuple):
    """What a command took."""

    code: int
    """Its exit code."""
    seconds: float
    processor: float
    """Seconds of all its processes on all cores."""
    peak: int
    """Bytes that its processes held together at one moment; a page that several share counts once."""

    def __str__(self) -> str:
        """In a line."""
        held = f"{self.peak / 1e9:.2f} GB at the peak"
        return f"{self.seconds:.1f} s, {self.processor:.1f} s of processors, {held}, exit code {self.code}"


def measured(command: Sequence[str], environment: Mapping[str, str], folder: pathlib.Path | None = None) -> Cost:
    """Run a command in a folder, its output away, and look at the memory of all its processes."""
    start = time.perf_counter()
    child = subprocess.Popen(command, env=dict(environment), cwd=folder, stdout=subprocess.DEVNULL)
    peaks = [0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(EVERY):
            peaks[0] = max(peaks[0], held_together(child.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        _, status, usage = os.wait4(child.pid, 0)
    finally:
        over.set()
        watcher.join()
    child.returncode = os.waitstatus_to_exitcode(status)
    return Cost(child.returncode, time.perf_counter() - start, usage.ru_utime + usage.ru_stime, peaks[0])


def held_together(root: int) -> int:
    """Bytes that a process and all its descendants hold, a shared page counted once."""
    parents = {int(path.name): _parent(path) for path in PROC.iterdir() if path.name.isdigit()}
    tree = {root}
    while added := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= added
    return sum(_share(pid) for pid in tree)


def _parent(process: pathlib.Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it ended meanwhile
        return 0


def _share(pid: int) -> int:
    """Bytes of a process, each page divided by how many processes have it."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
