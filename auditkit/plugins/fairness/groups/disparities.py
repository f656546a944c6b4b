"""Rates compared over the groups of some attributes: which groups, tests and power, from counts alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np

from auditkit import group_pairs, stats
from auditkit.metrics.catalogue import GroupShares, Rate
from auditkit.results import LeftOut
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
        few = [lacking(int(rows), minimum, rate.of) for rows in share.rows]
        if odds:
            few = [
                "no false positives" if reason is None and value >= 1 else reason
                for reason, value in zip(few, share.values, strict=True)
            ]
        usable = np.array([a is None and b is None for a, b in zip(hidden, few, strict=True)], dtype=bool)
        comparison.parts.append(stats.Shares(share.successes[usable], share.sizes[usable]))
        members = group_pairs.Members(rate.name, where, share.values, share.rows, share.counts)
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
        n1, n2 = (float(size) for size in np.sort(part.sizes)[:2])
        high, low = stats.apart(part.common, n1, n2, gap)
        ratios.append(float(low / high))
    return min(ratios)


def _detectable_gaps(parts: Sequence[stats.Shares], tests: int, level: float) -> list[float | None]:
    pairs = sum(len(part.sizes) * (len(part.sizes) - 1) // 2 for part in parts)
    # Two corrections: Šidák's for the pairs within one comparison, and the first step of Holm's for the tests of the
    # family.
    alpha = (1 - stats.sidak_level(level, pairs)) / max(1, tests)
    sizes = [np.sort(part.sizes)[:2].tolist() for part in parts]
    return [stats.detectable_gap(part.common, n1, n2, alpha) for part, (n1, n2) in zip(parts, sizes, strict=True)]
