"""Scores of answers to base prompts in several variants: differences within base prompts, all pairs at once."""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.results import Interval

METHOD = "paired by base prompt"
SPECK = 1e-12
"""Below this share of a difference its standard error counts as none."""


class Cells(NamedTuple):
    """Mean scores of B base prompts in each of K variants."""

    means: np.ndarray
    """(B, K) float64; NaN where a base prompt has no score in a variant."""
    rows: np.ndarray
    """(B, K) answers behind each."""


class Ends(NamedTuple):
    """Between which numbers a score lies; None: without bound."""

    low: float | None = None
    high: float | None = None

    @property
    def width(self) -> float | None:
        """The largest difference that there can be; None: any."""
        return None if self.low is None or self.high is None else self.high - self.low


def cells(values: np.ndarray, base: np.ndarray, variant: np.ndarray, variants: int) -> Cells:
    """The means within each base prompt and variant: several answers to one prompt count as one.

    Args:
        values: (N,) scores; NaN where an answer has none.
        base: (N,) 0 to B - 1: which base prompt a row is made of.
        variant: (N,) 0 to `variants` - 1; -1: of none.
        variants: K.
    """
    is_scored = ~np.isnan(values) & (variant >= 0)
    bases = int(base.max(initial=-1)) + 1
    place = base[is_scored] * variants + variant[is_scored]
    rows = np.bincount(place, minlength=bases * variants)
    sums = np.bincount(place, values[is_scored], minlength=bases * variants)
    means = np.divide(sums, rows, out=np.full(bases * variants, np.nan), where=rows > 0)
    return Cells(means.reshape(bases, variants), rows.reshape(bases, variants))


def shared_bases(means: np.ndarray) -> np.ndarray:
    """(K, K) how many base prompts have a score in both variants; `means` is (B, K)."""
    there = (~np.isnan(means)).astype(np.int64)
    return np.asarray(there.T @ there)


def comparable(means: np.ndarray, least: int) -> np.ndarray:
    """The positions of variants that can be compared with each other one: each two share `least` base prompts.

    The one that shares the fewest is left out first, until all that are left can be compared.
    """
    kept = np.arange(means.shape[1])
    shared = shared_bases(means)
    while len(kept):
        among = shared[np.ix_(kept, kept)]
        lacking = (among < max(2, least)).sum(axis=1)
        if not lacking.any():
            break
        # of equally poor ones that with the fewest base prompts
        worst = np.lexsort((np.diag(among), -lacking))[0]
        kept = np.delete(kept, worst)
    return kept


def difference(means: np.ndarray, first: int, second: int) -> np.ndarray:
    """(b,) the first variant's score less the second's, of the base prompts that have both; `means` is (B, K)."""
    gap = means[:, first] - means[:, second]
    return np.asarray(gap[~np.isnan(gap)])


def interval(differences: np.ndarray, ends: Ends, level: float = 0.95) -> Interval | None:
    """The interval of a mean difference over independent base prompts.

    Of bounded scores two cases are added at either end, so that it is not empty where nothing differs; of others it is
    Student's.

    Args:
        differences: (b,) one for each base prompt.
        ends: of the score.
        level: the confidence, between 0 and 1.

    Returns:
        None below two base prompts; of scores without bounds below 30 where all differences are the same.
    """
    width = ends.width
    if width is None:
        return stats.student_interval(differences, level)
    return stats.bounded_interval(differences, -width, width, level)


def widest(means: np.ndarray, ends: Ends) -> stats.Extreme:
    """The widest mean difference of two variants within base prompts, with an interval for all pairs at once.

    Args:
        means: (B, K), each two of two variants or more in two base prompts or more.
        ends: of the score.

    Source: pairs at the level of Šidák (1967), Rectangular confidence regions for the means of multivariate normal
    distributions, JASA 62, which holds however their differences correlate.
    """
    pairs = stats.pairs_of(means.shape[1])
    level = stats.sidak_level(0.95, len(pairs[0]))
    values, low, high = np.empty(len(pairs[0])), np.empty(len(pairs[0])), np.empty(len(pairs[0]))
    for place, (first, second) in enumerate(zip(*pairs, strict=True)):
        gaps = difference(means, first, second)
        bounds = interval(gaps, ends, level)
        least = -np.inf if bounds is None or bounds.low is None else bounds.low
        most = np.inf if bounds is None or bounds.high is None else bounds.high
        mean = float(gaps.mean())
        # a distance has no sign: the interval is folded at 0
        values[place], low[place], high[place] = abs(mean), max(least, -most), max(most, -least)
    # by which the two of a pair are called low and high; over the same base prompts where all have all
    numbers = np.nanmean(means, axis=0)
    every = "" if len(values) == 1 else ", all pairs at once (Šidák)"
    way = "Student t" if ends.width is None else "Student t, two cases added at either end"
    extreme = stats.largest_apart(
        stats.Apart(pairs, values, low, high), numbers, f"{way}, {METHOD}{every}", ends.width or np.inf
    )
    return extreme._replace(at=_ordered(extreme.at, means))


def _ordered(place: stats.Place, means: np.ndarray) -> stats.Place:
    """The pair with the variant that is lower within base prompts as the low one, whatever its other base prompts."""
    if difference(means, place.high, place.low).mean() < 0:
        return stats.Place(place.part, place.high, place.low)
    return place


def largest_z(means: np.ndarray) -> np.ndarray:
    """(D,) of D tables the largest mean difference of two variants, in standard errors; `means` is (D, B, K)."""
    largest = np.zeros(len(means))
    for first, second in zip(*stats.pairs_of(means.shape[2]), strict=True):
        gaps = means[:, :, first] - means[:, :, second]
        count = np.maximum((~np.isnan(gaps)).sum(axis=1), 2)
        mean = np.nansum(gaps, axis=1) / count
        spread = np.sqrt(np.nansum((gaps - mean[:, None]) ** 2, axis=1) / (count - 1) / count)
        size = np.abs(mean)
        # differences that are all the same are infinitely sure, unless they are none
        z = np.divide(size, spread, out=np.where(size > 0, np.inf, 0.0), where=spread > SPECK * size)
        largest = np.maximum(largest, z)
    return largest


def shuffled(means: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(draws, B, K) tables in which the scores of each base prompt are shuffled among the variants that it has.

    Args:
        means: (B, K); NaN stays where it is.
        draws: how many.
        rng: the source of chance.
    """
    lacks = np.isnan(means)
    natural = np.argsort(lacks, axis=1, kind="stable")  # the variants that it has, then the others
    keys = rng.random((draws, *means.shape))
    keys[:, lacks] = np.inf
    drawn = np.argsort(keys, axis=2)
    mixed = np.full((draws, *means.shape), np.nan)
    taken = np.take_along_axis(np.broadcast_to(means, mixed.shape), drawn, axis=2)
    np.put_along_axis(mixed, np.broadcast_to(natural, mixed.shape), taken, axis=2)
    return mixed


def law(means: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(draws,) `largest_z` where scores are shuffled within base prompts: what variants that change nothing give.

    Source: Westfall and Young (1993), Resampling-based multiple testing, 2.3 (the largest of several statistics); Good
    (2005), Permutation, parametric and bootstrap tests of hypotheses, chapter 3 (within blocks).
    """
    return np.concatenate([largest_z(shuffled(means, some, rng)) for some in stats.chunks(draws, means.size)])


def changed(means: np.ndarray) -> np.ndarray:
    """(b,) bool: of the base prompts with a score in two variants or more, whether these differ; `means` is (B, K)."""
    several = means[(~np.isnan(means)).sum(axis=1) >= 2]
    if not len(several):
        return np.zeros(0, dtype=bool)
    low, high = np.nanmin(several, axis=1), np.nanmax(several, axis=1)
    return np.asarray(high - low > SPECK * np.maximum(1.0, np.abs(high)))
