"""Are hidden columns noticed, and how long do explanations take? `python -m benchmarks.explanations --help`."""

from __future__ import annotations

import sys

from benchmarks.command import Benchmark, run

BENCHMARK = Benchmark(
    "explanations",
    "Models that decide by a column that their explanation hides must be noticed, honest models must not; explanations "
    "are timed against those of the packages that they come from.",
    {
        "c1": "controls",
        "l1": "lime",
        "g1": "gradients",
        "s1": "adult",
        "s2": "forest",
        "s3": "network",
        "s4": "tree_background",
        "n1": "counterfactuals",
    },
    ("numpy", "scikit-learn", "shap", "lime", "torch", "captum"),
)

if __name__ == "__main__":
    chosen = [part for word in sys.argv[1:] for part in (("--row", "c1") if word == "--controls" else (word,))]
    sys.exit(run(BENCHMARK, chosen))
