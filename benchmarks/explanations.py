"""Do the controls of explanations notice hidden columns? `python -m benchmarks.explanations --help`."""

from __future__ import annotations

import sys

from benchmarks.command import Benchmark, run

BENCHMARK = Benchmark(
    "explanations",
    "Models that decide by a column that their explanation hides must be noticed, honest models must not.",
    {"c1": "controls"},
    ("numpy", "scikit-learn", "shap"),
)

if __name__ == "__main__":
    chosen = [part for word in sys.argv[1:] for part in (("--row", "c1") if word == "--controls" else (word,))]
    sys.exit(run(BENCHMARK, chosen))
