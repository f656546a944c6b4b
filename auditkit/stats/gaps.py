"""The widest difference and the smallest ratio over several groups: a permutation test, power; see also `extremes`.

A bootstrap interval for a maximum of differences cannot reach 0, because every resample of equal groups differs. So an
interval comes from all pairs of groups at once, and a p-value from shuffling rows between the groups.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
import scipy

from auditkit.stats.leading_pair import largest_z_of_one
from auditkit.stats.proportions import critical

PAIRWISE = 100
"""Groups above which what is linear in the groups takes the place of what goes through every pair of them."""


class Shares(NamedTuple):
    """One share in each of k groups. Every size is above 0."""

    successes: np.ndarray
    """(k,) between 0 and the size; need not be whole."""
    sizes: np.ndarray
    """(k,) rows, or effective rows where they are weighted."""

    @classmethod
    def of_rows(cls, codes: np.ndarray, hits: np.ndarray, weights: np.ndarray, groups: int) -> Self:
        """The weighted share of each group, as that of its effective number of rows (Kish 1965, Survey sampling).

        Args:
            codes: (N,) the group of each row, 0 to `groups` - 1; no group is empty.
            hits: (N,) between 0 and 1, or bool.
            weights: (N,) above 0.
            groups: how many.
        """
        total, square, hit = (
            np.bincount(codes, weights=summed, minlength=groups) for summed in (weights, weights**2, weights * hits)
        )
        # a rounding must not lift a share above 1
        return cls(np.minimum(hit, total) * total / square, total**2 / square)

    @property
    def rates(self) -> np.ndarray:
        """(k,) between 0 and 1."""
        return self.successes / self.sizes

    @property
    def common(self) -> float:
        """The share over all groups together."""
        return float(self.successes.sum() / self.sizes.sum())

    @property
    def two_smallest(self) -> tuple[float, float]:
        """The sizes of the two smallest groups."""
        smallest, second = np.sort(self.sizes)[:2].tolist()
        return smallest, second


def widest_gap(parts: Sequence[Shares]) -> float:
    """The largest difference between two groups, in the part where it is largest; between 0 and 1."""
    return max(float(np.ptp(part.rates)) for part in parts)


def largest_z(parts: Sequence[Shares]) -> float:
    """The largest difference between two groups in standard errors, in the part where it is largest; at least 0.

    Standard errors, not differences, so that two large groups that differ for certain are not outshouted by the
    chance differences of small ones.
    """
    return max(float(_studentized(part.successes[None, :], part.sizes)[0]) for part in parts)


def largest_z_of_means(values: np.ndarray, variances: np.ndarray, speck: float = 0.0) -> np.ndarray:
    """(B,) the largest difference of two of K groups in standard errors; infinite where two differ and neither varies.

    Each pair by its own standard error, so that the law under shuffling holds for groups of unequal size and spread.

    Args:
        values: (B, K) means, or other numbers whose law is about normal.
        variances: (B, K) their squared standard errors.
        speck: differences and standard errors up to this are roundings, and count as none.

    Source: Janssen (1997), Studentized permutation tests for non-iid hypotheses, Statistics & Probability Letters 36;
    Pauly, Asendorf and Konietschke (2016), Biometrical Journal 58, for areas under the curve.
    """
    if values.shape[1] > PAIRWISE and np.isfinite(values).all() and np.isfinite(variances).all():
        numbers = zip(values, variances, strict=True)
        return np.array([largest_z_of_one(value, variance, speck) for value, variance in numbers])
    largest = np.zeros(len(values))
    # one group against those behind it at a time: all pairs of all draws at once would not fit into memory
    for group in range(values.shape[1] - 1):
        gap = np.abs(values[:, group + 1 :] - values[:, group : group + 1])
        error = np.sqrt(variances[:, group + 1 :] + variances[:, group : group + 1])
        z = np.divide(gap, error, out=np.where(gap > speck, np.inf, 0.0), where=error > speck)
        np.maximum(largest, z.max(axis=1), out=largest)
    return largest


def shuffled_z(parts: Sequence[Shares], draws: int, rng: np.random.Generator) -> np.ndarray:
    """(draws,) values of `largest_z` if the groups were shuffled among the rows: its law where no group differs.

    Shuffling rows moves a fixed number of successes over groups of fixed size, so the counts follow a multivariate
    hypergeometric law; it is drawn directly. Exact, at a cost that does not grow with the rows. Several parts are
    shuffled each for itself (for equalized odds: among the rows of equal label).

    Args:
        parts: counts, below 10^9 rows in all; numbers that are not whole are rounded first.
        draws: how many shuffles.
        rng: the source of chance.

    Source: Fisher (1935), The design of experiments; Westfall and Young (1993), Resampling-based multiple testing, for
    the maximum over pairs.
    """
    largest = np.zeros(draws)
    for part in parts:
        # effective sizes are seldom whole, and the hypergeometric law is about whole rows
        sizes = np.maximum(1, np.round(part.sizes)).astype(np.int64)
        total = int(min(sizes.sum(), round(float(part.successes.sum()))))
        # numpy's other method, "count", holds every row in memory
        counts = rng.multivariate_hypergeometric(sizes, total, size=draws, method="marginals")
        np.maximum(largest, _studentized(counts, sizes), out=largest)
    return largest


def permutation_p(observed: float, shuffled: np.ndarray) -> float:
    """The share of shuffles at least as extreme as what was observed, itself counted; never 0.

    Source: Phipson and Smyth (2010), Permutation p-values should never be zero, arXiv:1603.05766.
    """
    # a shuffle of the same counts may differ from the observed one by a rounding
    return (1 + int(np.sum(shuffled >= observed * (1 - 1e-9)))) / (1 + len(shuffled))


def detectable_gap(rate: float, n1: float, n2: float, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """The smallest true difference of two groups that a two-sided test would find with this power.

    The groups' common rate stays at `rate` and the two move apart from it, as far as 0 and 1 allow.

    Args:
        rate: the share over both groups, between 0 and 1.
        n1: rows of the one group, above 0.
        n2: rows of the other, above 0.
        alpha: the test's level, already divided among all tests of the family.
        power: how often the difference is to be found.

    Returns:
        A difference above 0 and at most 1; None where no difference would be found that often.

    Source: Fleiss, Levin and Paik (2003), Statistical methods for rates and proportions, 4.2, without the continuity
    correction.
    """
    # a grid and no root: once 0 or 1 stops one of the rates, power need not rise steadily with the gap
    steps = np.linspace(0, 1, 20_001)[1:]
    higher, lower = apart(rate, n1, n2, steps)
    pooled = (n1 * higher + n2 * lower) / (n1 + n2)
    null = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    spread = np.sqrt(higher * (1 - higher) / n1 + lower * (1 - lower) / n2)
    with np.errstate(divide="ignore", invalid="ignore"):
        reached = np.where(spread > 0, (steps - critical(1 - alpha) * null) / spread, np.inf)
    enough = np.flatnonzero((reached >= scipy.special.ndtri(power)) & (steps >= critical(1 - alpha) * null))
    return round(float(steps[enough[0]]), 6) if enough.size else None


def detectable_among(part: Shares, tests: int) -> float | None:
    """The gap of the two smallest groups that would be found 8 times in 10, in any of `tests` tests of all pairs.

    Divided by Bonferroni among the pairs and the tests, so that the gap of any other two groups is found more often.

    Args:
        part: the shares of two groups or more.
        tests: how many tests the family has.
    """
    pairs = len(part.sizes) * (len(part.sizes) - 1) // 2
    return detectable_gap(part.common, *part.two_smallest, alpha=0.05 / (tests * pairs))


def apart(rate: float, n1: float, n2: float, gap: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Two rates that differ by `gap`, the higher first, around a common `rate`; both moved where one leaves 0 to 1."""
    # the larger group moves less, so that the common rate stays
    lower = np.clip(rate - np.asarray(gap) * n1 / (n1 + n2), 0, 1 - np.asarray(gap))
    return lower + gap, lower


def _studentized(counts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(B,) the largest difference of two groups in pooled standard errors, for tables of counts (B, k)."""
    rates, pooled = counts / sizes, counts.sum(axis=1) / sizes.sum()
    if len(sizes) > PAIRWISE:
        largest = largest_z_of_means(rates, np.broadcast_to(1 / sizes, rates.shape))
    else:
        largest = np.zeros(len(counts))
        for i in range(len(sizes) - 1):
            weight = 1 / np.sqrt(1 / sizes[i] + 1 / sizes[i + 1 :])
            np.maximum(largest, (np.abs(rates[:, i + 1 :] - rates[:, i : i + 1]) * weight).max(axis=1), out=largest)
    spread = np.sqrt(pooled * (1 - pooled))
    # without spread everyone or nobody was counted, and no two groups differ
    return np.divide(largest, spread, out=np.zeros_like(largest), where=spread > 0)
