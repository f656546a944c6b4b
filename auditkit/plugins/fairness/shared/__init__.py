"""What the fairness checks share: the partition of rows into groups, and permutation tests."""
