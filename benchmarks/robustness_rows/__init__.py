"""A module for each row of `benchmarks.robustness`."""
