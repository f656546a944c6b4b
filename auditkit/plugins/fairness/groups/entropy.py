"""Between-group generalized entropy: how unequally groups fare on the mean, in one number."""

from dataclasses import dataclass, field

import numpy as np
from scipy import special

from auditkit import stats
from auditkit.counts import Tally
from auditkit.group_pairs import Members
from auditkit.metrics.catalogue import EVERY, Rate, amount, shares
from auditkit.plugins.fairness.groups.disparities import Tested
from auditkit.results import NOBODY, Interval

BENEFITS = ("fn", "tp tn", "fp")
"""Whose benefit, decision - label + 1, is 0, 1 and 2."""


@dataclass
class Unequal(Tested):
    """The benefits of the groups of some attributes."""

    where: list[dict[str, str]] = field(default_factory=list)
    """(K,) who they are."""
    people: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """(K,) each counted once."""
    table: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    """(K, 3) people with the benefit 0, 1 and 2; with weights, the weighted shares of the effective number of rows."""

    @property
    def comparable(self) -> bool:
        """Whether there are two groups."""
        return len(self.table) > 1

    @property
    def members(self) -> Members:
        """The groups with their mean benefits."""
        return Members("mean_benefit", self.where, self.table @ np.arange(3) / self.table.sum(axis=1), self.people)


def benefits(tally: Tally) -> np.ndarray:
    """(K, 3) people by benefit 0, 1 and 2; a weighted group counts as its effective number of rows (Kish).

    Where rows vary together, as that of the benefit whose share tells least.
    """
    weight, square = (
        np.column_stack([amount(table, words) for words in BENEFITS]) for table in (tally.weight, tally.square)
    )
    total = square.sum(axis=1, keepdims=True)
    table = np.divide(weight * weight.sum(axis=1, keepdims=True), total, out=np.zeros_like(weight), where=total > 0)
    if tally.clusters is None:
        return table
    sizes = [shares(tally, Rate("", "", words, EVERY, "", "none", "", NOBODY)).sizes for words in BENEFITS]
    whole = table.sum(axis=1)
    return table * np.divide(np.min(sizes, axis=0), whole, out=np.zeros_like(whole), where=whole > 0)[:, None]


def between(table: np.ndarray, alpha: float = 2.0) -> np.ndarray:
    """The between-group part of the generalized entropy index of the benefits.

    Args:
        table: (..., K, 3) people of each group with the benefit 0, 1 and 2; no group is empty.
        alpha: how much weight those who fare well have; 2 is half the squared coefficient of variation, 1 Theil's T, 0
            Theil's L.

    Returns:
        (...) from 0; NaN where nobody has a benefit, infinite where a group has none and alpha is 0 or less.

    Source: Speicher et al. (2018), A unified approach to quantifying algorithmic unfairness, arXiv:1807.00787, 3.2.
    """
    sizes = table.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = sizes / sizes.sum(axis=-1, keepdims=True)
        mean = (table[..., 1] + 2 * table[..., 2]) / sizes
        # A resample may empty a group: it then weighs nothing, and must not turn the sum into NaN.
        mean, share = np.where(sizes > 0, mean, 0), np.where(sizes > 0, share, 0)
        ratio = mean / (share * mean).sum(axis=-1, keepdims=True)
        # At 0 and at 1 the general formula divides by 0; these are its limits.
        if alpha == 0:
            terms = -np.log(ratio)
        elif alpha == 1:
            terms = np.where(ratio > 0, ratio * np.log(np.where(ratio > 0, ratio, 1)), np.where(ratio == 0, 0, np.nan))
        else:
            terms = (ratio**alpha - 1) / (alpha * (alpha - 1))
        return np.where(share > 0, share * terms, 0).sum(axis=-1)


def interval(
    table: np.ndarray, alpha: float, differs: bool, rng: np.random.Generator, replicates: int = 1000
) -> Interval | None:
    """An interval for `between` from 0: resampled cells less their bias, as resamples of equal groups differ too.

    Args:
        table: (K, 3).
        alpha: as in `between`.
        differs: whether the test says, at 5 %, that the groups differ; else the interval starts at 0.
        rng: the source of chance.
        replicates: how many resamples.

    Returns:
        None where over 5 % of the resamples have no number.

    Source: Efron (1979), Annals of Statistics 7; the low end by the duality of tests and intervals.
    """
    flat = table.ravel()
    # All cells at once and not group by group: the sizes of the groups are chance too.
    drawn = rng.multinomial(round(float(flat.sum())), flat / flat.sum(), size=replicates)
    numbers = between(drawn.reshape(replicates, *table.shape), alpha)
    known = numbers[np.isfinite(numbers)]
    # Where many resamples have no value, the quantiles of the others are about another law.
    if len(known) < 0.95 * replicates:
        return None
    value = float(between(table, alpha))
    bias = float(known.mean()) - value
    low, high = (float(end) - bias for end in np.quantile(known, [0.025, 0.975]))
    # Resamples of equal groups are never equal, so their own low end would always exclude 0; the test decides instead.
    low = max(0.0, min(low, value)) if differs else 0.0
    return Interval(
        low=low, high=max(high, value),
        method=f"bootstrap of cells less its bias, {replicates} resamples; from 0 unless the test differs",
    )  # fmt: skip


def shuffled(table: np.ndarray, alpha: float, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(draws,) values of `between` if people were shuffled among the groups."""
    sizes = np.maximum(1, np.round(table.sum(axis=1))).astype(np.int64)
    totals = np.round(table.sum(axis=0)).astype(np.int64)
    # Rows and columns are rounded apart, so a column may hold one person more than there are places.
    none = int(min(totals[0], sizes.sum()))
    first = rng.multivariate_hypergeometric(sizes, none, size=draws, method="marginals")
    third = _second_column(sizes - first, int(min(totals[2], sizes.sum() - none)), rng)
    return between(np.stack([first, sizes - first - third, third], axis=-1).astype(float), alpha)


def _second_column(free: np.ndarray, total: int, rng: np.random.Generator) -> np.ndarray:
    """(draws, K) how many of `total` people each group gets of the (draws, K) places that are left."""
    placed = np.zeros_like(free)
    unplaced, free_in_all = np.full(len(free), total), free.sum(axis=1)
    # Group by group, given those before: numpy's multivariate law takes one set of sizes for all draws, and here each
    # draw has its own.
    for group in range(free.shape[1]):
        placed[:, group] = rng.hypergeometric(unplaced, free_in_all - unplaced, free[:, group])
        unplaced, free_in_all = unplaced - placed[:, group], free_in_all - free[:, group]
    return placed


def detectable(table: np.ndarray, tests: int, power: float = 0.8) -> float | None:
    """About the smallest index that would be found 8 times in 10, after adjusting for `tests` tests.

    Close to equality the index times 2 n m^2 / variance follows a noncentral chi-squared law for every alpha.
    """
    sizes = table.sum(axis=1)
    total = table.sum(axis=0) / sizes.sum()
    mean = float(total[1] + 2 * total[2])
    variance = float(total[1] + 4 * total[2]) - mean**2
    if variance <= 0 or mean <= 0:
        return None
    freedom = len(sizes) - 1
    limit = special.chdtri(freedom, 0.05 / max(1, tests))
    noncentral = float(special.chndtrinc(limit, freedom, 1 - power))
    return noncentral * variance / (2 * float(sizes.sum()) * mean**2)


def p_value(table: np.ndarray, alpha: float, draws: int, rng: np.random.Generator) -> float:
    """The share of shuffles at least as unequal as the table."""
    return stats.permutation_p(float(between(np.round(table), alpha)), shuffled(table, alpha, draws, rng))
