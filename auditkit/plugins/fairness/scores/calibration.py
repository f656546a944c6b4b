"""Whether scores mean what they say within a group: mean score against observed rate, on the whole and bin by bin."""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.scores import resampling
from auditkit.plugins.fairness.scores.auc_gaps import widest_of
from auditkit.plugins.fairness.scores.score_table import ScoreTable
from auditkit.results import Interval

ROWS = 25
"""Small groups get fewer bins, so that each holds this many people."""
FINE = 20
"""Levels within a bin: labels are drawn level by level, as the scores within a bin differ."""


class Profile(NamedTuple):
    """A group's people by level of score, or by bin of it: then each level is a bin of its own."""

    sizes: np.ndarray
    """(M,) (effective) people."""
    scores: np.ndarray
    """(M,) mean scores."""
    rates: np.ndarray
    """(M,) shares with a positive label."""
    people: np.ndarray
    """(M,) int64 people."""
    bins: np.ndarray
    """(M,) the bin of each level, 0 to b - 1."""


def profile(score_table: ScoreTable, count: int, minimum: int) -> Profile:
    """Levels and bins that hold about equally many people; people of equal score stay together.

    Args:
        score_table: of a group, not empty.
        count: how many bins at most.
        minimum: no bin holds fewer people, unless all do; nor fewer than 25.
    """
    rows, weight = score_table.rows.sum(axis=0), score_table.weight.sum(axis=0)
    total, least = int(rows.sum()), max(ROWS, minimum)
    count = max(1, min(count, total // least))
    # By the rank at which a score begins, in whole numbers: people of equal score share a level.
    level = (np.cumsum(rows) - rows) * (count * FINE) // total
    levels, level_of_row = np.unique(level, return_inverse=True)

    def gather(values: np.ndarray) -> np.ndarray:
        return np.bincount(level_of_row, weights=values)

    mass, people = gather(weight), np.rint(gather(rows)).astype(np.int64)
    return Profile(
        mass * (score_table.size / mass.sum()), gather(weight * score_table.scores) / mass,
        gather(score_table.weight[1]) / mass, people, _merged(levels // FINE, people, least),
    )  # fmt: skip


def binned(levels: Profile) -> Profile:
    """The bins of a profile."""

    def gather(values: np.ndarray) -> np.ndarray:
        return np.bincount(levels.bins, weights=values)

    sizes = gather(levels.sizes)
    return Profile(
        sizes, gather(levels.sizes * levels.scores) / sizes, gather(levels.sizes * levels.rates) / sizes,
        np.rint(gather(levels.people)).astype(np.int64), np.arange(len(sizes)),
    )  # fmt: skip


def error(bins: Profile) -> float:
    """The mean distance between mean score and observed rate over the bins, weighted by their people."""
    return float(bins.sizes @ np.abs(bins.rates - bins.scores) / bins.sizes.sum())


def errors_by_chance(levels: Profile, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(draws,) calibration errors that a perfectly calibrated model shows: labels are drawn from the scores.

    Args:
        levels: of a group; scores between 0 and 1.
        draws: how many.
        rng: the source of chance.
    """
    sizes = resampling.rounded_to(levels.sizes, max(1, round(float(levels.sizes.sum()))))
    surplus = rng.binomial(sizes, np.clip(levels.scores, 0, 1), size=(draws, len(sizes))) - sizes * levels.scores
    # The levels of a bin stand side by side, so sums over stretches are sums over bins.
    edges = np.flatnonzero(np.concatenate([[True], levels.bins[1:] != levels.bins[:-1]]))
    return np.abs(np.add.reduceat(surplus, edges, axis=1)).sum(axis=1) / sizes.sum()


def error_interval(bins: Profile, draws: int, rng: np.random.Generator, level: float = 0.95) -> Interval:
    """An interval for the calibration error that reaches 0 where nothing speaks against calibration.

    By the triangle inequality the error observed is off by at most the mean size of the noise in the observed rates;
    the interval reaches that far to both sides, with the noise as large as observed or as under perfect calibration,
    whichever is larger.
    """
    smoothed = (bins.rates * bins.sizes + 2) / (bins.sizes + 4)  # Agresti and Coull (1998)
    variance = np.maximum(smoothed * (1 - smoothed), bins.scores * (1 - bins.scores)) / bins.sizes
    share = bins.sizes / bins.sizes.sum()
    # The bins are independent, so the size of all their noise is simulated bin by bin.
    noise = np.abs(rng.standard_normal((draws, len(share)))) @ (share * np.sqrt(variance))
    value, radius = error(bins), float(np.quantile(noise, level))
    return Interval(
        low=max(0.0, value - radius), high=min(1.0, value + radius), level=level,
        method="noise of the observed rates, by the triangle inequality",
    )  # fmt: skip


def in_the_large(score_table: ScoreTable) -> float:
    """Mean score minus observed rate."""
    return score_table.mean - score_table.rate


def large_interval(score_table: ScoreTable, level: float = 0.95) -> Interval:
    """An interval for the mean score minus the observed rate: the scores are given, the rate has Wilson's interval."""
    low, high = stats.wilson_bounds(min(score_table.size, score_table.rate * score_table.size), score_table.size, level)
    return Interval(
        low=score_table.mean - float(high), high=score_table.mean - float(low), level=level,
        method="Wilson for the observed rate, scores as given",
    )  # fmt: skip


def gap(score_tables: list[ScoreTable], pairs: stats.Pairs) -> stats.Extreme:
    """The widest gap of calibration in the large with its interval, for all of the pairs of groups at once."""
    level_of_each = stats.sidak_level(0.95, len(pairs[0]))
    bounds = [large_interval(score_table, level_of_each) for score_table in score_tables]
    return widest_of(list(map(in_the_large, score_tables)), bounds, pairs, "MOVER on Wilson intervals")


def surplus(score_tables: list[ScoreTable]) -> tuple[np.ndarray, np.ndarray]:
    """Score minus label of everyone in k groups, in M levels, at most `resampling.LEVELS`.

    Returns:
        (k, M) (effective) people by group and level, and (M,) the mean of each level.
    """
    values = np.concatenate(
        [np.concatenate([score_table.scores, score_table.scores - 1]) for score_table in score_tables]
    )
    weight = np.concatenate(
        [score_table.weight.ravel() * (score_table.size / score_table.weight.sum()) for score_table in score_tables]
    )
    group = np.repeat(np.arange(len(score_tables)), [2 * len(score_table.scores) for score_table in score_tables])
    is_occupied = weight > 0
    values, weight, group = values[is_occupied], weight[is_occupied], group[is_occupied]
    # The edges are found from about 20,000 values, for a sort of all would cost the most; the counts are of all.
    sample = values[:: len(values) // 20_000 + 1]
    edges = np.unique(sample)
    if len(edges) > resampling.LEVELS or len(sample) < len(values):
        edges = np.unique(np.quantile(sample, np.arange(1, resampling.LEVELS) / resampling.LEVELS))
    level = np.searchsorted(edges, values, side="right")
    size = len(edges) + 1
    counts = np.bincount(group * size + level, weights=weight, minlength=len(score_tables) * size)
    counts = counts.reshape(len(score_tables), size)
    mass = counts.sum(axis=0)
    total = np.bincount(level, weights=weight * values, minlength=size)
    return counts[:, mass > 0], total[mass > 0] / mass[mass > 0]


def surplus_z(counts: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(B,) the largest difference of two groups' means, in standard errors, from (B, k, M) tables."""
    sizes = counts.sum(axis=2)
    mean = counts @ values / sizes
    spread = np.maximum(counts @ values**2 / sizes - mean**2, 0)
    return stats.largest_z_of_means(mean, spread / np.maximum(sizes - 1, 1), resampling.SPECK)


def _merged(bins: np.ndarray, people: np.ndarray, least: int) -> np.ndarray:
    """The bins with those of fewer than `least` people joined to a neighbour, numbered from 0."""
    _, bin_of_level = np.unique(bins, return_inverse=True)
    counts = np.rint(np.bincount(bin_of_level, weights=people)).astype(np.int64).tolist()
    merged_bin, in_bin, merged_bins = 0, 0, []
    still_to_come = sum(counts)
    for count in counts:
        merged_bins.append(merged_bin)
        in_bin, still_to_come = in_bin + count, still_to_come - count
        # A bin ends only where enough people are left for one more, so that the last is not too small.
        if in_bin >= least and still_to_come >= least:
            merged_bin, in_bin = merged_bin + 1, 0
    return np.asarray(merged_bins)[bin_of_level]
