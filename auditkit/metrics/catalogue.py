"""A rate in each of many groups, from the table of counts: values, and what intervals and tests are made of."""

from typing import NamedTuple

import numpy as np

from auditkit.counts import Tally
from auditkit.metrics.catalogue import Rate

PLACES = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}
"""(label, decision) of each outcome."""
BLOCKS: dict[str, tuple[slice | int, slice | int]] = {
    **PLACES,
    "selected": (slice(3), 1),
    "rejected": (slice(3), 0),
    "decided": (slice(3), slice(2)),
    "abstained": (slice(3), 2),
    "everyone": (slice(3), slice(3)),
    "positives": (1, slice(3)),
    "labelled": (slice(2), slice(3)),
}
"""Where the people whom a word means are in the table of labels (negative, positive, not known) and decisions (not
selected, selected, abstained)."""


class GroupShares(NamedTuple):
    """One rate in each of K groups."""

    values: np.ndarray
    """(K,) between 0 and 1; NaN where the denominator is empty."""
    successes: np.ndarray
    """(K,) rows in the numerator; with weights, the weighted rate times the effective number of rows."""
    sizes: np.ndarray
    """(K,) rows in the denominator; with weights, the effective number of them (Kish)."""
    rows: np.ndarray
    """(K,) int64 rows in the denominator, unweighted."""
    counts: np.ndarray
    """(K,) int64 rows in the numerator, unweighted."""


def shares(tally: Tally, rate: Rate) -> GroupShares:
    """A rate and its counts in each of K groups; a weighted rate counts as that of Kish's effective number of rows."""
    numerator, weight = amount(tally.weight, rate.numerator), amount(tally.weight, rate.denominator)
    square = amount(tally.square, rate.denominator)
    # Kish: sums of weights over sums of squared weights. A weighted rate is as sure as a plain one of so many rows.
    per_weight = np.divide(weight, square, out=np.zeros_like(weight), where=square > 0)
    values = np.divide(numerator, weight, out=np.full_like(weight, np.nan), where=weight > 0)
    successes, sizes = numerator * per_weight, weight * per_weight
    rows, counts = amount(tally.rows, rate.denominator), amount(tally.rows, rate.numerator)
    # By a rounding the weighted successes may exceed the size, and Wilson's interval would take the root of a negative
    # number.
    return GroupShares(values, np.minimum(successes, sizes), sizes, rows, counts)


def right_or_not(tally: Tally) -> Tally:
    """(K, 3, 3) counts in which "selected" means a right decision, and everybody should be selected.

    Args:
        tally: (K, C + 1, C + 1) of C classes.
    """
    return Tally(*(_right_or_not(table) for table in tally))


def interval_method(method: str, weighted: bool) -> str:
    """The name of the method of an interval, with what weights make of it."""
    return f"{method}, for the effective number of rows" if weighted else method


def amount(table: np.ndarray, words: str) -> np.ndarray:
    """(K,) how many of (K, 3, 3) people, or how much of their weight, the words mean."""
    # The start keeps the dtype, so that counts of people stay whole numbers.
    return sum((_block(table, word) for word in words.split()), np.zeros(len(table), dtype=table.dtype))


def _block(table: np.ndarray, word: str) -> np.ndarray:
    return table[(slice(None), *BLOCKS[word])].reshape(len(table), -1).sum(axis=1)


def _right_or_not(table: np.ndarray) -> np.ndarray:
    classes = table.shape[1] - 1
    decided_right = np.zeros((len(table), 3, 3), dtype=table.dtype)
    known, unknown = table[:, :classes], table[:, classes]
    # Every known label becomes "positive", for everybody should be decided right; who is on the diagonal was.
    decided_right[:, 1, 1] = known[:, range(classes), range(classes)].sum(axis=1)
    decided_right[:, 1, 0] = known[:, :, :classes].sum(axis=(1, 2)) - decided_right[:, 1, 1]
    decided_right[:, 1, 2] = known[:, :, classes].sum(axis=1)
    # Whether a decision is right cannot be said where the label is not known, so these people stay in the row of the
    # unknown.
    decided_right[:, 2, 0], decided_right[:, 2, 2] = unknown[:, :classes].sum(axis=1), unknown[:, classes]
    return decided_right
