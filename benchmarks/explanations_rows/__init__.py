"""The rows of `benchmarks.explanations`."""
