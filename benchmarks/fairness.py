"""Fairness on counts against fairlearn, aif360, aequitas and pyarrow: `python -m benchmarks.fairness --help`."""

from __future__ import annotations

import sys

from benchmarks.command import Benchmark, run

BENCHMARK = Benchmark(
    "fairness",
    "Fairness on counts against fairlearn, aif360, aequitas and pyarrow.",
    {"a1": "intervals", "a2": "points", "a3": "crosstabs", "a4": "parquet"},
    ("numpy", "pandas", "pyarrow", "fairlearn", "scikit-learn"),
)

if __name__ == "__main__":
    sys.exit(run(BENCHMARK))
