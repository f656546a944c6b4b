"""Attacks and corruptions against ART, foolbox and scikit-image: `python -m benchmarks.robustness --help`."""

from __future__ import annotations

import sys

from benchmarks.command import Benchmark, run

BENCHMARK = Benchmark(
    "robustness",
    "Attacks and corruptions against ART, foolbox and scikit-image.",
    {"e1": "sweeps", "e2": "corruptions"},
    ("numpy", "torch", "adversarial-robustness-toolbox", "foolbox", "scikit-image"),
)

if __name__ == "__main__":
    sys.exit(run(BENCHMARK))
