"""Attacks and corruptions against other libraries: `python -m benchmarks.robustness --help`."""

from __future__ import annotations

import sys

from benchmarks.command import Benchmark, run

BENCHMARK = Benchmark(
    "robustness",
    "Attacks and corruptions against ART, foolbox, torchattacks and scikit-image.",
    {"e1": "sweeps", "e2": "corruptions", "e3": "autoattack"},
    ("numpy", "torch", "adversarial-robustness-toolbox", "foolbox", "scikit-image"),
)

if __name__ == "__main__":
    sys.exit(run(BENCHMARK))
