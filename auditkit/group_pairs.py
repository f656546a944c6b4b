"""Which two groups make a disparity: the one place where pairs of groups are made."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, Self

import numpy as np

from auditkit.results import GroupEnd, GroupPair, LeftOut
from auditkit.stats import Extreme, Pairs, Place, Shares, pairs_of, widest


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

    def take(self, indices: np.ndarray) -> Self:
        """Some of the groups, by their positions."""
        counts = None if self.counts is None else self.counts[indices]
        where = [self.where[index] for index in indices]
        return self._replace(where=where, values=self.values[indices], people=self.people[indices], counts=counts)

    def positions(self, groups: Sequence[dict[str, str]]) -> np.ndarray:
        """The positions of some of the groups, in their order here."""
        wanted = {frozenset(group.items()) for group in groups}
        return np.flatnonzero([frozenset(group.items()) in wanted for group in self.where])

    def people_of(self, groups: Sequence[dict[str, str]]) -> int:
        """How many people some of the groups have together."""
        return int(self.people[self.positions(groups)].sum())

    def end(self, index: int) -> GroupEnd:
        """One of the groups, as it is written."""
        count = None if self.counts is None else int(self.counts[index])
        value, people = float(self.values[index]), int(self.people[index])
        return GroupEnd(slice=self.where[index], value=value, n=people, count=count)


def pairs_behind(
    extreme: Extreme, members: Sequence[Members], first: Literal["low", "high"] = "low"
) -> list[GroupPair]:
    """The two groups that make a disparity, then those behind the ends of its interval where they are others.

    Args:
        extreme: the disparity, with the positions of the groups.
        members: for each part of the disparity, its groups.
        first: the end that says whether there is any disparity: the low one of a difference, the high one of a ratio.
    """
    pairs = [pair(members, extreme.at)]
    ends: list[tuple[Literal["low", "high"], Place | None]] = [("low", extreme.low), ("high", extreme.high)]
    for end, place in ends if first == "low" else reversed(ends):
        if place is not None and place != extreme.at:
            pairs.append(pair(members, place, end))
    return pairs


def pairs_among(members: Members, groups: Sequence[dict[str, str]], reference: dict[str, str] | None = None) -> Pairs:
    """The pairs of some of the groups; with a reference group, those with that one."""
    index = None if reference is None else list(members.where).index(reference)
    return pairs_of(len(members.where), members.positions(groups).tolist(), index)


def widest_among(
    parts: Sequence[Shares], members: Sequence[Members], groups: Sequence[dict[str, str]],
    reference: dict[str, str] | None = None,
) -> tuple[Extreme, tuple[GroupPair, ...]]:  # fmt: skip
    """The widest difference of some of the groups' shares, or from those of a reference group, and whose it is.

    Args:
        parts: one or several shares per group.
        members: for each part, its groups.
        groups: those that are compared, at least two in each part.
        reference: one of them, with which alone the others are compared.
    """
    indices = [part_members.positions(groups) for part_members in members]
    some = [part_members.take(group_indices) for part_members, group_indices in zip(members, indices, strict=True)]
    shares = [
        Shares(part.successes[group_indices], part.sizes[group_indices])
        for part, group_indices in zip(parts, indices, strict=True)
    ]
    against = None if reference is None else [list(part_members.where).index(reference) for part_members in some]
    extreme = widest(shares, reference=against)
    return extreme, tuple(pairs_behind(extreme, some))


def pair_of_extremes(members: Members) -> tuple[GroupPair, ...]:
    """The groups with the lowest and the highest number; none where fewer than two have one."""
    if len(members.values) < 2:
        return ()
    order = np.argsort(members.values, kind="stable")  # of equal groups too, two
    return (pair([members], Place(0, int(order[0]), int(order[-1]))),)


def pair(members: Sequence[Members], place: Place, end: Literal["low", "high"] | None = None) -> GroupPair:
    """Two groups that make a disparity, or the `end` of its interval."""
    part = members[place.part]
    return GroupPair(
        role="value" if end is None else "interval", rate=part.rate, low=part.end(place.low), high=part.end(place.high),
        end=end,
    )  # fmt: skip


def left_out(where: Iterable[dict[str, str]], reasons: Iterable[str | None]) -> list[LeftOut]:
    """The groups that have a reason to be left out of a disparity; the audit adds how many people they are."""
    return [
        LeftOut(slice=group, reason=reason) for group, reason in zip(where, reasons, strict=True) if reason is not None
    ]
