"""Distances between the distributions of groups: Kolmogorov-Smirnov and Wasserstein-1, their bands, their test."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.shared.permutation import shuffled_counts

COLUMNS = 50_000
"""Distinct values looked at at once."""
WORK = 2_000_000_000
"""Pairs of groups times distinct values up to which distances are exact; above, values are rounded to quantiles."""
BINS = 256
"""Quantile bins of the test's statistic."""

MANY = 100
"""Groups above which most pairs are told to be close without a look at each."""


class Distances(NamedTuple):
    """The distances of all pairs of groups."""

    ks: stats.Apart
    """The largest difference of two distribution functions; between 0 and 1."""
    wasserstein: stats.Apart
    """The area between two distribution functions, in units of the values."""
    method: str
    """Of the bands, which hold for all groups at once, so for any of the pairs too."""

    def largest(self, numbers: np.ndarray, pairs: stats.Pairs | None = None) -> tuple[stats.Extreme, stats.Extreme]:
        """The largest of the Kolmogorov-Smirnov and of the Wasserstein distances.

        Args:
            numbers: (K,) by which the groups of a pair are called low and high, such as their means.
            pairs: those that are compared (`stats.pairs_of`); None: all.
        """
        chosen = slice(None) if pairs is None else stats.pair_numbers(len(numbers), pairs)
        ks, area = (
            stats.Apart((apart.pairs[0][chosen], apart.pairs[1][chosen]), *(part[chosen] for part in apart[1:]))
            for apart in self[:2]
        )
        return (
            stats.largest_apart(ks, numbers, self.method, 1.0),
            stats.largest_apart(area, numbers, f"{self.method}, within the range of the predictions"),
        )


class Chance(NamedTuple):
    """How distances fall out where the groups are shuffled."""

    ks_p: float
    wasserstein_p: float
    ks_usual: float
    """The 95th percentile of the largest distance."""
    wasserstein_usual: float
    ks_law: np.ndarray
    """(B,) the test's statistic, see `scaled`."""


def distances(
    codes: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray | None,
    groups: int,
    level: float = 0.95,
    unit: np.ndarray | None = None,
) -> Distances:
    """The distances between the distributions of every two groups, exactly, from one sort.

    The intervals come from bands around all distribution functions at once, so they hold for the largest distance too,
    and reach 0 unless two groups differ for certain. The Wasserstein interval's high end holds if no value lies
    outside the range seen here; its low end needs no such condition.

    Args:
        codes: (N,) the group of each row, 0 to K - 1.
        values: (N,) finite numbers.
        weights: (N,) positive, or None.
        groups: K, at least 2.
        level: the confidence, between 0 and 1.
        unit: (N,) whose row it is; None: each by itself. A group then has as many rows as units, fewer where these are
            of unequal size: a unit's rows tell no less than one of them drawn at random, for which the bound is.

    Source: Massart (1990), The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality, Annals of Probability 18,
    at the level of Šidák over independent groups; with weights, for the effective number of rows.
    """
    i, j = np.triu_indices(groups, 1)
    sizes = effective_sizes(codes, weights, groups, unit)
    band = np.sqrt(np.log(2 / (1 - stats.sidak_level(level, groups))) / (2 * sizes))
    band_of_pair = band[i] + band[j]
    ks, area, least, most = (np.zeros(len(i)) for _ in range(4))
    for shares, widths in _functions(codes, values, weights, groups):
        for pair in range(len(i)):
            gap = np.abs(shares[i[pair]] - shares[j[pair]])
            ks[pair] = max(ks[pair], float(gap.max()))
            area[pair] += gap @ widths
            least[pair] += np.maximum(0, gap - band_of_pair[pair]) @ widths
            most[pair] += np.minimum(1, gap + band_of_pair[pair]) @ widths
    method = "Dvoretzky-Kiefer-Wolfowitz bands of all groups (Šidák)"
    if weights is not None:
        method += ", for the effective number of rows"
    if unit is not None:
        method += ", by units"
    return Distances(
        stats.Apart((i, j), ks, ks - band_of_pair, ks + band_of_pair), stats.Apart((i, j), area, least, most), method
    )


def chance(
    codes: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray | None,
    groups: int,
    draws: int,
    rng: np.random.Generator,
    unit: np.ndarray | None = None,
) -> Chance:
    """P-values of the distances, and the distances that equal groups would show in 19 of 20 data sets at most.

    The statistic is the largest distance, scaled by the root of the sizes, between a group and all others together, on
    256 quantile bins of all values (on every value where there are no more). Its p-value is exact for these bins. With
    weights, as many rows as are effective are drawn from all rows by weight; with units, as many as there are units.

    Args:
        codes: (N,) the group of each row, 0 to K - 1.
        values: (N,) finite numbers.
        weights: (N,) positive, or None.
        groups: K, at least 2.
        draws: how many shuffles.
        rng: the source of chance.
        unit: (N,) whose row it is, each of one group; None: each by itself.
    """
    widths, counts = rounded(codes, values, weights, groups, unit)
    observed = _scaled(counts[None], widths)
    laws = [
        (_scaled(table, widths), _largest(table, widths))
        for table in _drawn(counts, weights is not None or unit is not None, draws, rng)
    ]
    scaled = np.concatenate([table for table, _ in laws], axis=1)
    # What is scaled by the sizes tests well and cannot be read; beside a distance stands what chance makes of the
    # distance itself.
    usual = np.quantile(np.concatenate([table for _, table in laws], axis=1), 0.95, axis=1)
    p = [stats.permutation_p(float(statistic[0]), law) for statistic, law in zip(observed, scaled, strict=True)]
    return Chance(p[0], p[1], float(usual[0]), float(usual[1]), scaled[0])


def rounded(
    codes: np.ndarray, values: np.ndarray, weights: np.ndarray | None, groups: int, unit: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The values in at most 256 bins of equally many rows, equal values in the same bin.

    Returns:
        (M - 1,) how far the mean values of neighbouring bins lie apart, and (K, M) rows of each group in each bin;
        with weights or units, effective rows.
    """
    levels, inverse = np.unique(values, return_inverse=True)
    if len(levels) > BINS:
        before = np.cumsum(np.bincount(inverse)) - 1
        bin_of_level = before * BINS // len(values)
        # Cut between distinct values and never within one, or the statistic would see an order among equal values.
        _, bin_of_level = np.unique(bin_of_level, return_inverse=True)
        inverse = bin_of_level[inverse]
        levels = np.bincount(inverse, weights=values) / np.bincount(inverse)
    table = np.bincount(codes * len(levels) + inverse, weights=weights, minlength=groups * len(levels))
    table = table.reshape(groups, len(levels)).astype(float)
    if weights is not None or unit is not None:
        table *= (effective_sizes(codes, weights, groups, unit) / table.sum(axis=1))[:, None]
    return np.diff(levels), table


def scaled_ks(widths: np.ndarray, counts: np.ndarray) -> float:
    """The test's Kolmogorov-Smirnov statistic of a table as `rounded` gives it."""
    return float(_scaled(counts[None], widths)[0, 0])


def effective_sizes(
    codes: np.ndarray, weights: np.ndarray | None, groups: int, unit: np.ndarray | None = None
) -> np.ndarray:
    """(K,) rows of each group; with weights, the effective number of them (Kish); with units, that of units."""
    if unit is not None:
        place = stats.numbered(unit) * groups + codes  # a unit counts in each group that it has rows in
        _, first, place = np.unique(place, return_index=True, return_inverse=True)
        codes, weights = codes[first], np.bincount(place, weights).astype(float)
    if weights is None:
        return np.bincount(codes, minlength=groups).astype(float)
    total = np.bincount(codes, weights=weights, minlength=groups)
    return np.asarray(total**2 / np.bincount(codes, weights=weights**2, minlength=groups))


def _functions(
    codes: np.ndarray, values: np.ndarray, weights: np.ndarray | None, groups: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Chunks of the distribution functions (K, m) at the distinct values, and the widths (m,) on which they hold."""
    order = np.argsort(values, kind="stable")
    heights_at_most = WORK // (groups * groups)
    heights, code = values[order], codes[order]
    # Pairs of groups times values would cost too much, so neighbours in order share their mean.
    if len(values) > heights_at_most:
        bins = np.arange(len(values)) * heights_at_most // len(values)
        heights = (np.bincount(bins, weights=heights) / np.bincount(bins))[bins]
    weight = np.ones(len(values)) if weights is None else weights[order]
    total = np.bincount(code, weights=weight, minlength=groups)
    ends = np.append(np.flatnonzero(np.diff(heights)), len(heights) - 1)  # the last row of each distinct value
    widths = np.append(np.diff(heights[ends]), 0.0)
    # Sums run on from chunk to chunk, so that no table of all values and groups is held at once.
    carried = np.zeros(groups)
    start = 0
    for first in range(0, len(ends), COLUMNS):
        last = ends[first : first + COLUMNS]
        rows = slice(start, last[-1] + 1)
        shares = np.empty((groups, len(last)))
        for group in range(groups):
            running = carried[group] + np.cumsum(np.where(code[rows] == group, weight[rows], 0.0))
            shares[group] = running[last - start] / total[group]
            carried[group] = running[-1]
        start = int(last[-1]) + 1
        yield shares, widths[first : first + COLUMNS]


def _drawn(counts: np.ndarray, weighted: bool, draws: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    sizes = np.round(counts.sum(axis=1)).astype(np.int64)
    if not weighted:
        yield from shuffled_counts(counts.sum(axis=0), sizes, draws, rng)
        return
    sizes = np.maximum(2, sizes)
    # Rows with weights cannot be exchanged for one another, so the groups are drawn from all rows by weight.
    pooled = counts.sum(axis=0) / counts.sum()
    for _ in range(0, draws, 100):
        yield np.stack([rng.multinomial(size, pooled, size=100) for size in sizes], axis=1)


def _scaled(tables: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """(2, B) the largest scaled distances between a group and all others, for tables (B, K, M)."""
    sizes, total = tables.sum(axis=2), tables.sum(axis=(1, 2))
    pooled = np.cumsum(tables.sum(axis=1), axis=1) / total[:, None]
    largest = np.zeros((2, len(tables)))
    for group in range(tables.shape[1]):
        size = sizes[:, group]
        gap = np.abs(np.cumsum(tables[:, group], axis=1) / size[:, None] - pooled)
        # Under shuffling the variance of the distance goes with 1 / size - 1 / total.
        scale = np.sqrt(size * total / (total - size))
        np.maximum(largest[0], gap.max(axis=1) * scale, out=largest[0])
        np.maximum(largest[1], gap[:, :-1] @ widths * scale, out=largest[1])
    return largest


def _largest(tables: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """(2, B) the largest distances over all pairs of groups, for tables (B, K, M)."""
    shares = np.cumsum(tables, axis=2) / tables.sum(axis=2, keepdims=True)
    largest = np.zeros((2, len(tables)))
    largest[0] = (shares.max(axis=1) - shares.min(axis=1)).max(axis=1)
    if tables.shape[1] > MANY:
        largest[1] = [_largest_area(table, widths) for table in shares[:, :, :-1]]
        return largest
    for group in range(tables.shape[1] - 1):
        gap = np.abs(shares[:, group + 1 :, :-1] - shares[:, group : group + 1, :-1]) @ widths
        np.maximum(largest[1], gap.max(axis=1), out=largest[1])
    return largest


def _largest_area(shares: np.ndarray, widths: np.ndarray) -> float:
    """The largest area between two of (K, M) curves: no pair is further apart than both are from the mean together."""
    away = np.abs(shares - shares.mean(axis=0)) @ widths
    order = np.argsort(-away, kind="stable")
    shares, away, largest = shares[order], away[order], 0.0
    for group in range(len(shares) - 1):
        end = group + 1 + int(np.searchsorted(-away[group + 1 :], away[group] - largest))
        if end == group + 1:
            break
        largest = max(largest, float((np.abs(shares[group + 1 : end] - shares[group]) @ widths).max()))
    return largest
