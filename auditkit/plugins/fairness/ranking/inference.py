"""Intervals and tests for rankings: of one list by drawing its people anew, of many lists by how they vary."""

from typing import NamedTuple

import numpy as np
from scipy import special

from auditkit import stats
from auditkit.plugins.fairness.ranking.lists import Places, coarse, ndkl, position_bias, tied_places, top_count
from auditkit.plugins.fairness.shared.permutation import shuffled_counts
from auditkit.results import Interval

FEWEST = 10
"""Lists below which how they vary is not known."""
UNKNOWN = "lists, so how lists vary is not known"
"""What follows the number of lists where there are too few."""


class Estimate(NamedTuple):
    """Numbers of K groups above 0, with what pulls their logarithms."""

    values: np.ndarray
    """(K,)"""
    pulls: np.ndarray
    """(R, K): the variance of a difference of logarithms is the sum of squares of the difference of pulls."""
    freedom: float
    """Degrees of freedom of these variances."""
    method: str
    least: np.ndarray
    """(K,): no difference of two logarithms has a variance below the sum of these two."""
    alone: np.ndarray
    """(K,): nor one logarithm below this."""

    def interval(self, group: int, level: float = 0.95) -> Interval:
        """Of one group's number."""
        variance = max(float(np.sum(self.pulls[:, group] ** 2)), float(self.alone[group]))
        half = _critical(level, self.freedom) * float(np.sqrt(variance))
        value = float(self.values[group])
        return Interval(low=value * np.exp(-half), high=value * np.exp(half), level=level, method=self.method)

    def ratio(self, pairs: stats.Pairs | None = None, level: float = 0.95) -> stats.Extreme:
        """The smallest ratio of two groups: with intervals of all pairs at once, so that it can reach 1.

        Args:
            pairs: those that are compared (`stats.pairs_of`); None: all.
            level: the confidence, between 0 and 1.
        """
        i, j = pairs = stats.pairs_of(len(self.values)) if pairs is None else pairs
        gap = np.abs(np.log(self.values[i] / self.values[j]))
        # On the scale of logarithms, where a ratio is a difference and its interval stays above 0.
        half = _critical(stats.sidak_level(level, len(i)), self.freedom) * self._errors(i, j)
        apart = stats.Apart(pairs, *(np.exp(-end) for end in (gap, gap + half, gap - half)))
        method = f"{self.method}, all pairs at once (Šidák)" if len(i) > 1 else self.method
        return stats.smallest_apart(apart, self.values, method, level)

    def detectable(self, tests: int, level: float = 0.95, power: float = 0.8) -> float:
        """The ratio of the two groups least sure that would be found 8 times in 10 (normal approximation)."""
        i, j = np.triu_indices(len(self.values), 1)
        alpha = (1 - stats.sidak_level(level, len(i))) / max(1, tests)
        reach = float(special.ndtri(1 - alpha / 2) + special.ndtri(power))
        return float(np.exp(-reach * float(self._errors(i, j).max())))

    def _errors(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        # A group that happens to hold no place at the top looks surer than it is when its people are drawn anew.
        pulls, variances, done = np.ascontiguousarray(self.pulls.T), np.empty(len(i)), 0
        for count in stats.chunks(len(i), len(self.pulls)):
            some = slice(done, done := done + count)
            variances[some] = ((pulls[i[some]] - pulls[j[some]]) ** 2).sum(axis=1)
        return np.sqrt(np.maximum(variances, self.least[i] + self.least[j]))


class Cut(NamedTuple):
    """One list in pieces."""

    places: Places
    counts: np.ndarray
    """(K, M) rows of each group in each piece; K includes those of no group, where there are any."""


class OneList(NamedTuple):
    """What the test of one list found, for each statistic."""

    exposure_p: float
    top_p: list[float]
    divergence_p: float
    divergence_usual: float
    """The 95th percentile where the groups are shuffled."""


def cut_list(scores: np.ndarray, codes: np.ndarray, groups: int, tops: np.ndarray) -> Cut:
    """One list in about 400 pieces or fewer; equal scores are never parted.

    Args:
        scores: (N,) finite.
        codes: (N,) the group of each row, 0 to K - 1; K or -1: of no group.
        groups: K.
        tops: the places where a top ends.
    """
    tied, piece = tied_places(scores)
    places, joined = coarse(tied, tops)
    piece = joined[piece]
    # People of no group hold places too, so they are one more row of the table.
    group_count = groups + int(((codes < 0) | (codes >= groups)).any())
    group_codes = np.where((codes < 0) | (codes >= groups), groups, codes)
    counts = np.bincount(group_codes * len(places.sizes) + piece, minlength=group_count * len(places.sizes))
    return Cut(places, counts.reshape(group_count, -1))


def people_drawn_anew(values: np.ndarray, part: Cut, groups: int, draws: int, rng: np.random.Generator) -> Estimate:
    """Relative exposures of one list, with the spread they would have if the people of each group were drawn anew.

    How wide that is hangs on the few at the top, and a group that happens to hold none of them looks surer than it is.
    So no spread is taken to be smaller than where the groups are shuffled, which is known exactly.

    Args:
        values: (K,) relative exposures.
        part: the list in pieces.
        groups: K.
        draws: how many times people are drawn.
        rng: the source of chance.

    Source: Efron (1979), Bootstrap methods, Annals of Statistics 7, within each group; only its standard errors are
    used, never its percentiles for a largest or smallest group.
    """
    sizes = part.counts.sum(axis=1)
    drawn = np.empty((draws, *part.counts.shape), dtype=np.int32)  # of a thousand groups hundreds of megabytes
    for group, (n, row) in enumerate(zip(sizes, part.counts, strict=True)):
        drawn[:, group] = rng.multinomial(n, row / n, size=draws)
    together = drawn.sum(axis=1)
    summed = np.concatenate([[0.0], np.cumsum(position_bias(int(sizes.sum())))])
    ends = np.cumsum(together, axis=1)
    bias = np.divide(summed[ends] - summed[ends - together], together, out=np.zeros(together.shape), where=together > 0)
    logs = np.log(np.einsum("bkm,bm->bk", drawn[:, :groups], bias) / sizes[:groups])
    # Divided so that squares summed over the draws are the variance.
    pulls = (logs - logs.mean(axis=0)) / np.sqrt(draws - 1)
    rows = int(sizes.sum())
    weights, sizes_of_pieces = part.places.weights, part.places.sizes
    mean = float(weights @ sizes_of_pieces) / rows
    # The variance of a mean of places that are drawn from the list without replacement, over the mean squared.
    least = float(((weights - mean) ** 2) @ sizes_of_pieces) / (rows - 1) / mean**2 / sizes[:groups]
    method = f"people drawn anew within each group, {draws} times, and no narrower than by shuffles; logarithms"
    return Estimate(values, pulls, np.inf, method, least, least * (1 - sizes[:groups] / rows))


def lists_vary(relative: np.ndarray) -> Estimate:
    """Mean relative exposures over lists, with the spread of lists; a list without a group says nothing about it.

    Args:
        relative: (L, K) relative exposures, NaN where the group is not in the list.

    Source: linearised mean over clusters, Särndal, Swensson and Wretman (1992), Model assisted survey sampling, 5.7.
    """
    is_inside = ~np.isnan(relative)
    count = is_inside.sum(axis=0)
    values = np.nansum(relative, axis=0) / count
    deviations = np.where(is_inside, np.nan_to_num(relative) - values, 0.0)
    pulls = deviations / count / values * np.sqrt(count / (count - 1))
    return Estimate(
        values, pulls, float(count.min() - 1), "Student t over lists, logarithms", *np.zeros((2, len(values)))
    )


def chance_in_one(part: Cut, groups: int, tops: np.ndarray, draws: int, rng: np.random.Generator) -> OneList:
    """P-values of one list: where the groups are shuffled over its places, how often does it look as uneven?

    Source: Phipson and Smyth (2010), Permutation p-values should never be zero, arXiv:1603.05766.
    """
    sizes = part.counts.sum(axis=1)
    observed = _statistics(part.counts[None], part.places, groups, tops)
    chunks = shuffled_counts(part.places.sizes, sizes, draws, rng)
    law = np.concatenate([_statistics(chunk, part.places, groups, tops) for chunk in chunks], axis=1)
    p = [stats.permutation_p(float(statistic[0]), chance) for statistic, chance in zip(observed, law, strict=True)]
    return OneList(p[0], p[2:], p[1], float(np.quantile(law[1], 0.95)))


def exposure_law(part: Cut, groups: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(B,) the statistic of exposure of one list where the groups are shuffled, see `chance_in_one`."""
    chunks = shuffled_counts(part.places.sizes, part.counts.sum(axis=1), draws, rng)
    return np.concatenate([_largest_differences(chunk, part.places, groups) for chunk in chunks])


def exposure_statistic(part: Cut, groups: int) -> float:
    """The statistic of exposure of one list, see `chance_in_one`: the largest difference of two groups, scaled."""
    return float(_largest_differences(part.counts[None], part.places, groups)[0])


def flipped_p(deviations: np.ndarray, draws: int, rng: np.random.Generator, *, upwards: bool = False) -> float:
    """The p-value of many lists: is what shuffling gives on average also what the lists give on average?

    The statistic is the largest mean over lists in standard errors; its law comes from turning the sign of whole lists
    at random, which leaves alone how numbers of one list hang together.

    Args:
        deviations: (L, K) how far each list's numbers lie from what shuffling gives on average; 0 where there is none.
        draws: how many times signs are turned.
        rng: the source of chance.
        upwards: only above counts.

    Source: Wu (1986), Jackknife, bootstrap and other resampling methods in regression analysis, Annals of Statistics
    14 (wild bootstrap); Davidson and Flachaire (2008), The wild bootstrap, tamed at last, Journal of Econometrics 146.
    """
    # Turning signs leaves sums of squares alone, so they are divided out once, before anything is drawn.
    spread = np.sqrt((deviations**2).sum(axis=0))  # turning signs leaves it alone, so it is taken out once
    varies = spread > 0
    if not varies.any():
        return 1.0
    deviations = deviations[:, varies] / spread[varies]
    observed, law = deviations.sum(axis=0), []
    for count in stats.chunks(draws, len(deviations)):
        signs = rng.integers(0, 2, (count, len(deviations)), dtype=np.int8) * 2.0 - 1.0
        law.append(_studentized(signs @ deviations, len(deviations), upwards))
    return stats.permutation_p(float(_studentized(observed[None], len(deviations), upwards)[0]), np.concatenate(law))


def _studentized(sums: np.ndarray, lists: int, upwards: bool) -> np.ndarray:
    """(B,) the largest of (B, K) sums of numbers with a sum of squares of 1, in their own standard errors."""
    # The squares sum to 1, so what the sum itself takes of them is not spread.
    z = sums / np.sqrt(np.maximum(1e-12, 1 - sums**2 / lists))
    return np.asarray((z if upwards else np.abs(z)).max(axis=1))


def _statistics(counts: np.ndarray, places: Places, groups: int, tops: np.ndarray) -> np.ndarray:
    """(2 + T, B) exposure, divergence and each top, for tables (B, K, M); the larger the more uneven."""
    sizes = counts[0].sum(axis=1)
    statistics = [_largest_differences(counts, places, groups), ndkl(counts, places)]
    share = sizes[:groups] / sizes.sum()
    for k in tops:
        surplus = np.abs(top_count(counts[:, :groups], places, int(k)) - k * share)
        statistics.append((surplus / np.sqrt(share * (1 - share)).clip(1e-12)).max(axis=1))
    return np.stack(statistics)


def _largest_differences(counts: np.ndarray, places: Places, groups: int) -> np.ndarray:
    """(B,) the largest difference of the exposures of two groups, scaled, for tables (B, K, M)."""
    sizes = counts[0].sum(axis=1)
    exposures = (counts[:, :groups] @ places.weights) / sizes[:groups]
    # Pair by pair and in place, for all pairs of all shuffles at once would not fit in memory.
    largest = np.zeros(len(counts))
    for i in range(groups - 1):
        scale = np.sqrt(1 / sizes[i] + 1 / sizes[i + 1 : groups])
        np.maximum(largest, (np.abs(exposures[:, i + 1 :] - exposures[:, i : i + 1]) / scale).max(axis=1), out=largest)
    return largest


def _critical(level: float, freedom: float) -> float:
    return float(special.stdtrit(max(1.0, freedom), 0.5 + level / 2))
