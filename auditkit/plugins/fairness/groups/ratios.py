"""Odds and log-ratios over groups: treatment equality and differential fairness, from shares of groups."""

from collections.abc import Sequence

import numpy as np

from auditkit import stats
from auditkit.metrics.composites import odds
from auditkit.results import Interval

METHOD = "simultaneous Wilson intervals of all groups (Šidák), as odds"


def widest_odds(part: stats.Shares, reference: int | None = None, level: float = 0.95) -> stats.Extreme:
    """The largest difference of the odds of two groups, with its interval and whose it is.

    Wilson's intervals of all groups hold at once, so the widest true difference is at least the distance between the
    highest low end and the lowest high end, and at most that between the extremes.

    Args:
        part: shares below 1, of two groups or more.
        reference: the position of the group with which alone the others are compared; None: all pairs.
        level: the confidence.

    Source: Wilson (1927), JASA 22, at the level of Šidák (1967), JASA 62; the odds keep the order of the shares.
    """
    values, low, high = _odds_of(part, level)
    first, second = _ordered(len(values), reference)
    with np.errstate(invalid="ignore"):
        # The odds of a share of 1 are infinite, and infinite less infinite is no number: such a pair gives no low end.
        least, most = low[first] - high[second], high[first] - low[second]
    value, pair = _best(values[first] - values[second], first, second, part)
    bottom, certain = _best(np.where(np.isnan(least), -np.inf, least), first, second, part)
    top, possible = _best(most, first, second, part)
    interval = Interval(low=max(0.0, bottom), high=top if np.isfinite(top) else None, level=level, method=METHOD)
    return stats.Extreme(value, interval, pair, certain if bottom > 0 else None, possible)


def smallest_odds(part: stats.Shares, reference: int | None = None, level: float = 0.95) -> stats.Extreme | None:
    """The smallest ratio of the odds of two groups, as `widest_odds`; None where all odds are 0."""
    values, low, high = _odds_of(part, level)
    if values.max() == 0:
        return None
    first, second = _ordered(len(values), reference)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(values[second] > 0, values[first] / values[second], 1.0)
        least = np.where(np.isfinite(high[second]), low[first] / high[second], 0.0)
        most = np.where(low[second] > 0, high[first] / low[second], np.inf)
    # `_best` finds the largest, and the smallest ratio is the largest with the sign turned.
    value, pair = _best(-ratio, first, second, part)
    bottom, possible = _best(-least, first, second, part)
    top, certain = _best(-most, first, second, part)
    interval = Interval(low=-bottom, high=min(1.0, -top), level=level, method=METHOD)
    return stats.Extreme(-value, interval, pair, possible if bottom < 0 else None, certain if -top < 1 else None)


def _odds_of(part: stats.Shares, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(K,) the odds and the ends of their intervals, which hold at once."""
    low, high = stats.wilson_bounds(part.successes, part.sizes, stats.sidak_level(level, len(part.sizes)))
    return odds(part.rates), odds(low), odds(high)


def _ordered(groups: int, reference: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Every ordered pair of different groups, or those with the reference group."""
    first, second = np.nonzero(~np.eye(groups, dtype=bool))
    if reference is None:
        return first, second
    has_reference = (first == reference) | (second == reference)
    return first[has_reference], second[has_reference]


def _best(values: np.ndarray, first: np.ndarray, second: np.ndarray, part: stats.Shares) -> tuple[float, stats.Place]:
    """The largest value, and the two groups behind it."""
    largest = int(np.argmax(values))
    low, high = sorted((int(first[largest]), int(second[largest])), key=lambda group: float(part.rates[group]))
    return float(values[largest]), stats.Place(0, low, high)


def detectable_odds(part: stats.Shares, gap: float | None) -> tuple[float | None, float | None]:
    """The difference and the ratio of odds that a detectable `gap` of the shares makes; None where it makes none."""
    if gap is None:
        return None, None
    n1, n2 = (float(size) for size in np.sort(part.sizes)[:2])
    high, low = (float(odds(np.asarray(share))) for share in stats.apart(part.common, n1, n2, gap))
    return (high - low, low / high) if np.isfinite(high) and high > 0 else (None, None)


def epsilon(
    parts: Sequence[stats.Shares], smoothed: bool = False, reference: Sequence[int] | None = None
) -> stats.Extreme | None:
    """Differential fairness: the largest log-ratio of two groups' rates, over the outcomes that occur, and whose it is.

    The interval is that of the unsmoothed number of all people, widened to hold the value; it may have no high end.

    Args:
        parts: for each outcome, its share in each group.
        smoothed: whether each outcome of each group gets one person more, divided by the number of outcomes.
        reference: in each part the position of the group with which alone the others are compared; None: all pairs.

    Returns:
        From 0; None where it is infinite, as an outcome occurs in some groups and not in others.

    Source: Foulds et al. (2020), An intersectional definition of fairness, arXiv:1807.08362, definition 2.1 and eq. 7.
    """
    # An outcome that occurs nowhere is 0 / 0 for every pair, and says nothing about any.
    occurring = [index for index, part in enumerate(parts) if part.rates.max() > 0]
    positions = None if reference is None else [reference[index] for index in occurring]
    ratio = stats.smallest([parts[index] for index in occurring], reference=positions)
    chosen = ratio
    if smoothed:
        chosen = stats.smallest([_with_one_more(parts[index], len(parts)) for index in occurring], reference=positions)
    if ratio is None or chosen is None or chosen.value <= 0:
        return None
    value = -float(np.log(chosen.value))
    low, high = ratio.interval.low or 0.0, ratio.interval.high or 1.0
    top = -float(np.log(low)) if low > 0 else None
    interval = Interval(
        low=min(-float(np.log(high)) if high < 1 else 0.0, value), high=None if top is None else max(top, value),
        level=ratio.interval.level, method=f"{ratio.interval.method}, as logarithms",
    )  # fmt: skip
    pairs = [pair and pair._replace(part=occurring[pair.part]) for pair in (chosen.at, ratio.high, ratio.low)]
    return stats.Extreme(value, interval, pairs[0] or chosen.at, pairs[1], pairs[2])


def _with_one_more(part: stats.Shares, outcomes: int) -> stats.Shares:
    # A uniform prior worth one person: an equal part of it for each outcome.
    return stats.Shares(part.successes + 1 / outcomes, part.sizes + 1)
