"""Which two groups make a disparity: the one place where pairs of groups are made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from auditkit.results import GroupEnd, GroupPair, LeftOut
from auditkit.stats import Extreme, Place, Shares, pairs_of, widest
from auditkit.stats.extremes import Pairs


class Members(NamedTuple):
    """One rate, or another number, of K groups that are compared by it."""

    rate: str
    """The name of the measure."""
    where: Sequence[dict[str, str]]
    values: np.ndarray
    """(K,) weighted where rows have weights."""
    people: np.ndarray
    """(K,) in the denominator, each counted once."""
    counts: np.ndarray | None = None
    """(K,) in the numerator, each counted once; None where the number is no share of people."""

    def take(self, at: np.ndarray) -> Members:
        """Some of the groups, by their positions."""
        counts = None if self.counts is None else self.counts[at]
        return Members(self.rate, [self.where[place] for place in at], self.values[at], self.people[at], counts)

    def positions(self, kept: Sequence[dict[str, str]]) -> np.ndarray:
        """The positions of some of the groups, in their order here."""
        return np.flatnonzero([group in kept for group in self.where])

    def people_of(self, kept: Sequence[dict[str, str]]) -> int:
        """How many people some of the groups have together."""
        return int(self.people[self.positions(kept)].sum())

    def end(self, at: int) -> GroupEnd:
        """One of the groups, as it is written."""
        count = None if self.counts is None else int(self.counts[at])
        return GroupEnd(slice=self.where[at], value=float(self.values[at]), n=int(self.people[at]), count=count)


def pairs_behind(found: Extreme, members: Sequence[Members], first: Literal["low", "high"] = "low") -> list[GroupPair]:
    """The two groups that make a disparity, then those behind the ends of its interval where they are others.

    Args:
        found: the disparity, with the positions of the groups.
        members: for each part of the disparity, its groups.
        first: the end that says whether there is any disparity: the low one of a difference, the high one of a ratio.
    """
    pairs = [pair(members, found.at)]
    ends: list[tuple[Literal["low", "high"], Place | None]] = [("low", found.low), ("high", found.high)]
    for end, place in ends if first == "low" else reversed(ends):
        if place is not None and place != found.at:
            pairs.append(pair(members, place, end))
    return pairs


def pairs_among(members: Members, kept: Sequence[dict[str, str]], reference: dict[str, str] | None = None) -> Pairs:
    """The pairs of some of the groups; with a reference group, those with that one."""
    place = None if reference is None else list(members.where).index(reference)
    return pairs_of(len(members.where), members.positions(kept).tolist(), place)


def widest_among(
    parts: Sequence[Shares], members: Sequence[Members], kept: Sequence[dict[str, str]],
    reference: dict[str, str] | None = None,
) -> tuple[Extreme, tuple[GroupPair, ...]]:  # fmt: skip
    """The widest difference of some of the groups' shares, or from those of a reference group, and whose it is.

    Args:
        parts: one or several shares per group.
        members: for each part, its groups.
        kept: those that are compared, at least two in each part.
        reference: one of them, with which alone the others are compared.
    """
    at = [who.positions(kept) for who in members]
    some = [who.take(places) for who, places in zip(members, at, strict=True)]
    shares = [Shares(part.successes[places], part.sizes[places]) for part, places in zip(parts, at, strict=True)]
    against = None if reference is None else [list(who.where).index(reference) for who in some]
    extreme = widest(shares, reference=against)
    return extreme, tuple(pairs_behind(extreme, some))


def pair_of_extremes(members: Members) -> tuple[GroupPair, ...]:
    """The groups with the lowest and the highest number; none where fewer than two have one."""
    if len(members.values) < 2:
        return ()
    order = np.argsort(members.values, kind="stable")  # of equal groups too, two
    return (pair([members], Place(0, int(order[0]), int(order[-1]))),)


def pair(members: Sequence[Members], at: Place, end: Literal["low", "high"] | None = None) -> GroupPair:
    """Two groups that make a disparity, or the `end` of its interval."""
    part = members[at.part]
    return GroupPair(
        role="value" if end is None else "interval", rate=part.rate, low=part.end(at.low), high=part.end(at.high),
        end=end,
    )  # fmt: skip


def left_out(where: Iterable[dict[str, str]], reasons: Iterable[str | None]) -> list[LeftOut]:
    """The groups that have a reason to be left out of a disparity; the audit adds how many people they are."""
    return [
        LeftOut(slice=group, reason=reason) for group, reason in zip(where, reasons, strict=True) if reason is not None
    ]
