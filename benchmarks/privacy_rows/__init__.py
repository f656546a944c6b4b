"""The rows of `benchmarks.privacy`."""
