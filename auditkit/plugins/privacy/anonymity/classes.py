"""Equivalence classes of rows, and what a sensitive column tells within them: formulas on arrays of codes.

A class is all rows with the same values of the quasi-identifiers.
"""

from typing import NamedTuple

import numpy as np

from auditkit.lazy import pandas


class Spread(NamedTuple):
    """What a sensitive column is within each of C classes."""

    distinct: np.ndarray
    """(C,) how many different values."""
    entropy: np.ndarray
    """(C,) of its values, in nats."""
    distance: np.ndarray
    """(C,) from its distribution in the whole table, 0 to 1."""


def dense(values: np.ndarray) -> np.ndarray:
    """(N,) int64 from 0, equal exactly where values are equal; NaN and None are one value of their own."""
    codes = pandas.factorize(values)[0].astype(np.int64)
    return codes + 1 if (codes < 0).any() else codes


def classes_of(columns: list[np.ndarray]) -> np.ndarray:
    """(N,) int64 from 0: which class each row is in.

    Args:
        columns: (N,) each, one quasi-identifier or more.

    Source: Sweeney (2002), k-anonymity: a model for protecting privacy, IJUFKS 10.
    """
    classes = dense(columns[0])
    for column in columns[1:]:
        codes = dense(column)
        # made small again after every column, so that the product stays within int64
        classes = dense(classes * (int(codes.max(initial=0)) + 1) + codes)
    return classes


def spread(classes: np.ndarray, values: np.ndarray, ordered: bool) -> Spread:
    """How diverse a sensitive column is within each class, and how far from what it is in the whole table.

    The distance is the earth mover's: of numbers, one step in the sorted list of the m values costs 1 / (m - 1); of
    names, any two are 1 apart.

    Args:
        classes: (N,) from 0, none of them empty.
        values: (N,) codes from 0; where `ordered`, in the order of the values.
        ordered: whether they are sizes.

    Source: Machanavajjhala, Kifer, Gehrke and Venkitasubramaniam (2007), l-diversity, ACM TKDD 1; Li, Li and
    Venkatasubramanian (2007), t-closeness, ICDE, sections 4.1 and 4.2.
    """
    count, kinds = int(classes.max()) + 1, int(values.max()) + 1
    # one number for a class and a value, each pair once, sorted by class and then by value
    pairs, rows = np.unique(classes * kinds + values, return_counts=True)
    of_class, of_value = pairs // kinds, pairs % kinds
    sizes = np.bincount(classes, minlength=count)
    share = rows / sizes[of_class]
    whole = np.bincount(values, minlength=kinds) / len(values)
    entropy = np.bincount(of_class, weights=-share * np.log(share), minlength=count)
    measure = _ordered_distance if ordered else _equal_distance
    distance = measure(of_class, of_value, share, whole)
    return Spread(np.bincount(of_class, minlength=count), np.maximum(entropy, 0.0), np.clip(distance, 0.0, 1.0))


def _equal_distance(of_class: np.ndarray, of_value: np.ndarray, share: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Half the sum of |p - q| over all values: over those of the class, and the rest of q."""
    expected = whole[of_value]
    return (1 + np.bincount(of_class, weights=np.abs(share - expected) - expected)) / 2


def _ordered_distance(of_class: np.ndarray, of_value: np.ndarray, share: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """The sum over the m - 1 steps of |F of the class - F of the table|, over m - 1; in time by pairs, not by C · m.

    F of a class is flat between two of its values, and F of the table rises, so the two cross at most once there: what
    is summed on either side of the crossing follows from sums of F from the beginning.
    """
    kinds = len(whole)
    if kinds == 1:
        return np.zeros(int(of_class.max()) + 1)
    table = np.cumsum(whole)
    sums = np.concatenate([[0.0], np.cumsum(table)])
    first = np.concatenate([[True], of_class[1:] != of_class[:-1]])
    level = np.cumsum(share)
    level -= np.concatenate([[0.0], level[:-1]])[np.flatnonzero(first)][np.cumsum(first) - 1]
    # each value of a class begins a flat stretch, up to its next value; another one of height 0 lies before its first
    ends = np.where(np.append(first[1:], True), kinds - 1, np.append(of_value[1:], 0))
    before = np.flatnonzero(first)
    start = np.concatenate([of_value, np.zeros(len(before), dtype=np.int64)])
    end = np.concatenate([np.maximum(ends, of_value), of_value[before]])
    height = np.concatenate([level, np.zeros(len(before))])
    crossing = np.clip(np.searchsorted(table, height), start, end)
    area = height * (2 * crossing - start - end) + sums[start] + sums[end] - 2 * sums[crossing]
    return np.bincount(np.concatenate([of_class, of_class[before]]), weights=area) / (kinds - 1)
