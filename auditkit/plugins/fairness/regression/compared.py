"""Quantities and distances compared over groups: value, interval, test and power."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from auditkit import pairing, stats
from auditkit.pairing import Members
from auditkit.plugins.fairness import shuffling
from auditkit.plugins.fairness.regression import distances, moments
from auditkit.plugins.fairness.regression.definitions import KS, WASSERSTEIN, Quantity
from auditkit.plugins.fairness.regression.moments import Means
from auditkit.plugins.fairness.splits import Split
from auditkit.results import GroupPair, Interval, LeftOut
from auditkit.stats import Place

MEAN = "mean_prediction"
"""By which two distributions are told apart in words."""
CONSTANT = f"all values are the same in fewer than {stats.FEW} people"


@dataclass
class Compared:
    """One disparity over the groups of one set of attributes."""

    name: str
    split: Split
    unit: str
    direction: str
    quantity: Quantity | None = None
    codes: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """(N,) the group of each row among those compared; -1 for the others."""
    means: Means | None = None
    """Of the groups compared."""
    left_out: list[LeftOut] = field(default_factory=list)
    pairs: tuple[GroupPair, ...] = ()
    rows: int = 0
    value: float | None = None
    interval: Interval | None = None
    reason: str = ""
    """Why there is no value."""
    p: float | None = None
    p_adjusted: float | None = None
    law: np.ndarray | None = None
    """The test's statistic where groups are shuffled."""
    how: str = ""
    usual: float | None = None
    """A distance that equal groups would exceed in 1 of 20 data sets."""


def usable(found: Means) -> np.ndarray:
    """(K,) bool: whether a group's standard error can be estimated."""
    return (found.errors > 0) | (found.rows >= stats.FEW)


def compare(quantity: Quantity, split: Split, found: Means) -> Compared:
    """One quantity over the groups; its interval, not yet its test."""
    each = Compared(
        quantity.disparity, split, "" if quantity.compared == "ratio" else "label units",
        "higher" if quantity.compared == "ratio" else "lower", quantity, left_out=list(split.left_out),
    )  # fmt: skip
    kept = usable(found)
    each.left_out += pairing.left_out(split.usable, [None if ok else CONSTANT for ok in kept])
    each.codes = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)[split.codes]
    each.means = found.take(kept)
    each.rows = int(each.means.rows.sum())
    values = each.means.values
    shown = np.array([quantity.shown(value) for value in values])
    who = Members(quantity.name, [split.usable[at] for at in np.flatnonzero(kept)], shown, each.means.rows)
    each.pairs = pairing.pair_of_extremes(who)
    if kept.sum() < 2:
        each.reason = f"fewer than two groups of {' and '.join(split.attributes)} can be compared"
    elif quantity.compared == "difference":
        each.value, each.interval = float(np.ptp(values)), moments.difference_interval(each.means)
    elif values.min() <= 0:
        each.reason = "a group has no error at all, so there is no ratio"
    else:
        each.value = quantity.shown(float(values.min() / values.max()))
        each.interval = moments.ratio_interval(each.means, quantity.root)
    return each


def apart(split: Split, predicted: np.ndarray, weights: np.ndarray | None) -> list[Compared]:
    """The two distances between distributions over the groups; not yet their tests."""
    kept, groups = split.codes >= 0, len(split.usable)
    found = [
        Compared(WASSERSTEIN, split, "label units", "lower", left_out=list(split.left_out)),
        Compared(KS, split, "", "lower", left_out=list(split.left_out)),
    ]
    for each in found:
        each.codes, each.rows = split.codes, int(kept.sum())
        if groups < 2:
            each.reason = f"fewer than two groups of {' and '.join(split.attributes)} can be compared"
    if groups >= 2:
        seen = distances.distances(
            split.codes[kept], predicted[kept], None if weights is None else weights[kept], groups
        )
        found[0].value, found[0].interval = seen.wasserstein, seen.wasserstein_interval
        found[1].value, found[1].interval = seen.ks, seen.ks_interval
        for each, groups_apart in zip(found, (seen.wasserstein_groups, seen.ks_groups), strict=True):
            each.pairs = (_by_mean(groups_apart, split, predicted, weights),)
    return found


def _by_mean(
    groups: tuple[int, int], split: Split, predicted: np.ndarray, weights: np.ndarray | None
) -> GroupPair:  # fmt: skip
    """The two groups whose distributions are farthest apart, the one with the lower mean first."""
    inside = [split.codes == group for group in groups]
    means = np.array([np.average(predicted[at], weights=None if weights is None else weights[at]) for at in inside])
    low, high = np.argsort(means, kind="stable").tolist()
    people = np.array([int(at.sum()) for at in inside])
    return pairing.pair([Members(MEAN, [split.usable[group] for group in groups], means, people)], Place(0, low, high))


def add_p_values(
    compared: Sequence[Compared],
    predicted: np.ndarray,
    residual: np.ndarray | None,
    weights: np.ndarray | None,
    draws: int,
    rng: np.random.Generator,
) -> None:
    """Fill in the p-values, raw and adjusted by Holm over everything that has a value."""
    testable = [each for each in compared if each.value is not None]
    draws = max(draws, 40 * len(testable))  # so that the smallest p-value stays below 5 % when it is adjusted
    for each in testable:
        if each.quantity is not None:
            _test(each, each.quantity.of(predicted, residual), weights, draws, rng)
    for first, second in itertools.pairwise(testable):
        if (first.name, second.name) == (WASSERSTEIN, KS):
            _test_distances(first, second, predicted, weights, draws, rng)
    adjusted = stats.holm([each.p for each in testable if each.p is not None])
    for each, p in zip(testable, adjusted, strict=True):
        each.p_adjusted = float(p)


def observed_z(each: Compared) -> float:
    """The largest difference of two groups in standard errors."""
    assert each.means is not None and each.quantity is not None  # a mean, with a value
    found = each.means.logs() if each.quantity.compared == "ratio" else each.means
    return float(moments.largest_z(found.values[None], found.errors[None])[0])


def _test(each: Compared, values: np.ndarray, weights: np.ndarray | None, draws: int, rng: np.random.Generator) -> None:
    assert each.quantity is not None and each.means is not None  # a mean
    kept = each.codes >= 0
    each.law = shuffling.shuffled_z(
        each.codes[kept], values[kept], None if weights is None else weights[kept], len(each.means.values), draws, rng,
        logs=each.quantity.compared == "ratio",
    )  # fmt: skip
    each.p = stats.permutation_p(observed_z(each), each.law)
    what = "difference of logarithms" if each.quantity.compared == "ratio" else "difference"
    each.how = f"permutation of the largest studentized {what}, {len(each.law)} shuffles of people; Holm"


def _test_distances(
    first: Compared,
    second: Compared,
    predicted: np.ndarray,
    weights: np.ndarray | None,
    draws: int,
    rng: np.random.Generator,
) -> None:
    kept = first.codes >= 0
    found = distances.chance(
        first.codes[kept], predicted[kept], None if weights is None else weights[kept], len(first.split.usable), draws,
        rng,
    )  # fmt: skip
    first.p, first.usual = found.wasserstein_p, found.wasserstein_usual
    second.p, second.usual, second.law = found.ks_p, found.ks_usual, found.ks_law
    people = "people" if weights is None else "effective numbers of people"
    for each in (first, second):
        each.how = (
            "permutation of the largest scaled distance of a group from all others, on at most "
            f"{distances.BINS} quantiles, {len(found.ks_law)} shuffles of {people}; Holm"
        )
