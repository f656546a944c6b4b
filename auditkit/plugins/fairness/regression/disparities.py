"""Quantities and distances compared over groups: value, interval, test and power."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from auditkit import group_pairs, stats
from auditkit.errors import present
from auditkit.group_pairs import Members
from auditkit.plugins.fairness.regression import distances, moments
from auditkit.plugins.fairness.regression.definitions import KS, WASSERSTEIN, Quantity
from auditkit.plugins.fairness.regression.distances import Distances
from auditkit.plugins.fairness.regression.moments import Means
from auditkit.plugins.fairness.shared import permutation
from auditkit.plugins.fairness.shared.partition import Split
from auditkit.results import LeftOut
from auditkit.stats import Extreme
from auditkit.stats.extremes import Pairs
from auditkit.too_few import fewer_than, two_groups

CONSTANT = f"all values are the same in {fewer_than(stats.FEW, 'people')}"


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
    members: Members | None = None
    """The groups compared, with the numbers that they have; of a distance, their mean predictions."""
    found: Extreme | None = None
    """The disparity with its interval; None where there is no value."""
    distances: Distances | None = None
    """Of all pairs, where it is a distance."""
    reason: str = ""
    """Why there is no value."""
    p: float | None = None
    p_adjusted: float | None = None
    law: np.ndarray | None = None
    """The test's statistic where groups are shuffled."""
    how: str = ""
    usual: float | None = None
    """A distance that equal groups would exceed in 1 of 20 data sets."""

    @property
    def value(self) -> float | None:
        """The disparity."""
        return None if self.found is None else self.found.value

    def among(self, pairs: Pairs | None) -> Extreme:
        """The disparity over some pairs of the groups (`stats.pairs_of`); None: all."""
        members = present(self.members, "asked only where there are two groups or more")
        if self.distances is not None:
            return self.distances.largest(members.values, pairs)[self.name == WASSERSTEIN]
        means = present(self.means, "a mean")
        quantity = present(self.quantity, "a mean")
        if quantity.compared == "difference":
            return moments.gap(means, pairs)
        return moments.ratio(means, quantity.root, pairs)


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
    each.left_out += group_pairs.left_out(split.usable, [None if ok else CONSTANT for ok in kept])
    each.codes = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)[split.codes]
    each.means = found.take(kept)
    values = each.means.values
    shown = np.array([quantity.shown(value) for value in values])
    each.members = Members(quantity.name, [split.usable[at] for at in np.flatnonzero(kept)], shown, each.means.rows)
    if kept.sum() < 2:
        each.reason = two_groups(split.attributes)
    elif quantity.compared == "ratio" and values.min() <= 0:
        each.reason = "a group has no error at all, so there is no ratio"
    else:
        each.found = each.among(None)
    return each


def apart(split: Split, predicted: np.ndarray, weights: np.ndarray | None) -> list[Compared]:
    """The two distances between distributions over the groups; not yet their tests."""
    kept, groups = split.codes >= 0, len(split.usable)
    weight = None if weights is None else weights[kept]
    seen = None if groups < 2 else distances.distances(split.codes[kept], predicted[kept], weight, groups)
    comparisons = [
        Compared(WASSERSTEIN, split, "label units", "lower", left_out=list(split.left_out)),
        Compared(KS, split, "", "lower", left_out=list(split.left_out)),
    ]
    for comparison in comparisons:
        comparison.codes, comparison.distances = split.codes, seen
        comparison.reason = two_groups(split.attributes)
        means = moments.means(split.codes, predicted, weights, groups)
        comparison.members = Members("mean_prediction", split.usable, means.values, means.rows)
        comparison.found = None if seen is None else comparison.among(None)
    return comparisons


def add_p_values(
    compared: Sequence[Compared],
    predicted: np.ndarray,
    residual: np.ndarray | None,
    weights: np.ndarray | None,
    draws: int,
    rng: np.random.Generator,
) -> None:
    """Fill in the p-values, raw and adjusted by Holm over everything that has a value."""
    testable = [comparison for comparison in compared if comparison.value is not None]
    draws = max(draws, 40 * len(testable))  # so that the smallest p-value stays below 5 % when it is adjusted
    for comparison in testable:
        if comparison.quantity is not None:
            _test(comparison, comparison.quantity.of(predicted, residual), weights, draws, rng)
    for first, second in itertools.pairwise(testable):
        if (first.name, second.name) == (WASSERSTEIN, KS):
            _test_distances(first, second, predicted, weights, draws, rng)
    adjusted = stats.holm([comparison.p for comparison in testable if comparison.p is not None])
    for comparison, p in zip(testable, adjusted, strict=True):
        comparison.p_adjusted = float(p)


def observed_z(each: Compared) -> float:
    """The largest difference of two groups in standard errors."""
    means = present(each.means, "a mean, with a value")
    quantity = present(each.quantity, "a mean, with a value")
    found = means.logs() if quantity.compared == "ratio" else means
    return float(stats.largest_z_of_means(found.values[None], found.errors[None])[0])


def _test(each: Compared, values: np.ndarray, weights: np.ndarray | None, draws: int, rng: np.random.Generator) -> None:
    quantity = present(each.quantity, "a mean")
    means = present(each.means, "a mean")
    kept = each.codes >= 0
    each.law = permutation.shuffled_z(
        each.codes[kept], values[kept], None if weights is None else weights[kept], len(means.values), draws, rng,
        logs=quantity.compared == "ratio",
    )  # fmt: skip
    each.p = stats.permutation_p(observed_z(each), each.law)
    what = "difference of logarithms" if quantity.compared == "ratio" else "difference"
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
    chance = distances.chance(
        first.codes[kept], predicted[kept], None if weights is None else weights[kept], len(first.split.usable), draws,
        rng,
    )  # fmt: skip
    first.p, first.usual = chance.wasserstein_p, chance.wasserstein_usual
    second.p, second.usual, second.law = chance.ks_p, chance.ks_usual, chance.ks_law
    people = "people" if weights is None else "effective numbers of people"
    for comparison in (first, second):
        comparison.how = (
            "permutation of the largest scaled distance of a group from all others, on at most "
            f"{distances.BINS} quantiles, {len(chance.ks_law)} shuffles of {people}; Holm"
        )
