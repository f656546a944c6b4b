"""Fairness of predicted numbers: errors per group, and distances between the predictions of groups."""
