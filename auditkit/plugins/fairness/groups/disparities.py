"""Rates compared over the groups of some attributes: which groups, tests and power, from counts alone.

Of shares of groups also odds and log-ratios, for treatment equality and differential fairness.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np

from auditkit import group_pairs, stats
from auditkit.metrics.catalogue import GroupShares, Rate
from auditkit.metrics.composites import odds
from auditkit.results import Interval, LeftOut
from auditkit.too_few import lacking
from auditkit.variants import is_comparable

MOST: Final = 99_999
"""Shuffles that are drawn at most, whatever the number of tests."""


@dataclass
class Tested:
    """What compares groups of some attributes, and is a member of the family of tests."""

    name: str
    across: tuple[str, ...]
    conditions: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    """People in the groups compared, in the largest denominator."""
    units: int | None = None
    """Units in the groups compared, in the largest denominator; None: each row is one."""
    left_out: list[LeftOut] = field(default_factory=list)
    """Groups that it says nothing about."""
    p: float | None = None
    p_adjusted: float | None = None

    @property
    def comparable(self) -> bool:
        """Whether there are two groups to compare."""
        return True


@dataclass
class Compared(Tested):
    """Rates over the groups of one set of attributes."""

    parts: list[stats.Shares] = field(default_factory=list)
    """One for each rate that two groups have, if there is one: the groups that can be compared."""
    members: list[group_pairs.Members] = field(default_factory=list)
    """For each rate, who these groups are."""
    trials: int = 0
    """How many of the parts are tested; the others are these over again (those not selected)."""
    shuffled: np.ndarray | None = None
    """The largest differences, in standard errors, among shuffled groups."""

    @property
    def comparable(self) -> bool:
        """Whether every rate that is compared has two groups or more."""
        return bool(self.parts) and all(len(part.sizes) > 1 for part in self.parts)

    def among(self, groups: Sequence[dict[str, str]], reference: dict[str, str] | None = None) -> Self:
        """The same over some of the groups, untested, in the rates that two of them have, and the reference group."""
        parts, members = [], []
        for part, who in zip(self.parts, self.members, strict=True):
            indices = who.positions(groups)
            if is_comparable([who.where[at] for at in indices], reference):
                parts.append(stats.Shares(part.successes[indices], part.sizes[indices]))
                members.append(who.take(indices))
        # The largest denominator, as the rates of one criterion may be about different people.
        rows = max((int(who.people.sum()) for who in members), default=0)
        return replace(self, parts=parts, members=members, rows=rows, p=None, p_adjusted=None, shuffled=None)

    def positions(self, group: dict[str, str]) -> list[int]:
        """The position of a group in each part."""
        return [list(members.where).index(group) for members in self.members]


def compare(
    comparison: Compared,
    where: Sequence[dict[str, str]],
    rates: Sequence[tuple[Rate, GroupShares]],
    hidden: Sequence[str | None],
    minimum: int,
    odds: bool = False,
) -> Compared:
    """Fill in which groups can be compared, and their counts.

    Args:
        comparison: what is compared, without groups.
        where: K groups.
        rates: each rate with the shares of the K groups.
        hidden: why each of the K groups may not be shown; None where it may.
        minimum: the smallest denominator.
        odds: whether the odds of the rates are compared, which a rate of 1 has not.
    """
    reasons: list[list[str]] = [[] if reason is None else [reason] for reason in hidden]
    for rate, share in rates:
        few = [lacking(int(many), minimum, rate.of) for many in share.many]
        if odds:
            few = [
                "no false positives" if reason is None and value >= 1 else reason
                for reason, value in zip(few, share.values, strict=True)
            ]
        usable = np.array([a is None and b is None for a, b in zip(hidden, few, strict=True)], dtype=bool)
        comparison.parts.append(stats.Shares(share.successes[usable], share.sizes[usable]))
        members = group_pairs.Members(rate.name, where, share.values, share.rows, share.counts)
        if share.units is not None:
            comparison.units = max(comparison.units or 0, int(share.units[usable].sum()))
        comparison.members.append(members.take(np.flatnonzero(usable)))
        # A group that is hidden is hidden from every rate, so the reason is given once.
        for sentences, reason, why in zip(reasons, hidden, few, strict=True):
            if why and not reason and why not in sentences:
                sentences.append(why)
    several = comparison.among(where)  # these bound the criterion, which is the largest or smallest over all its rates
    comparison = several if several.parts else comparison
    comparison.left_out = group_pairs.left_out(where, ["; ".join(sentences) or None for sentences in reasons])
    return comparison


def enough_draws(permutations: int, tests: int) -> int:
    """How many shuffles can show a difference among that many tests: a p-value is never below 1 / (shuffles + 1)."""
    # Holm multiplies the smallest p-value by the number of tests: with 40 shuffles a test it can still be below 5 %.
    return max(permutations, min(MOST, 40 * tests))


def shuffle(compared: Sequence[Compared], draws: int, rng: np.random.Generator) -> None:
    """Fill in the raw p-values; a rate that several criteria share is shuffled once."""
    known: dict[tuple[bytes, bytes], np.ndarray] = {}
    for comparison in compared:
        tested = comparison.parts[: comparison.trials or len(comparison.parts)]
        laws = []
        for part in tested:
            # Equal counts have the same law under shuffling, whatever the rate is called.
            key = (part.successes.tobytes(), part.sizes.tobytes())
            if key not in known:
                known[key] = stats.shuffled_z([part], draws, rng)
            laws.append(known[key])
        comparison.shuffled = np.maximum.reduce(laws)
        comparison.p = stats.permutation_p(stats.largest_z(tested), comparison.shuffled)


def adjust(tested: Sequence[Tested], correction: str) -> None:
    """Fill in the p-values adjusted over everything that was tested."""
    members = [test for test in tested if test.p is not None]
    method = stats.holm if correction == "holm" else stats.benjamini_hochberg
    for member, p in zip(members, method([member.p for member in members if member.p is not None]), strict=True):
        member.p_adjusted = float(p)


def detectable(parts: Sequence[stats.Shares], tests: int, level: float = 0.95) -> float | None:
    """The gap between the two smallest groups that would be found 8 times in 10, after adjusting for `tests` tests.

    The gap of any other two groups is found more often. For several rates: the larger of their gaps, so that it
    would be found in whichever rate it is.
    """
    gaps = _detectable_gaps(parts, tests, level)
    known = [gap for gap in gaps if gap is not None]
    return max(known) if len(known) == len(gaps) else None


def detectable_ratio(parts: Sequence[stats.Shares], tests: int, level: float = 0.95) -> float | None:
    """The ratio of two rates that lie as far apart as is detectable; for several rates the smaller of their ratios."""
    ratios = []
    for part, gap in zip(parts, _detectable_gaps(parts, tests, level), strict=True):
        if gap is None:
            return None
        # The two smallest groups, as the gap that is called detectable is that of the least certain pair.
        high, low = stats.apart(part.common, *part.two_smallest, gap)
        ratios.append(float(low / high))
    return min(ratios)


def _detectable_gaps(parts: Sequence[stats.Shares], tests: int, level: float) -> list[float | None]:
    pairs = sum(len(part.sizes) * (len(part.sizes) - 1) // 2 for part in parts)
    # Two corrections: Šidák's for the pairs within one comparison, and the first step of Holm's for the tests of the
    # family.
    alpha = (1 - stats.sidak_level(level, pairs)) / max(1, tests)
    return [stats.detectable_gap(part.common, *part.two_smallest, alpha) for part in parts]


AS_ODDS = "simultaneous Wilson intervals of all groups (Šidák), as odds"


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
        apart = stats.Apart(
            (first, second), values[first] - values[second], low[first] - high[second], high[first] - low[second]
        )
    return stats.largest_apart(apart, part.rates, AS_ODDS, level=level)


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
    return stats.smallest_apart(stats.Apart((first, second), ratio, least, most), part.rates, AS_ODDS, level)


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


def detectable_odds(part: stats.Shares, gap: float | None) -> tuple[float | None, float | None]:
    """The difference and the ratio of odds that a detectable `gap` of the shares makes; None where it makes none."""
    if gap is None:
        return None, None
    high, low = (float(odds(np.asarray(share))) for share in stats.apart(part.common, *part.two_smallest, gap))
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
        # A uniform prior worth one person: an equal part of it for each outcome.
        added = [stats.Shares(parts[index].successes + 1 / len(parts), parts[index].sizes + 1) for index in occurring]
        chosen = stats.smallest(added, reference=positions)
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
