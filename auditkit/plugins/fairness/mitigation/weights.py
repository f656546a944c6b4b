"""Weights under which group and label are independent."""

from __future__ import annotations

import numpy as np


def reweigh(table: np.ndarray) -> np.ndarray:
    """(G, C) weights: how much each person of a group with a label counts, P(group) P(label) / P(group, label).

    Under these weights every group has the same share of each label, every group and every label keeps its total, and
    so does the whole.

    Args:
        table: (G, C) people, or sums of weights, by group and label; every one above 0.

    Source: Kamiran and Calders (2012), Data preprocessing techniques for classification without discrimination,
    Knowledge and Information Systems 33, section 4.2.
    """
    return table.sum(axis=1, keepdims=True) * table.sum(axis=0) / (table.sum() * table)


def dependence(group: np.ndarray, label: np.ndarray, weights: np.ndarray) -> float:
    """The largest |P(group, label) - P(group) P(label)| under weights, row by row; 0 where they are independent.

    Args:
        group: (N,) any values.
        label: (N,) any values.
        weights: (N,) not negative.
    """
    total, worst = weights.sum(), 0.0
    for one in np.unique(group):
        for other in np.unique(label):
            both = weights[(group == one) & (label == other)].sum() / total
            apart = weights[group == one].sum() / total * weights[label == other].sum() / total
            worst = max(worst, abs(float(both - apart)))
    return worst
