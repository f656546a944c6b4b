"""Kills and full disks at random moments: what was finished is taken up, and the evidence is the same at the end.

    python -m benchmarks.endurance            # 300 kills and 30 full disks, about half an hour

Of each chain of kills one process is killed at a time, drawn by chance: the command, the audit, or one of its workers.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

from auditkit import runfolder
from auditkit.io.atomic_files import TEMPORARY

CONFIG = """
[data]
path = "people.csv"
label = "y"
groups = ["sex"]
[model]
decisions = "d"
[audit]
checks = ["data", "fairness.groups", "fairness.individual", "fairness.slices", "performance"]
rules = ["nist-ai-rmf"]
budget = "quick"
jobs = 2
threads = 1
[[limits]]
measurement = "performance.quality.accuracy"
at_least = 0.2
"""
# `python -m auditkit`, of which the n-th file that is synced to the disk does not fit on it
FULL = """
import errno, itertools, os, sys
fit, calls, last = os.fsync, itertools.count(1), int(sys.argv[1])
def full(descriptor):
    if next(calls) == last:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    fit(descriptor)
os.fsync = full
sys.argv[:2] = ["auditkit"]
from auditkit.cli import main
main()
"""
MARK = "ENDURANCE_MARK"
"""The variable by which processes of one command are found, whoever their parent is by then."""


class Audit:
    """One audit, started again and again in a folder."""

    def __init__(self, folder: pathlib.Path) -> None:
        rows = random.Random(0)
        people = [f"{'mf'[rows.random() < 0.5]},{rows.randint(18, 80)},{int(rows.random() < 0.4)}" for _ in range(400)]
        lines = [f"{person},{int(rows.random() < 0.5)}\n" for person in people]
        (folder / "people.csv").write_text("sex,age,y,d\n" + "".join(lines))
        (folder / "auditkit.toml").write_text(CONFIG)
        self.folder = folder

    def start(self, out: str, *command: str) -> tuple[subprocess.Popen[str], str]:
        """The command, and the mark of all its processes."""
        mark = secrets.token_hex(8)
        words = command or ("-m", "auditkit")
        started = subprocess.Popen(
            [sys.executable, *words, "run", "-q", "--out", out], cwd=self.folder, env={**os.environ, MARK: mark},
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        return started, mark

    def whole(self, out: str) -> dict[str, Any]:
        """The result of a run that nobody disturbs, without what may differ.

        Raises:
            AssertionError: the command failed, or the folder is not whole.
        """
        started, mark = self.start(out)
        stderr = started.communicate()[1]
        _demand(started.returncode == 0, f"exit code {started.returncode}: {stderr}")
        _demand(runfolder.verify(self.folder / out) == [], "the folder does not verify")
        left = [path.name for path in (self.folder / out).rglob("*") if TEMPORARY.fullmatch(path.name)]
        _demand(left == [] and processes(mark) == [], f"left behind: {left}, {processes(mark)}")
        result: dict[str, Any] = json.loads((self.folder / out / "results.json").read_bytes())
        del result["run"]
        return result


def kill(audit: Audit, out: str, longest: float, rng: random.Random) -> str:
    """Kill one process of a run after a random time; which it was, `command`, `audit` or `worker`.

    Raises:
        AssertionError: a process is left, or the run ended with a verdict although it was killed.
    """
    started, mark = audit.start(out)
    time.sleep(rng.uniform(0, longest))
    victims = processes(mark)
    victim = rng.choice(victims) if victims else started.pid
    kind = "command" if victim == started.pid else "audit" if _parent(victim) == started.pid else "worker"
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        kind = "nothing"
    started.communicate()
    if kind == "command":
        _demand(started.returncode in (-signal.SIGKILL, 0), f"exit code {started.returncode}")
    for _ in range(500):
        if not processes(mark):
            return kind
        time.sleep(0.02)
    raise AssertionError(f"processes are left after {kind} was killed: {processes(mark)}")


def fill_disk(audit: Audit, out: str, rng: random.Random) -> bool:
    """Run with a disk that is full at a random write; whether a write failed.

    Raises:
        AssertionError: the run ended with exit code 0 although a write failed.
    """
    started, _ = audit.start(out, "-c", FULL, str(rng.randint(1, 40)))
    stderr = started.communicate()[1]
    failed = "No space left" in stderr
    _demand(started.returncode != 0 if failed else started.returncode == 0, f"{started.returncode}: {stderr}")
    _demand("Traceback" not in stderr, stderr)
    return failed


def processes(mark: str) -> list[int]:
    """The processes of one command that have not ended."""
    living = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"{MARK}={mark}".encode() in (entry / "environ").read_bytes():
                living.append(int(entry.name))
        except OSError:
            continue
    return living


def _parent(process: int) -> int:
    try:
        return int(pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


def endure(folder: pathlib.Path, kills: int, disks: int, seed: int, chain: int = 10) -> dict[str, int]:
    """Kill and fill, and hold each folder at its end against one that nobody disturbed.

    Args:
        folder: an empty one.
        kills: how many, `chain` of them in each run folder.
        disks: how many runs meet a full disk.
        seed: of all that is random.
        chain: kills before a run is let to its end.

    Returns:
        {what: how often} it was met.

    Raises:
        AssertionError: the evidence differs, or something is left behind.
    """
    audit, rng, met = (
        Audit(folder),
        random.Random(seed),
        dict.fromkeys(("command", "audit", "worker", "nothing", "full"), 0),
    )
    shared = set(os.listdir("/dev/shm"))
    began = time.monotonic()
    expected = audit.whole("undisturbed")
    longest = 1.1 * (time.monotonic() - began)
    for number in range(max(1, -(-kills // chain))):
        for _ in range(min(chain, kills - number * chain)):
            met[kill(audit, f"killed-{number}", longest, rng)] += 1
        _demand(audit.whole(f"killed-{number}") == expected, f"the evidence of chain {number} differs")
    for number in range(disks):
        met["full"] += fill_disk(audit, f"full-{number}", rng)
        _demand(audit.whole(f"full-{number}") == expected, f"the evidence after full disk {number} differs")
    _demand(set(os.listdir("/dev/shm")) <= shared, "shared memory is left")
    return met


def main() -> None:
    """Endure, and print what was met."""
    parser = argparse.ArgumentParser(description="Kills and full disks at random moments.")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--disks", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="auditkit-endurance-") as folder:
        began = time.monotonic()
        met = endure(pathlib.Path(folder), options.kills, options.disks, options.seed)
        print(", ".join(f"{what}: {count}" for what, count in met.items()), f"in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
