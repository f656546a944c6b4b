"""Private training and attacks on privacy against other libraries: `python -m benchmarks.privacy --help`."""

from __future__ import annotations

import sys

from benchmarks.command import Benchmark, run

BENCHMARK = Benchmark(
    "privacy",
    "Private steps against opacus, and shadow models against one after another.",
    {"p1": "steps", "p2": "shadows"},
    ("numpy", "torch", "opacus"),
)

if __name__ == "__main__":
    sys.exit(run(BENCHMARK))
