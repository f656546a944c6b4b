"""The sensitive column as the attacker sees it: a few values, and one code to try for each."""

from typing import NamedTuple

import numpy as np

from auditkit.too_few import fewer_than

BINS = 3
"""Parts, of about as many rows each, that numbers of many values are cut into."""


class Target(NamedTuple):
    """What is to be inferred."""

    classes: np.ndarray
    """(N,) positions of the values, under K; -1 for rows that are left out: missing, or of a rare value."""
    candidates: np.ndarray
    """(K,) the code that the model is asked with for each value."""
    cut: bool
    """Whether these are parts of the range of a number, and a candidate the middle row of its part."""


def target_of(codes: np.ndarray, numeric: bool, most: int) -> Target:
    """The values of a column that are told apart.

    Args:
        codes: (N,) of members and others, NaN where missing.
        numeric: whether codes are sizes.
        most: values at most, the most frequent ones; a number of more values is cut into three parts.
    """
    known = ~np.isnan(codes)
    values, counts = np.unique(codes[known], return_counts=True)
    classes = np.full(len(codes), -1)
    if numeric and len(values) > most:
        edges = np.unique(np.quantile(codes[known], np.arange(1, BINS) / BINS))
        parts = np.searchsorted(edges, codes[known], side="left")
        present, parts = np.unique(parts, return_inverse=True)
        classes[known] = parts
        middles = [np.percentile(codes[known][parts == part], 50, method="nearest") for part in range(len(present))]
        return Target(classes, np.array(middles, dtype=np.float64), True)
    candidates = np.sort(values[np.argsort(-counts, kind="stable")][:most])
    is_told = np.isin(codes, candidates)
    classes[is_told] = np.searchsorted(candidates, codes[is_told])
    return Target(classes, candidates, False)


def why_not(classes: np.ndarray, is_member: np.ndarray, unit: np.ndarray, least: int) -> str | None:
    """Why nothing can be said about a column; None where something can.

    Args:
        classes: (N,) as in Target.
        is_member: (N,) bool.
        unit: (N,) whose row it is.
        least: persons that each side needs.
    """
    for rows, side in ((is_member, "members"), (~is_member, "non-members")):
        is_told = rows & (classes >= 0)
        present = classes[is_told]
        if len(np.unique(unit[is_told])) < least:
            return fewer_than(least, f"{side} with a value of this column that is told apart")
        if len(np.unique(present)) < 2:
            return fewer_than("two", f"values of this column among {side}")
    return None
