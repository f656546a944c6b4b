"""Quantities and distances compared over groups: value, interval, test and power."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from auditkit import group_pairs, stats
from auditkit.errors import present
from auditkit.plugins.fairness.regression import distances
from auditkit.plugins.fairness.regression.definitions import KS, WASSERSTEIN, Quantity
from auditkit.plugins.fairness.regression.distances import Distances
from auditkit.plugins.fairness.shared import moments, permutation
from auditkit.plugins.fairness.shared.compared_groups import compared_groups
from auditkit.plugins.fairness.shared.exchangeable import exchangeable
from auditkit.plugins.fairness.shared.mean_trials import Sample
from auditkit.plugins.fairness.shared.partition import Split
from auditkit.results import LeftOut
from auditkit.too_few import two_groups


@dataclass
class Compared:
    """One disparity over the groups of one set of attributes."""

    name: str
    split: Split
    quantity: Quantity | None = None
    codes: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """(N,) the group of each row among those compared; -1 for the others."""
    means: moments.Means | None = None
    """Of the groups compared."""
    left_out: list[LeftOut] = field(default_factory=list)
    members: group_pairs.Members | None = None
    """The groups compared, with the numbers that they have; of a distance, their mean predictions."""
    extreme: stats.Extreme | None = None
    """The disparity with its interval; None where there is no value."""
    distances: Distances | None = None
    """Of all pairs, where it is a distance."""
    reason: str = ""
    """Why there is no value."""
    p: float | None = None
    law: np.ndarray | None = None
    """The test's statistic where groups are shuffled."""
    method: str = ""
    unit: np.ndarray | None = None
    """(N,) whose row it is; None: each by itself."""
    usual: float | None = None
    """A distance that equal groups would exceed in 1 of 20 data sets."""

    @property
    def value(self) -> float | None:
        """The disparity."""
        return None if self.extreme is None else self.extreme.value

    def among(self, pairs: stats.Pairs | None) -> stats.Extreme:
        """The disparity over some pairs of the groups (`stats.pairs_of`); None: all."""
        members = present(self.members, "asked only where there are two groups or more")
        if self.distances is not None:
            return self.distances.largest(members.values, pairs)[self.name == WASSERSTEIN]
        means, quantity = present(self.means, "a mean"), present(self.quantity, "a mean")
        if quantity.compared == "difference":
            extreme = moments.gap(means, pairs)
        else:
            extreme = moments.ratio(means, quantity.root, pairs)
        return extreme if self.unit is None else extreme._replace(interval=moments.by_units(extreme.interval))

    def sample(self, values: np.ndarray, weights: np.ndarray | None) -> Sample | None:
        """What is shuffled; None where there are units, and some have rows in several groups."""
        return exchangeable(self.codes, values, weights, self.unit)


def compare(quantity: Quantity, split: Split, means: moments.Means, unit: np.ndarray | None = None) -> Compared:
    """One quantity over the groups; its interval, not yet its test.

    Args:
        quantity: what is compared.
        split: the groups.
        means: of them, with errors by unit where there are units.
        unit: (N,) whose row it is, where rows of one are not independent; None: each by itself.
    """
    reported = np.array([quantity.reported(value) for value in means.values])
    groups = compared_groups(quantity.name, split, means, reported, "people")
    compared = means.take(groups.are_compared)
    comparison = Compared(
        quantity.disparity, split, quantity, groups.codes, compared, groups.left_out, groups.members, unit=unit,
    )  # fmt: skip
    if len(compared.values) < 2:
        comparison.reason = two_groups(split.attributes)
    elif quantity.compared == "ratio" and compared.values.min() <= 0:
        comparison.reason = "a group has no error at all, so there is no ratio"
    else:
        comparison.extreme = comparison.among(None)
    return comparison


def apart(
    split: Split, predicted: np.ndarray, weights: np.ndarray | None, unit: np.ndarray | None = None
) -> list[Compared]:
    """The two distances between distributions over the groups; not yet their tests. Arguments as of `compare`."""
    in_group, groups = split.codes >= 0, len(split.usable)
    weight = None if weights is None else weights[in_group]
    distances_of_pairs = (
        None
        if groups < 2
        else distances.distances(
            split.codes[in_group], predicted[in_group], weight, groups, unit=None if unit is None else unit[in_group]
        )
    )
    means = moments.means(split.codes, predicted, weights, groups)
    members = group_pairs.Members("mean_prediction", split.usable, means.values, means.rows)
    comparisons = [
        Compared(
            name, split, codes=split.codes, left_out=list(split.left_out), members=members,
            distances=distances_of_pairs, unit=unit, reason=two_groups(split.attributes),
        )
        for name in (WASSERSTEIN, KS)
    ]  # fmt: skip
    for comparison in comparisons if groups > 1 else ():
        comparison.extreme = comparison.among(None)
    return comparisons


def add_p_values(
    compared: Sequence[Compared],
    predicted: np.ndarray,
    residual: np.ndarray | None,
    weights: np.ndarray | None,
    draws: int,
    rng: np.random.Generator,
) -> None:
    """Fill in the p-values of everything that has a value."""
    testable = [comparison for comparison in compared if comparison.value is not None]
    # So many that the smallest p-value stays below 5 % when it is adjusted.
    draws = max(draws, 40 * len(testable))
    for comparison in testable:
        if comparison.quantity is not None:
            _test(comparison, comparison.quantity.of(predicted, residual), weights, draws, rng)
    # `apart` gives the two distances side by side, and one shuffling serves both.
    for first, second in itertools.pairwise(testable):
        if (first.name, second.name) == (WASSERSTEIN, KS):
            _test_distances(first, second, predicted, weights, draws, rng)


def _test(
    comparison: Compared, values: np.ndarray, weights: np.ndarray | None, draws: int, rng: np.random.Generator
) -> None:
    groups, logs = len(present(comparison.means, "a mean").values), _is_ratio(comparison)
    sample = comparison.sample(values, weights)
    if sample is None:
        return
    comparison.law = permutation.shuffled_z(*sample, groups, draws, rng, logs=logs)
    means = moments.means(*sample, groups)
    scaled = means.logs() if logs else means
    observed = float(stats.largest_z_of_means(scaled.values[None], scaled.errors[None])[0])
    comparison.p = stats.permutation_p(observed, comparison.law)
    statistic = "difference of logarithms" if logs else "difference"
    people = "people" if comparison.unit is None else "people, by units"
    comparison.method = (
        f"permutation of the largest studentized {statistic}, {len(comparison.law)} shuffles of {people}; Holm"
    )


def _is_ratio(comparison: Compared) -> bool:
    return present(comparison.quantity, "a mean").compared == "ratio"


def _test_distances(
    first: Compared,
    second: Compared,
    predicted: np.ndarray,
    weights: np.ndarray | None,
    draws: int,
    rng: np.random.Generator,
) -> None:
    if first.sample(predicted, weights) is None:
        return
    in_group = first.codes >= 0
    chance = distances.chance(
        first.codes[in_group], predicted[in_group], None if weights is None else weights[in_group],
        len(first.split.usable), draws, rng, None if first.unit is None else first.unit[in_group],
    )  # fmt: skip
    first.p, first.usual = chance.wasserstein_p, chance.wasserstein_usual
    second.p, second.usual, second.law = chance.ks_p, chance.ks_usual, chance.ks_law
    people = "people" if weights is None else "effective numbers of people"
    people = people if first.unit is None else "as many people as there are units, by units"
    for comparison in (first, second):
        comparison.method = (
            "permutation of the largest scaled distance of a group from all others, on at most "
            f"{distances.BINS} quantiles, {len(chance.ks_law)} shuffles of {people}; Holm"
        )
