"""Private training and attacks on privacy against other libraries: `python -m benchmarks.privacy --help`."""

from __future__ import annotations

import sys

from benchmarks.command import Benchmark, run

BENCHMARK = Benchmark(
    "privacy",
    "Private steps against opacus, shadow models against one after another, RMIA against its matrix, canaries.",
    {"p1": "steps", "p2": "shadows", "p3": "rmia", "p4": "audits", "c1": "controls", "c2": "epsilon"},
    ("numpy", "torch", "opacus"),
)

if __name__ == "__main__":
    # the controls alone: sick trainings that must be noticed, healthy ones that must not
    chosen = [part for word in sys.argv[1:] for part in (("--row", "c1") if word == "--controls" else (word,))]
    sys.exit(run(BENCHMARK, chosen))
