"""What the fairness checks share: the partition of rows into groups, permutation tests, controls and definitions."""
