"""Gaps between groups at every threshold: rates from score tables, the worst place near the model's own."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple, Self

import numpy as np

from auditkit import stats
from auditkit.group_pairs import Members
from auditkit.plugins.fairness.scores.score_table import ScoreTable
from auditkit.results import Interval

BLOCK = 20_000
"""Thresholds looked at together."""
NAMES: Final = {(): "selection_rate", (1,): "true_positive_rate", (0,): "false_positive_rate"}
"""Of the rates, by `Part.label`."""


class Threshold(NamedTuple):
    """From which score on the model selects."""

    value: float | None
    source: str
    """Where it comes from, or why there is none."""


class Behind(NamedTuple):
    """Two groups at one threshold."""

    pair: stats.Place
    threshold: float
    end: Literal["low", "high"] | None
    """Of the interval; None: they make the gap itself."""


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


class Part(NamedTuple):
    """One rate, and the groups that have it."""

    label: tuple[int, ...]
    """Of the people that it is a share of, 1 the positive one; none: a share of all people."""
    groups: list[ScoreTable]
    where: Sequence[dict[str, str]] = ()

    def rates(self, thresholds: np.ndarray) -> np.ndarray:
        """(k, T) shares of k groups at or above each of T thresholds; NaN where nobody has the label."""
        rows = []
        for group in self.groups:
            above = group.above[[*self.label] or [0, 1]].sum(axis=0)
            counted = above[np.searchsorted(group.scores, thresholds, side="left")]
            rows.append(counted / above[0] if above[0] > 0 else np.full_like(counted, np.nan))
        return np.stack(rows)

    @property
    def sizes(self) -> np.ndarray:
        """(k,) effective numbers of people in the denominators."""
        return np.array([group.sizes[self.label[0]] if self.label else group.size for group in self.groups])

    def at(self, threshold: float) -> tuple[stats.Shares, Members]:
        """What is compared at a threshold, and who: how many people, and how many of them stand at or above it."""
        values, labels = self.rates(np.array([threshold]))[:, 0], [*self.label] or [0, 1]
        people = np.array([group.people[labels].sum() for group in self.groups])
        above = np.array([group.rows[labels][:, group.scores >= threshold].sum() for group in self.groups])
        return stats.Shares(values * self.sizes, self.sizes), Members(
            NAMES[self.label], self.where, values, people, above
        )


class Peaks(NamedTuple):
    """The widest gaps of pairs of groups over many thresholds, for each of the rates."""

    pairs: list[stats.Pairs]
    gaps: list[np.ndarray]
    """(pairs,)"""
    thresholds: list[np.ndarray]
    """(pairs,) the lowest threshold where it is."""
    least: float
    """The smallest of the gaps that are widest at one threshold."""

    def of(self, parts: Sequence["Part"], pairs: Sequence[stats.Pairs]) -> Self:
        """Those of some pairs, where these are of all."""
        numbers = [stats.pair_numbers(len(part.groups), some) for part, some in zip(parts, pairs, strict=True)]
        gaps, thresholds = (
            [column[some] for column, some in zip(columns, numbers, strict=True)]
            for columns in (self.gaps, self.thresholds)
        )
        return self._replace(pairs=list(pairs), gaps=gaps, thresholds=thresholds)


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


def gaps(parts: Sequence[Part], thresholds: np.ndarray) -> np.ndarray:
    """(T,) the widest difference of two groups at each threshold, in the rate where it is widest."""
    return np.asarray(np.max([np.ptp(part.rates(thresholds), axis=0) for part in parts], axis=0))


def candidates(parts: Sequence[Part], low: float, high: float, threshold: float) -> np.ndarray:
    """(T,) every threshold between `low` and `high` at which some decision changes, ascending, and the ends."""
    scores = np.concatenate([group.scores for part in parts for group in part.groups])
    return np.unique([*scores[(scores >= low) & (scores <= high)], low, threshold, high])


def blocks(thresholds: np.ndarray, groups: int) -> Iterator[np.ndarray]:
    """The thresholds, as many at a time as can be looked at together in so many groups."""
    size = BLOCK if groups <= stats.PAIRWISE else max(1, BLOCK * stats.PAIRWISE // groups)
    for start in range(0, len(thresholds), size):
        yield thresholds[start : start + size]


def peaks(parts: Sequence[Part], thresholds: np.ndarray, pairs: Sequence[stats.Pairs]) -> Peaks:
    """The widest gap of pairs of groups at any of the thresholds.

    Args:
        parts: each of two groups or more.
        thresholds: (T,) ascending.
        pairs: for each of the rates, which groups are looked at.
    """
    widest = [np.full(len(i), -1.0) for i, _ in pairs]
    thresholds_of_widest = [np.zeros(len(i)) for i, _ in pairs]
    least = np.inf
    # All thresholds and pairs at once could be larger than memory, so only the widest gap of each pair is kept.
    for block in blocks(thresholds, max(len(part.groups) for part in parts)):
        rates = [part.rates(block) for part in parts]
        least = min(least, float(np.max([np.ptp(rate, axis=0) for rate in rates], axis=0).min()))
        for rate, (i, j), values, at in zip(rates, pairs, widest, thresholds_of_widest, strict=True):
            for pair, (first, second) in enumerate(zip(i, j, strict=True)):
                distance = np.abs(rate[first] - rate[second])
                peak = int(distance.argmax())
                if distance[peak] > values[pair]:
                    values[pair], at[pair] = distance[peak], block[peak]
    return Peaks(list(pairs), widest, thresholds_of_widest, least)


def radius_of(parts: Sequence[Part], pairs: Sequence[stats.Pairs], level: float = 0.95) -> list[np.ndarray]:
    """For each of the rates, (k,) how far its true curve lies from each group's, for all groups and thresholds at once.

    Source: Dvoretzky, Kiefer and Wolfowitz (1956), Annals of Mathematical Statistics 27, with the constant of Massart
    (1990), Annals of Probability 18, at the level of Šidák (1967) for every group and rate.
    """
    # One band for each group and rate that is looked at; other groups need none.
    bands = sum(len(np.unique(compared)) for compared in pairs)
    each_band = np.log(2 / (1 - stats.sidak_level(level, bands)))
    return [np.sqrt(each_band / (2 * part.sizes)) for part in parts]


def worst(peaks: Peaks, radius: Sequence[np.ndarray], level: float = 0.95) -> Worst:
    """The widest gap over some pairs of groups at any threshold, with an interval that holds for all of them at once.

    Args:
        peaks: of these pairs.
        radius: for each of the rates, as `radius_of` gives it at the same level.
        level: the confidence, between 0 and 1.
    """
    values, thresholds = np.concatenate(peaks.gaps), np.concatenate(peaks.thresholds)
    band = np.concatenate([width[i] + width[j] for width, (i, j) in zip(radius, peaks.pairs, strict=True)])
    places = [
        stats.Place(number, int(first), int(second))
        for number, compared in enumerate(peaks.pairs)
        for first, second in zip(*compared, strict=True)
    ]
    at, at_low, at_high = (int(ends.argmax()) for ends in (values, values - band, values + band))
    low, high = float((values - band)[at_low]), float((values + band)[at_high])
    # An end at 0 or at 1 is made by nobody: no two groups can be nearer or farther apart.
    ends: tuple[tuple[int, Literal["low", "high"], bool], ...] = ((at_low, "low", low > 0), (at_high, "high", high < 1))
    makers = [(at, None), *((index, end) for index, end, is_made in ends if is_made and index != at)]
    behind = tuple(Behind(places[index], float(thresholds[index]), end) for index, end in makers)
    method = "Dvoretzky-Kiefer-Wolfowitz bands of all groups, for all thresholds at once"
    interval = Interval(low=max(0.0, low), high=min(1.0, high), level=level, method=method)
    return Worst(float(values.max()), behind[0].threshold, peaks.least, interval, behind)


def changes(parts: Sequence[Part], thresholds: np.ndarray, level: float = 0.95) -> bool:
    """Whether a difference is certain at some of these thresholds and not at others.

    Certain: the interval of `stats.widest` does not reach 0, here for all thresholds in one go.
    """
    groups = [len(part.groups) for part in parts]
    level_of_each = stats.sidak_level(level, sum(k if k > stats.PAIRWISE else k * (k - 1) // 2 for k in groups))
    certain = np.zeros(len(thresholds), dtype=bool)
    for part in parts:
        sizes = part.sizes
        counts = part.rates(thresholds).T * sizes
        if len(sizes) > stats.PAIRWISE:
            low, high = stats.wilson_bounds(counts, sizes, level_of_each)
            certain |= low.max(axis=1) > high.min(axis=1)
            continue
        i, j = stats.pairs_of(len(sizes))
        low, high = stats.score_difference(counts[:, i], sizes[i], counts[:, j], sizes[j], level_of_each)
        certain |= ((low > 0) | (high < 0)).any(axis=1)
    return bool(certain.any() and not certain.all())
