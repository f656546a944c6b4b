"""Odds and log-ratios over groups: treatment equality and differential fairness, from shares of groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.groups.composites import odds
from auditkit.plugins.fairness.groups.disparities import common_rate
from auditkit.results import Interval


class Apart(NamedTuple):
    """How far apart the odds of several groups are."""

    difference: float
    ratio: float | None
    """None where all odds are 0."""
    difference_interval: Interval | None = None
    ratio_interval: Interval | None = None


def odds_apart(part: stats.Shares, level: float = 0.95) -> Apart:
    """The largest difference and the smallest ratio of the odds of groups, with intervals.

    Wilson's intervals of all groups hold at once, so the widest true difference is at least the distance between the
    highest low end and the lowest high end, and at most that between the extremes.

    Args:
        part: shares below 1, of two groups or more.
        level: the confidence.

    Source: Wilson (1927), JASA 22, at the level of Šidák (1967), JASA 62; the odds keep the order of the shares.
    """
    values = odds(part.rates)
    low, high = (
        odds(end) for end in stats.wilson_bounds(part.successes, part.sizes, stats.sidak_level(level, len(part.sizes)))
    )
    method = "simultaneous Wilson intervals of all groups (Šidák), as odds"
    most = float(high.max() - low.min())
    gap = Interval(
        low=max(0.0, float(low.max() - high.min())),
        high=most if np.isfinite(most) else None,
        level=level,
        method=method,
    )
    if values.max() == 0:
        return Apart(0.0, None, gap)
    least, top = float(low.min()), float(high.max())
    ratio = Interval(
        low=least / top if np.isfinite(top) else 0.0,
        high=min(1.0, float(high.min() / low.max())) if low.max() > 0 else 1.0,
        level=level,
        method=method,
    )
    return Apart(float(np.ptp(values)), float(values.min() / values.max()), gap, ratio)


def detectable_odds(part: stats.Shares, gap: float | None) -> Apart | None:
    """What a detectable `gap` of the shares is in odds; None where it has none."""
    if gap is None:
        return None
    n1, n2 = (float(size) for size in np.sort(part.sizes)[:2])
    high, low = (float(odds(np.asarray(each))) for each in stats.apart(common_rate(part), n1, n2, gap))
    return Apart(high - low, low / high) if np.isfinite(high) and high > 0 else None


def epsilon(parts: Sequence[stats.Shares], smoothed: bool = False) -> float:
    """Differential fairness: the largest log-ratio of two groups' rates, over the outcomes that occur.

    Args:
        parts: for each outcome, its share in each group.
        smoothed: whether each outcome of each group gets one person more, divided by the number of outcomes.

    Returns:
        From 0; infinite where an outcome occurs in some groups and not in others.

    Source: Foulds et al. (2020), An intersectional definition of fairness, arXiv:1807.08362, definition 2.1 and eq. 7.
    """
    more = 1 / len(parts) if smoothed else 0.0
    found = 0.0
    for part in parts:
        rates = (part.successes + more) / (part.sizes + (1.0 if smoothed else 0.0))
        if rates.max() > 0:
            with np.errstate(divide="ignore"):
                found = max(found, float(np.log(rates.max()) - np.log(rates.min())))
    return found


def epsilon_interval(parts: Sequence[stats.Shares], value: float) -> Interval:
    """An interval for the unsmoothed `epsilon` of all people, widened to hold `value`; it may have no high end."""
    occurring = [part for part in parts if part.rates.max() > 0]
    ratio = stats.smallest_ratio_interval(occurring)
    assert ratio is not None and ratio.low is not None and ratio.high is not None  # both ends are between 0 and 1
    low = -float(np.log(ratio.high)) if ratio.high < 1 else 0.0
    high = -float(np.log(ratio.low)) if ratio.low > 0 else None
    return Interval(
        low=min(low, value), high=None if high is None else max(high, value), level=ratio.level,
        method=f"{ratio.method}, as logarithms",
    )  # fmt: skip
