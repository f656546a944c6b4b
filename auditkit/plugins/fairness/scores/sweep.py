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


def steps(score_table: ScoreTable) -> Steps:
    """The sums from which the rates at any threshold follow."""
    above = np.zeros((2, len(score_table.scores) + 1))
    np.cumsum(score_table.weight[:, ::-1], axis=1, out=above[:, -2::-1])
    return Steps(score_table.scores, above, score_table.sizes, score_table.size)


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
    return Rates(*(np.stack(rate) for rate in zip(*parts, strict=True)))


def parity(rates: Rates) -> np.ndarray:
    """(T,) demographic parity differences."""
    return np.ptp(rates.selected, axis=0)


def odds(rates: Rates) -> np.ndarray:
    """(T,) equalized odds differences: the larger gap of true and of false positive rates."""
    return np.maximum(np.ptp(rates.true, axis=0), np.ptp(rates.false, axis=0))


def shares(groups: list[Steps], thresholds: np.ndarray, with_both_labels: bool) -> list[list[stats.Shares]]:
    """What is compared at each threshold: selection rates, or (both) true and false positive rates."""
    rates_at = rates(groups, thresholds)
    if not with_both_labels:
        sizes = np.array([group.size for group in groups])
        return [[stats.Shares(rates_at.selected[:, index] * sizes, sizes)] for index in range(len(thresholds))]
    negative, positive = np.array([group.sizes for group in groups]).T
    return [
        [
            stats.Shares(rates_at.true[:, index] * positive, positive),
            stats.Shares(rates_at.false[:, index] * negative, negative),
        ]
        for index in range(len(thresholds))
    ]


def candidates(groups: list[Steps], low: float, high: float, threshold: float) -> np.ndarray:
    """(T,) every threshold between `low` and `high` at which some decision changes, ascending, and the ends."""
    inside = [group.scores[(group.scores >= low) & (group.scores <= high)] for group in groups]
    return np.unique(np.concatenate([*inside, [low, threshold, high]]))


def peaks(groups: list[Steps], thresholds: np.ndarray, with_both_labels: bool) -> Peaks:
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
        rates_at = rates(groups, block)
        least = min(least, float((odds(rates_at) if with_both_labels else parity(rates_at)).min()))
        for position, rate in enumerate((rates_at.true, rates_at.false) if with_both_labels else (rates_at.selected,)):
            for pair, (first, second) in enumerate(zip(i, j, strict=True)):
                gap = np.abs(rate[first] - rate[second])
                widest = int(gap.argmax())
                if gap[widest] > gaps[position, pair]:
                    gaps[position, pair], thresholds_of_gaps[position, pair] = gap[widest], block[widest]
    return Peaks(gaps, thresholds_of_gaps, least)


def worst(groups: list[Steps], peaks: Peaks, pairs: stats.Pairs, level: float = 0.95) -> Worst:
    """The widest gap over some pairs of groups at any threshold, with an interval that holds for all of them at once.

    Args:
        groups: k groups.
        peaks: their gaps.
        pairs: which of them are compared (`stats.pairs_of`).
        level: the confidence, between 0 and 1.

    Source: Dvoretzky, Kiefer and Wolfowitz (1956), Annals of Mathematical Statistics 27, with the constant of Massart
    (1990), Annals of Probability 18, at the level of Šidák (1967) for every group and rate.
    """
    with_both_labels, (i, j) = len(peaks.gaps) > 1, pairs
    sizes = (
        np.array([group.sizes[::-1] for group in groups]).T
        if with_both_labels
        else np.array([[group.size for group in groups]])
    )
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


def changes(groups: list[Steps], thresholds: np.ndarray, with_both_labels: bool, level: float = 0.95) -> bool:
    """Whether a difference is certain at some of these thresholds and not at others.

    Certain: the interval of `stats.widest_gap_interval` does not reach 0, here for all thresholds in one go.
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
