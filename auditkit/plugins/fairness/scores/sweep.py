"""Gaps between groups at every threshold: rates from score tables, the worst place near the model's own."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.scores.score_table import ScoreTable
from auditkit.results import Interval

BLOCK = 20_000
"""Thresholds looked at together."""


class Threshold(NamedTuple):
    """From which score on the model selects."""

    value: float | None
    source: str
    """Where it comes from, or why there is none."""


class Worst(NamedTuple):
    """The widest gap over many thresholds."""

    value: float
    threshold: float
    """The lowest threshold where it is."""
    least: float
    """The narrowest gap over the same thresholds."""
    interval: Interval
    behind: tuple[Behind, ...]
    """Who makes the gap, then who makes each end of its interval where they are others."""


class Behind(NamedTuple):
    """Two groups at one threshold."""

    pair: stats.Place
    threshold: float
    end: Literal["low", "high"] | None
    """Of the interval; None: they make the gap itself."""


class Peaks(NamedTuple):
    """The widest gap of every pair of k groups over many thresholds, in R rates."""

    gaps: np.ndarray
    """(R, pairs)"""
    thresholds: np.ndarray
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
    share_below = np.searchsorted(scores, threshold) / len(scores)
    low, high = np.quantile(scores, np.clip([share_below - window, share_below + window], 0, 1))
    return min(threshold, float(low)), max(threshold, float(high))


def rates(groups: list[ScoreTable], thresholds: np.ndarray, with_both_labels: bool) -> np.ndarray:
    """(R, k, T) rates of k groups at T thresholds, where people at or above a threshold are selected.

    Args:
        groups: none empty.
        thresholds: (T,).
        with_both_labels: shares of those with a positive label and of those with a negative one (R = 2), NaN where
            there are none; or shares of all people (R = 1).
    """
    parts = []
    for group in groups:
        counted, totals = group.above[:, np.searchsorted(group.scores, thresholds, side="left")], group.above[:, :1]
        if with_both_labels:
            parts.append(np.divide(counted, totals, out=np.full_like(counted, np.nan), where=totals > 0)[::-1])
        else:
            parts.append(counted.sum(axis=0, keepdims=True) / totals.sum())
    return np.stack(parts, axis=1)


def gap(rates: np.ndarray) -> np.ndarray:
    """(T,) the widest difference of (R, k, T) rates of k groups, in the rate where it is widest."""
    return np.asarray(np.ptp(rates, axis=1).max(axis=0))


def sizes_of(groups: list[ScoreTable], with_both_labels: bool) -> np.ndarray:
    """(R, k) effective numbers of people in the denominator of each rate, as `rates` gives them."""
    if with_both_labels:
        return np.array([group.sizes[::-1] for group in groups]).T
    return np.array([[group.size for group in groups]])


def shares(groups: list[ScoreTable], thresholds: np.ndarray, with_both_labels: bool) -> list[list[stats.Shares]]:
    """What is compared at each threshold: selection rates, or (both) true and false positive rates."""
    rates_at, sizes = rates(groups, thresholds, with_both_labels), sizes_of(groups, with_both_labels)
    return [
        [stats.Shares(rate[:, index] * size, size) for rate, size in zip(rates_at, sizes, strict=True)]
        for index in range(len(thresholds))
    ]


def candidates(groups: list[ScoreTable], low: float, high: float, threshold: float) -> np.ndarray:
    """(T,) every threshold between `low` and `high` at which some decision changes, ascending, and the ends."""
    inside = [group.scores[(group.scores >= low) & (group.scores <= high)] for group in groups]
    return np.unique(np.concatenate([*inside, [low, threshold, high]]))


def peaks(groups: list[ScoreTable], thresholds: np.ndarray, with_both_labels: bool) -> Peaks:
    """The widest gap of every pair of groups at any of the thresholds.

    Args:
        groups: k groups, at least two; where `with_both_labels`, with people of both labels.
        thresholds: (T,) ascending.
        with_both_labels: true and false positive rates (equalized odds), or selection rates (demographic parity).
    """
    i, j = stats.pairs_of(len(groups))
    gaps, thresholds_of_gaps = np.full((1 + with_both_labels, len(i)), -1.0), np.zeros((1 + with_both_labels, len(i)))
    least = np.inf
    # All thresholds and pairs at once could be larger than memory, so only the widest gap of each pair is kept.
    for start in range(0, len(thresholds), BLOCK):
        block = thresholds[start : start + BLOCK]
        rates_at = rates(groups, block, with_both_labels)
        least = min(least, float(gap(rates_at).min()))
        for position, rate in enumerate(rates_at):
            for pair, (first, second) in enumerate(zip(i, j, strict=True)):
                distance = np.abs(rate[first] - rate[second])
                widest = int(distance.argmax())
                if distance[widest] > gaps[position, pair]:
                    gaps[position, pair], thresholds_of_gaps[position, pair] = distance[widest], block[widest]
    return Peaks(gaps, thresholds_of_gaps, least)


def worst(groups: list[ScoreTable], peaks: Peaks, pairs: stats.Pairs, level: float = 0.95) -> Worst:
    """The widest gap over some pairs of groups at any threshold, with an interval that holds for all of them at once.

    Args:
        groups: k groups.
        peaks: their gaps.
        pairs: which of them are compared (`stats.pairs_of`).
        level: the confidence, between 0 and 1.

    Source: Dvoretzky, Kiefer and Wolfowitz (1956), Annals of Mathematical Statistics 27, with the constant of Massart
    (1990), Annals of Probability 18, at the level of Šidák (1967) for every group and rate.
    """
    (i, j), sizes = pairs, sizes_of(groups, with_both_labels=len(peaks.gaps) > 1)
    # One band for each group and rate that is looked at; other groups need none.
    bands = len(np.unique(pairs)) * len(sizes)
    radius = np.sqrt(np.log(2 / (1 - stats.sidak_level(level, bands))) / (2 * sizes))
    chosen = stats.pair_numbers(len(groups), pairs)
    gaps, thresholds = peaks.gaps[:, chosen], peaks.thresholds[:, chosen]
    band = radius[:, i] + radius[:, j]
    numbers = {"": gaps, "low": gaps - band, "high": gaps + band}
    indices = {end: np.unravel_index(int(table.argmax()), table.shape) for end, table in numbers.items()}
    low, high = (float(numbers[end][indices[end]]) for end in ("low", "high"))
    behind = [_behind(indices[""], thresholds, pairs, None)]
    ends: tuple[tuple[Literal["low", "high"], bool], ...] = (("low", low > 0), ("high", high < 1))
    # An end at 0 or at 1 is made by nobody: no two groups can be nearer or farther apart.
    behind += [
        _behind(indices[end], thresholds, pairs, end)
        for end, is_made in ends
        if is_made and indices[end] != indices[""]
    ]
    method = "Dvoretzky-Kiefer-Wolfowitz bands of all groups, for all thresholds at once"
    interval = Interval(low=max(0.0, low), high=min(1.0, high), level=level, method=method)
    return Worst(float(gaps.max()), behind[0].threshold, peaks.least, interval, tuple(behind))


def _behind(index: Any, thresholds: np.ndarray, pairs: stats.Pairs, end: Literal["low", "high"] | None) -> Behind:
    part, pair = map(int, index)
    return Behind(stats.Place(part, int(pairs[0][pair]), int(pairs[1][pair])), float(thresholds[part, pair]), end)


def changes(groups: list[ScoreTable], thresholds: np.ndarray, with_both_labels: bool, level: float = 0.95) -> bool:
    """Whether a difference is certain at some of these thresholds and not at others.

    Certain: the interval of `stats.widest` does not reach 0, here for all thresholds in one go.
    """
    parts = [list(shares_of_part) for shares_of_part in zip(*shares(groups, thresholds, with_both_labels), strict=True)]
    i, j = np.triu_indices(len(groups), 1)
    each_pair = stats.sidak_level(level, len(i) * len(parts))
    certain = np.zeros(len(thresholds), dtype=bool)
    for part in parts:
        counts, sizes = np.stack([share.successes for share in part]), part[0].sizes
        low, high = stats.score_difference(counts[:, i], sizes[i], counts[:, j], sizes[j], each_pair)
        certain |= ((low > 0) | (high < 0)).any(axis=1)
    return bool(certain.any() and not certain.all())
