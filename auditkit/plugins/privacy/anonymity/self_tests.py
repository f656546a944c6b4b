"""The check's tests of itself: classes counted again in a dictionary, distances by their definition, a planted row."""

from collections import Counter

import numpy as np

from auditkit.plugins.privacy.anonymity.classes import Spread, classes_of

TRIED = 2000
"""Rows that are counted again."""
CLASSES = 30
"""Classes whose spread is worked out again."""


def miscounted(classes: np.ndarray, columns: list[np.ndarray], rng: np.random.Generator) -> float:
    """The largest difference between the size of a row's class and what a dictionary counts, among some rows alone.

    Args:
        classes: (N,) as they were measured.
        columns: (N,) each, the quasi-identifiers.
        rng: draws the rows.
    """
    rows = rng.choice(len(columns[0]), min(TRIED, len(columns[0])), replace=False)
    few = [column[rows] for column in columns]
    # a missing value is the same one wherever it stands
    keys = [tuple(None if value != value else value for value in row) for row in zip(*few, strict=True)]
    counts = Counter(keys)
    sizes = np.bincount(classes[rows])[classes[rows]]
    return float(max(abs(counts[key] - size) for key, size in zip(keys, sizes.tolist(), strict=True)))


def planted_unique(columns: list[np.ndarray]) -> int:
    """How many rows more are alone in their class once a row is added whose values nobody has; 1 is right."""
    before = np.bincount(classes_of(columns))
    added = [np.append(column, np.nanmax(column, initial=0) + 1) for column in columns]
    return int((np.bincount(classes_of(added)) == 1).sum() - (before == 1).sum())


def spread_deviation(
    classes: np.ndarray, values: np.ndarray, ordered: bool, measured: Spread, rng: np.random.Generator
) -> float:
    """The largest difference, over some classes, between what was measured and what the definitions give.

    Args:
        classes: (N,) from 0.
        values: (N,) codes from 0.
        ordered: whether they are sizes.
        measured: of all classes.
        rng: draws the classes.
    """
    kinds, worst = int(values.max()) + 1, 0.0
    whole = np.bincount(values, minlength=kinds) / len(values)
    count = int(classes.max()) + 1
    for number in rng.choice(count, min(CLASSES, count), replace=False):
        inside = np.bincount(values[classes == number], minlength=kinds)
        share = inside / inside.sum()
        entropy = -sum(part * np.log(part) for part in share if part > 0)
        if ordered:
            distance = np.abs(np.cumsum(share - whole))[:-1].sum() / max(1, kinds - 1)
        else:
            distance = np.abs(share - whole).sum() / 2
        again = (np.count_nonzero(inside), entropy, distance)
        worst = max(worst, *(abs(float(part[number]) - other) for part, other in zip(measured, again, strict=True)))
    return worst
