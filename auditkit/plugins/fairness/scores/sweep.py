"""Gaps between groups at every threshold: rates from the ladders, the worst place near the model's own threshold."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.scores.score_table import Ladder
from auditkit.results import Interval
from auditkit.stats import Place
from auditkit.stats.extremes import Pairs

BLOCK = 20_000
"""Thresholds looked at together."""


class Threshold(NamedTuple):
    """From which score on the model selects."""

    value: float | None
    said: str
    """Where it comes from, or why there is none."""


class Steps(NamedTuple):
    """How many of a group stand at or above each of its scores."""

    scores: np.ndarray
    """(L,) distinct, ascending."""
    above: np.ndarray
    """(2, L + 1) weight of people of each label at or above the score; the last column is 0."""
    sizes: np.ndarray
    """(2,) effective numbers of people of each label."""
    size: float
    """Of both."""


class Rates(NamedTuple):
    """Rates of k groups at T thresholds."""

    selected: np.ndarray
    """(k, T) shares of all people."""
    true: np.ndarray
    """(k, T) shares of those with a positive label; NaN where there are none."""
    false: np.ndarray
    """(k, T) shares of those with a negative label; NaN where there are none."""


class Worst(NamedTuple):
    """The widest gap over many thresholds."""

    value: float
    at: float
    """The lowest threshold where it is."""
    least: float
    """The narrowest gap over the same thresholds."""
    interval: Interval
    behind: tuple[Behind, ...]
    """Who makes the gap, then who makes each end of its interval where they are others."""


class Behind(NamedTuple):
    """Two groups at one threshold."""

    place: Place
    threshold: float
    end: Literal["low", "high"] | None
    """Of the interval; None: they make the gap itself."""


class Peaks(NamedTuple):
    """The widest gap of every pair of k groups over many thresholds, in R rates."""

    gaps: np.ndarray
    """(R, pairs)"""
    at: np.ndarray
    """(R, pairs) the lowest threshold where it is."""
    least: float
    """The smallest of the gaps that are widest at one threshold."""


def own_threshold(
    named: float | None, probable: bool, same: bool, scores: np.ndarray, selected: np.ndarray
) -> Threshold:
    """The model's own threshold for the score of the data's positive class.

    Args:
        named: what the model says.
        probable: whether scores are probabilities.
        same: whether the model's positive class is the data's; otherwise its threshold is turned round.
        scores: (N,).
        selected: (N,) bool.
    """
    if named is not None:
        turned = 1 - named if probable else -named
        return Threshold(named if same else turned, "the model's own threshold")
    if probable:
        return Threshold(0.5, "the model names no threshold, so 0.5 was taken")
    if selected.any() and not selected.all() and scores[selected].min() > scores[~selected].max():
        return Threshold(float(scores[selected].min()), "the lowest score that the model selected; it names no other")
    return Threshold(
        None, "the model names no threshold, its scores are no probabilities, and its decisions do not follow them"
    )


def around(threshold: float, window: float, probable: bool, scores: np.ndarray) -> tuple[float, float]:
    """The lowest and the highest threshold that is near.

    Args:
        threshold: the model's own.
        window: probabilities: this far to both sides; other scores: thresholds that select this share of people more
            or fewer.
        probable: whether scores are probabilities.
        scores: (N,) ascending.
    """
    if probable:
        return threshold - window, threshold + window
    at = np.searchsorted(scores, threshold) / len(scores)
    low, high = np.quantile(scores, np.clip([at - window, at + window], 0, 1))
    return min(threshold, float(low)), max(threshold, float(high))


def steps(ladder: Ladder) -> Steps:
    """The sums from which the rates at any threshold follow."""
    above = np.zeros((2, len(ladder.scores) + 1))
    np.cumsum(ladder.weight[:, ::-1], axis=1, out=above[:, -2::-1])
    return Steps(ladder.scores, above, ladder.sizes, ladder.size)


def rates(groups: list[Steps], thresholds: np.ndarray) -> Rates:
    """Rates of every group where people at or above a threshold are selected.

    Args:
        groups: k groups, none empty.
        thresholds: (T,).
    """
    parts = []
    for group in groups:
        counted, totals = group.above[:, np.searchsorted(group.scores, thresholds, side="left")], group.above[:, :1]
        shares = np.divide(counted, totals, out=np.full_like(counted, np.nan), where=totals > 0)
        parts.append((counted.sum(axis=0) / totals.sum(), shares[1], shares[0]))
    return Rates(*(np.stack(each) for each in zip(*parts, strict=True)))


def parity(found: Rates) -> np.ndarray:
    """(T,) demographic parity differences."""
    return np.ptp(found.selected, axis=0)


def odds(found: Rates) -> np.ndarray:
    """(T,) equalized odds differences: the larger gap of true and of false positive rates."""
    return np.maximum(np.ptp(found.true, axis=0), np.ptp(found.false, axis=0))


def shares(groups: list[Steps], thresholds: np.ndarray, both: bool) -> list[list[stats.Shares]]:
    """What is compared at each threshold: selection rates, or (both) true and false positive rates."""
    found = rates(groups, thresholds)
    if not both:
        sizes = np.array([group.size for group in groups])
        return [[stats.Shares(found.selected[:, at] * sizes, sizes)] for at in range(len(thresholds))]
    negative, positive = np.array([group.sizes for group in groups]).T
    return [
        [stats.Shares(found.true[:, at] * positive, positive), stats.Shares(found.false[:, at] * negative, negative)]
        for at in range(len(thresholds))
    ]


def candidates(groups: list[Steps], low: float, high: float, own: float) -> np.ndarray:
    """(T,) every threshold between `low` and `high` at which some decision changes, ascending, and the ends."""
    inside = [group.scores[(group.scores >= low) & (group.scores <= high)] for group in groups]
    return np.unique(np.concatenate([*inside, [low, own, high]]))


def peaks(groups: list[Steps], thresholds: np.ndarray, both: bool) -> Peaks:
    """The widest gap of every pair of groups at any of the thresholds.

    Args:
        groups: k groups, at least two; where `both`, with people of both labels.
        thresholds: (T,) ascending.
        both: true and false positive rates (equalized odds), or selection rates (demographic parity).
    """
    i, j = stats.pairs_of(len(groups))
    gaps, at = np.full((1 + both, len(i)), -1.0), np.zeros((1 + both, len(i)))
    least = np.inf
    for start in range(0, len(thresholds), BLOCK):
        some = thresholds[start : start + BLOCK]
        found = rates(groups, some)
        least = min(least, float((odds(found) if both else parity(found)).min()))
        for position, rate in enumerate((found.true, found.false) if both else (found.selected,)):
            for pair, (one, other) in enumerate(zip(i, j, strict=True)):
                gap = np.abs(rate[one] - rate[other])
                widest = int(gap.argmax())
                if gap[widest] > gaps[position, pair]:
                    gaps[position, pair], at[position, pair] = gap[widest], some[widest]
    return Peaks(gaps, at, least)


def worst(groups: list[Steps], found: Peaks, pairs: Pairs, level: float = 0.95) -> Worst:
    """The widest gap over some pairs of groups at any threshold, with an interval that holds for all of them at once.

    Args:
        groups: k groups.
        found: their gaps.
        pairs: which of them are compared (`stats.pairs_of`).
        level: the confidence, between 0 and 1.

    Source: Dvoretzky, Kiefer and Wolfowitz (1956), Annals of Mathematical Statistics 27, with the constant of Massart
    (1990), Annals of Probability 18, at the level of Šidák (1967) for every group and rate.
    """
    both, (i, j) = len(found.gaps) > 1, pairs
    sizes = (
        np.array([group.sizes[::-1] for group in groups]).T if both else np.array([[group.size for group in groups]])
    )
    bands = len(np.unique(pairs)) * len(sizes)
    radius = np.sqrt(np.log(2 / (1 - stats.sidak_level(level, bands))) / (2 * sizes))
    mine = stats.pair_numbers(len(groups), pairs)
    gaps, at = found.gaps[:, mine], found.at[:, mine]
    band = radius[:, i] + radius[:, j]
    numbers = {"": gaps, "low": gaps - band, "high": gaps + band}
    places = {end: np.unravel_index(int(number.argmax()), number.shape) for end, number in numbers.items()}
    low, high = (float(numbers[end][places[end]]) for end in ("low", "high"))
    behind = [_behind(places[""], at, pairs, None)]
    if low > 0 and places["low"] != places[""]:
        behind.append(_behind(places["low"], at, pairs, "low"))
    if high < 1 and places["high"] != places[""]:
        behind.append(_behind(places["high"], at, pairs, "high"))
    how = "Dvoretzky-Kiefer-Wolfowitz bands of all groups, for all thresholds at once"
    interval = Interval(low=max(0.0, low), high=min(1.0, high), level=level, method=how)
    return Worst(float(gaps.max()), behind[0].threshold, found.least, interval, tuple(behind))


def _behind(at: Any, thresholds: np.ndarray, pairs: Pairs, end: Literal["low", "high"] | None) -> Behind:
    part, pair = (int(each) for each in at)
    return Behind(Place(part, int(pairs[0][pair]), int(pairs[1][pair])), float(thresholds[part, pair]), end)


def changes(groups: list[Steps], thresholds: np.ndarray, both: bool, level: float = 0.95) -> bool:
    """Whether a difference is certain at some of these thresholds and not at others.

    Certain: the interval of `stats.widest_gap_interval` does not reach 0, here for all thresholds in one go.
    """
    parts = [list(each) for each in zip(*shares(groups, thresholds, both), strict=True)]
    i, j = np.triu_indices(len(groups), 1)
    each_pair = stats.sidak_level(level, len(i) * len(parts))
    certain = np.zeros(len(thresholds), dtype=bool)
    for part in parts:
        counts, sizes = np.stack([one.successes for one in part]), part[0].sizes
        low, high = stats.score_difference(counts[:, i], sizes[i], counts[:, j], sizes[j], each_pair)
        certain |= ((low > 0) | (high < 0)).any(axis=1)
    return bool(certain.any() and not certain.all())
