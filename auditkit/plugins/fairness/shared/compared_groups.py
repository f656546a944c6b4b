"""Which groups a disparity of means compares: those that have numbers, and whose standard error can be believed."""

from typing import NamedTuple

import numpy as np

from auditkit import group_pairs, stats
from auditkit.plugins.fairness.shared.moments import Means
from auditkit.plugins.fairness.shared.partition import Split
from auditkit.results import LeftOut
from auditkit.too_few import fewer_than


class ComparedGroups(NamedTuple):
    """The groups of a split that are compared, and why the others are not."""

    are_compared: np.ndarray
    """(K,) bool, of those that have numbers."""
    codes: np.ndarray
    """(N,) the position of each row's group among those compared; -1 for the others."""
    members: group_pairs.Members
    left_out: list[LeftOut]


def known_spread(means: Means) -> np.ndarray:
    """(K,) bool: whether a group's standard error can be estimated."""
    # Among few people who all have one value, a standard error of 0 is not to be believed; of one unit there is none.
    return np.isfinite(means.errors) & ((means.errors > 0) | (means.rows >= stats.FEW))


def unknown_spread(error: float, counted: str = "people") -> str:
    """Why the spread of a group is not estimated.

    Args:
        error: the squared standard error of its mean; endless where all its rows are of one unit.
        counted: what its rows are.
    """
    few = fewer_than(stats.FEW, counted)
    return f"all values are the same in {few}" if np.isfinite(error) else fewer_than("two", "units")


def compared_groups(name: str, split: Split, means: Means, reported: np.ndarray, counted: str) -> ComparedGroups:
    """The groups whose means can be compared.

    Args:
        name: of the number that each group has.
        split: the groups.
        means: of the K groups that have numbers, with the errors that intervals use.
        reported: (K,) the number of each group as it is written.
        counted: what a row is, such as `people`.
    """
    able = known_spread(means)
    where = [split.usable[index] for index in np.flatnonzero(able)]
    reasons = [None if ok else unknown_spread(error, counted) for ok, error in zip(able, means.errors, strict=True)]
    return ComparedGroups(
        able,
        # Rows of no group have the code -1, which reads the -1 that was appended.
        np.append(np.where(able, np.cumsum(able) - 1, -1), -1)[split.codes],
        group_pairs.Members(name, where, reported[able], means.rows[able]),
        [*split.left_out, *group_pairs.left_out(split.usable, reasons)],
    )
