"""How well groups are ranked, compared: intervals for the widest gap, and both statistics under shuffling.

ROC curves are exact piecewise linear functions here, and so is the area between two of them.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy import special

from auditkit import stats
from auditkit.plugins.fairness.scores import resampling
from auditkit.plugins.fairness.scores.score_table import Area, ScoreTable
from auditkit.results import Interval


class Curve(NamedTuple):
    """True positive rate over false positive rate, linear between knots; at a knot it may jump."""

    false: np.ndarray
    """(M,) distinct false positive rates, ascending from 0 to 1."""
    low: np.ndarray
    """(M,) the smallest true positive rate there: where the line from the left ends."""
    high: np.ndarray
    """(M,) the largest: where the line to the right begins."""


def knots(table: ScoreTable) -> np.ndarray:
    """(2, L + 1) false and true positive rates from the strictest threshold to the loosest; no class is empty."""
    return resampling.rates_of(table.weight)


def roc(table: ScoreTable) -> Curve:
    """The ROC curve of a group; people of equal score make a slanted line, so that its area counts ties half."""
    false, true = knots(table)
    # Several knots at one false positive rate are a jump, of which the foot and the top are kept.
    first = np.flatnonzero(np.concatenate([[True], false[1:] != false[:-1]]))
    return Curve(false[first], true[first], true[np.append(first[1:], len(false)) - 1])


def between(first: Curve, second: Curve) -> float:
    """The area between two ROC curves, ABROCA: the integral of the size of their difference; 0 to 1, exact.

    Source: Gardner, Brooks and Baker (2019), Evaluating the fairness of predictive student models through slicing
    analysis, LAK '19.
    """
    rates = np.concatenate([first.false, second.false])
    rates.sort(kind="stable")  # two sorted runs are merged in linear time
    rates = rates[np.concatenate([[True], rates[1:] != rates[:-1]])]
    # Where the curves begin to the right of each rate, and where they arrive at the next one from the left.
    starts = _heights(first, rates[:-1], "right") - _heights(second, rates[:-1], "right")
    ends = _heights(first, rates[1:], "left") - _heights(second, rates[1:], "left")
    # Between neighbouring rates both curves are straight: the area is a trapezium, or two triangles where they cross.
    sizes = np.abs(starts) + np.abs(ends)
    height = np.where(starts * ends < 0, starts**2 + ends**2, sizes**2)
    height = np.divide(height, 2 * sizes, out=np.zeros_like(sizes), where=sizes > 0)
    return float(np.diff(rates) @ height)


def thinned(table: ScoreTable, points: int) -> np.ndarray:
    """(2, at most `points`) of the curve's own knots, spread evenly along it, both ends among them."""
    rates = knots(table)
    along = rates.sum(axis=0) / 2
    indices = np.searchsorted(along, np.linspace(0, 1, points - 1))
    return rates[:, np.unique(np.append(np.minimum(indices, len(along) - 1), [0, len(along) - 1]))[-points:]]


def _heights(curve: Curve, rates: np.ndarray, side: Literal["left", "right"]) -> np.ndarray:
    """Where the curve begins to the right of each rate, from 0 to below 1; or arrives from the left, above 0 to 1."""
    piece = np.searchsorted(curve.false, rates, side=side) - 1
    start, end = curve.false[piece], curve.false[piece + 1]
    share = (rates - start) / (end - start)
    return curve.high[piece] + share * (curve.low[piece + 1] - curve.high[piece])


class Law(NamedTuple):
    """What two statistics are, table by table."""

    z: np.ndarray
    """(B,) the largest difference of two areas under the curve, in standard errors."""
    gaps: np.ndarray | None
    """(B, pairs) areas between the curves of each pair of groups; None where there are too many pairs."""


def auc_gap(areas: list[Area], pairs: stats.Pairs) -> stats.Extreme:
    """The widest gap of the areas under the curve with its interval, for all of the pairs at once.

    Args:
        areas: of k groups.
        pairs: which of them are compared (`stats.pairs_of`).
    """
    level_of_each = stats.sidak_level(0.95, len(pairs[0]))
    bounds = [area.interval(level_of_each) for area in areas]
    return widest_of([area.value for area in areas], bounds, pairs, "MOVER on DeLong intervals", 1.0)


def widest_of(
    values: Sequence[float], bounds: Sequence[Interval], pairs: stats.Pairs, method: str, most: float = np.inf
) -> stats.Extreme:
    """The widest difference of independent numbers with its interval, for all of the pairs at once.

    Args:
        values: of k groups.
        bounds: their intervals, at the confidence that every pair needs.
        pairs: which of them are compared.
        method: of the interval.
        most: the largest difference that there can be.
    """
    at, method = np.array(values), method + ("" if len(pairs[0]) == 1 else ", all pairs at once (Šidák)")
    low, high = np.array([(bound.low, bound.high) for bound in bounds]).T
    return stats.largest_apart(stats.square_and_add(at, low, high, pairs), at, method, most)


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
    gap = (stats.critical(1 - alpha) + float(special.ndtri(power))) * error
    return round(gap, 6) if 0 < gap <= 1 else None


def pair_gaps(score_tables: list[ScoreTable]) -> np.ndarray:
    """(pairs,) exact areas between the ROC curves of every pair of groups."""
    drawn = [roc(score_table) for score_table in score_tables]
    i, j = np.triu_indices(len(drawn), 1)
    return np.array([between(drawn[a], drawn[b]) for a, b in zip(i, j, strict=True)])


def observed(scale: resampling.Scale) -> Law:
    """Both statistics of the table itself (B = 1)."""
    return _law(scale.negative[None], scale.positive[None])


def shuffled(scale: resampling.Scale, draws: int, rng: np.random.Generator) -> Law:
    """Both statistics where the groups are shuffled among people of equal label."""
    parts = [
        _law(*(resampling.shuffled(counts, count, rng) for counts in scale))
        for count in stats.chunks(draws, scale.negative.size)
    ]
    gaps = [part.gaps for part in parts if part.gaps is not None]
    return Law(np.concatenate([part.z for part in parts]), np.concatenate(gaps) if gaps else None)


def p_values(observed_law: Law, law: Law) -> tuple[float, float | None]:
    """How often shuffled groups are as far apart as these, in areas and, unless there are too many pairs, in curves.

    The area between the curves of each pair counts in units of its mean by chance.
    """
    area = stats.permutation_p(float(observed_law.z[0]), law.z)
    if observed_law.gaps is None or law.gaps is None:
        return area, None
    typical = law.gaps.mean(axis=0)

    # Two small groups lie far apart by chance; in units of its own mean by chance a pair competes fairly with the
    # others.
    def in_units(gaps: np.ndarray) -> np.ndarray:
        # A pair that never differs by chance, and does now, is infinitely far off.
        return np.divide(gaps, typical, out=np.where(gaps > 1e-12, np.inf, 0.0), where=typical > 1e-12).max(axis=1)

    return area, stats.permutation_p(float(in_units(observed_law.gaps)[0]), in_units(law.gaps))


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
    return np.sqrt(n / (n - 1)) * special.stdtrit(n - 1, 0.5 + level / 2) / stats.critical(level)


def _law(negative: np.ndarray, positive: np.ndarray) -> Law:
    z = stats.largest_z_of_means(*resampling.areas(negative, positive), resampling.SPECK)
    many = negative.shape[1] > stats.PAIRWISE
    return Law(z, None if many else resampling.gaps(resampling.heights(negative, positive)))
