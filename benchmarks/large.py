"""Audits of many recorded answers from end to end, seconds and peak memory: `python -m benchmarks.large [NAME …]`."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
from typing import NamedTuple

from benchmarks.harness import Load, machine

CHILD = pathlib.Path(__file__).parent / "children" / "large_child.py"


class Work(NamedTuple):
    """One file and what is asked of it."""

    rows: int
    columns: int
    checks: str
    """As under `[audit] checks`."""


WORKS = {
    "long": Work(10_000_000, 6, '["fairness.groups", "performance.quality"]'),
    "wide": Work(100_000, 300, '["fairness.groups", "performance.quality", "data.integrity"]'),
    "streamed": Work(100_000_000, 6, '["fairness.groups"]'),
    "small": Work(50_000, 6, '["fairness.groups"]'),
}
"""`small` shows that it works, and is run only by its name."""


def main(names: list[str]) -> int:
    """Run the named works, all but `small` where none is named; 1 where one does not end in exit code 0, 1 or 3."""
    print(machine(("numpy", "pandas", "pyarrow")))
    failed = False
    for name in names or [name for name in WORKS if name != "small"]:
        work = WORKS[name]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "people.parquet"
            _child("make", str(path), str(work.rows), str(work.columns))
            megabytes = path.stat().st_size / 1e6
            with Load() as load:
                summary = _child("audit", str(path), work.checks)
        failed = failed or summary.rpartition(" ")[2] not in ("0", "1", "3")
        size = f"{work.rows:,} rows of {work.columns} columns, {megabytes:,.0f} MB of Parquet"
        print(f"{name}: {size}, {work.checks}: {summary}; others: {load.others:.1f}", flush=True)
    return int(failed)


def _child(*words: str) -> str:
    done = subprocess.run([sys.executable, str(CHILD), *words], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
