"""How well groups are ranked, compared: intervals for the widest gap, and both statistics under shuffling."""

from typing import NamedTuple

import numpy as np
from scipy import stats as distributions

from auditkit import stats
from auditkit.plugins.fairness.scores import curves, resampling
from auditkit.plugins.fairness.scores.score_table import Area, ScoreTable


class Law(NamedTuple):
    """What two statistics are, table by table."""

    z: np.ndarray
    """(B,) the largest difference of two areas under the curve, in standard errors."""
    gaps: np.ndarray
    """(B, pairs) areas between the curves of each pair of groups."""


def auc_gap(areas: list[Area], pairs: stats.Pairs, level: float = 0.95) -> stats.Extreme:
    """The widest gap of the areas under the curve with its interval, for all of the pairs at once.

    Args:
        areas: of k groups.
        pairs: which of them are compared (`stats.pairs_of`).
        level: the confidence, between 0 and 1.
    """
    level_of_each = stats.sidak_level(level, len(pairs[0]))
    bounds = [stats.auc_interval(area.value, area.error, area.smaller, level_of_each) for area in areas]
    values = np.array([area.value for area in areas])
    apart = stats.square_and_add(
        values, np.array([bound.low for bound in bounds]), np.array([bound.high for bound in bounds]), pairs
    )
    return stats.largest_apart(apart, values, at_once("MOVER on DeLong intervals", pairs), 1.0, level)


def at_once(method: str, pairs: stats.Pairs) -> str:
    """The method of an interval that holds for some pairs of groups at once."""
    return method + ("" if len(pairs[0]) == 1 else ", all pairs at once (Šidák)")


def detectable_gap(errors: np.ndarray, tests: int, power: float = 0.8) -> float | None:
    """The gap between the two least certain groups that a test would find with this power; None above 1.

    Args:
        errors: (k,) standard errors, k at least 2.
        tests: for how many tests the p-value is adjusted.
        power: how often the gap is to be found.
    """
    pairs = len(errors) * (len(errors) - 1) // 2
    alpha = (1 - stats.sidak_level(0.95, pairs)) / max(1, tests)
    error = float(np.sqrt(np.sum(np.sort(errors)[-2:] ** 2)))
    gap = (stats.critical(1 - alpha) + float(distributions.norm.ppf(power))) * error
    return round(gap, 6) if 0 < gap <= 1 else None


def pair_gaps(score_tables: list[ScoreTable]) -> np.ndarray:
    """(pairs,) exact areas between the ROC curves of every pair of groups."""
    drawn = [curves.roc(score_table) for score_table in score_tables]
    i, j = np.triu_indices(len(drawn), 1)
    return np.array([curves.between(drawn[a], drawn[b]) for a, b in zip(i, j, strict=True)])


def observed(scale: resampling.Scale) -> Law:
    """Both statistics of the table itself (B = 1)."""
    return _law(scale.negative[None], scale.positive[None])


def shuffled(scale: resampling.Scale, draws: int, rng: np.random.Generator) -> Law:
    """Both statistics where the groups are shuffled among people of equal label."""
    parts = [
        _law(*(resampling.shuffled(counts, count, rng) for counts in scale))
        for count in stats.chunks(draws, scale.negative.size)
    ]
    return Law(*(np.concatenate(chunk_values) for chunk_values in zip(*parts, strict=True)))


def p_values(observed_law: Law, law: Law) -> tuple[float, float]:
    """How often shuffled groups are as far apart as these, in areas and in curves.

    The area between the curves of each pair counts in units of its mean by chance.
    """
    typical = law.gaps.mean(axis=0)

    # Two small groups lie far apart by chance; in units of its own mean by chance a pair competes fairly with the
    # others.
    def in_units(gaps: np.ndarray) -> np.ndarray:
        # A pair that never differs by chance, and does now, is infinitely far off.
        return np.divide(gaps, typical, out=np.where(gaps > 1e-12, np.inf, 0.0), where=typical > 1e-12).max(axis=1)

    abroca = stats.permutation_p(float(in_units(observed_law.gaps)[0]), in_units(law.gaps))
    return stats.permutation_p(float(observed_law.z[0]), law.z), abroca


def resampled(scale: resampling.Scale, draws: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(B, pairs) areas between the curves of the errors of every pair of groups, whose people were drawn anew.

    And (pairs,) how much wider the interval must be for few people.

    Args:
        scale: the groups' tables.
        draws: how many resamples.
        rng: the source of chance.
    """
    # The errors are taken around the curves on the same grid, so that the grid's own error cancels out.
    centre = resampling.heights(scale.negative[None], scale.positive[None])[0]
    parts = [
        resampling.gaps(resampling.heights(*(resampling.redrawn(counts, count, rng) for counts in scale)), centre)
        for count in stats.chunks(draws, scale.negative.size)
    ]
    return np.concatenate(parts), _few(scale)


def abroca(
    values: np.ndarray,
    errors: tuple[np.ndarray, np.ndarray],
    areas: np.ndarray,
    pairs: stats.Pairs,
    floor: stats.Extreme,
    level: float = 0.95,
) -> stats.Extreme:
    """The largest area between two ROC curves, with an interval that reaches 0 where nothing speaks against equal ones.

    ABROCA is never below 0 and chance makes it too large, so resampled values of it say nothing about its true value.
    What is resampled here is the error: by the triangle inequality a pair's value is off by at most the area between
    the curves of its errors, and that area's law follows from people drawn anew around the curves observed. Where all
    true curves are equal the bound is an equality, so the interval then reaches 0 in `level` of all samples. Resamples
    of few people vary too little; the interval is widened for that as Student's is for a mean.

    Args:
        values: (pairs,) exact areas between the curves of every pair of k groups.
        errors: of the same pairs, as `resampled` gives them.
        areas: (k,) the areas under the curves.
        pairs: which pairs are compared.
        floor: the difference of the areas under the curves: it is never larger than the area between them, so the high
            end is not below its.
        level: the confidence, between 0 and 1.
    """
    chosen = stats.pair_numbers(len(areas), pairs)
    drawn, few, observed_areas = errors[0][:, chosen], errors[1][chosen], values[chosen]
    typical = drawn.mean(axis=0)
    # One radius for all pairs, in units of each pair's own mean error, so that large groups keep narrow intervals.
    units = np.divide(drawn, typical, out=np.zeros_like(drawn), where=typical > 0).max(axis=1)
    radius = float(np.quantile(units, level)) * typical * few
    method = f"resampled errors of the curves, all pairs at once, {len(drawn)} resamples"
    extreme = stats.largest_apart(
        stats.Apart(pairs, observed_areas, observed_areas - radius, observed_areas + radius), areas, method, 1.0, level
    )
    if (floor.interval.high or 0.0) > (extreme.interval.high or 0.0):
        interval = extreme.interval.model_copy(update={"high": floor.interval.high})
        return extreme._replace(interval=interval, high=floor.high)
    return extreme


def _few(scale: resampling.Scale, level: float = 0.95) -> np.ndarray:
    """(pairs,) how much wider than its resamples a curve's error is, by the smallest class of the pair.

    The factor of Student's t over the normal law, as for a mean whose spread was estimated from as few people.
    """
    smallest = np.minimum(scale.negative.sum(axis=1), scale.positive.sum(axis=1))
    i, j = np.triu_indices(len(smallest), 1)
    n = np.maximum(2.0, np.minimum(smallest[i], smallest[j]))
    return np.sqrt(n / (n - 1)) * distributions.t.ppf(0.5 + level / 2, n - 1) / stats.critical(level)


def _law(negative: np.ndarray, positive: np.ndarray) -> Law:
    z = stats.largest_z_of_means(*resampling.areas(negative, positive), resampling.SPECK)
    return Law(z, resampling.gaps(resampling.heights(negative, positive)))
