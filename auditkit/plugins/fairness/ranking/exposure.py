"""One or many lists, the groups in them, and everything that is measured about both."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.counts import encode
from auditkit.data import AuditData
from auditkit.plugins.fairness.ranking import inference, lists
from auditkit.plugins.fairness.ranking.parameters import top_label
from auditkit.plugins.fairness.shared.partition import Split
from auditkit.results import Interval
from auditkit.too_few import fewer_than

SHUFFLES = 5
"""Shuffles of every list behind what chance gives in it."""


class Top(NamedTuple):
    """The first places of every list that is longer than them."""

    k: float
    depth: np.ndarray
    """(L,) how many places; 0 for a list that is left out."""
    reason: str
    """Why it has no numbers; empty where it has."""
    shares: np.ndarray
    """(L', K) each group's share of the top, in the lists that count."""
    list_shares: np.ndarray
    """(L', K) its share of the list."""

    @property
    def label(self) -> int | str:
        """As people read it."""
        return top_label(self.k)

    @property
    def people(self) -> int:
        """Places in all."""
        return int(self.depth.sum())


@dataclass
class Listing:
    """The groups of some attributes in the lists."""

    split: Split
    ranked: lists.Ranked
    tops: list[Top]
    exposure: np.ndarray
    """(L, K) mean position bias of each group; NaN where it is not in the list."""
    relative: np.ndarray
    """(L, K) the same over that of everyone in the list."""
    divergence: np.ndarray
    """(L,)"""
    rows: np.ndarray
    """(K,) people of each group."""
    estimate: inference.Estimate | None = None
    """Relative exposures with their spread; None where it is not known."""
    p: dict[str, float] = field(default_factory=dict)
    usual: float | None = None
    """The divergence that chance gives: one list, its 95th percentile; many, its mean."""

    @property
    def groups(self) -> int:
        """K."""
        return len(self.split.usable)

    @property
    def comparable(self) -> bool:
        """Whether there are two groups."""
        return self.groups > 1

    @property
    def single(self) -> bool:
        """Whether there is one list."""
        return len(self.ranked.lengths) == 1

    def unsure(self, group: int) -> str:
        """Why a group's numbers have no interval; empty where they have."""
        if self.single:
            return ""
        count = int((~np.isnan(self.relative[:, group])).sum())
        return "" if count >= inference.FEWEST else f"in {fewer_than(inference.FEWEST, inference.UNKNOWN)}"

    @property
    def doubt(self) -> str:
        """Why disparities have no interval; empty where they have."""
        reasons = {name: self.unsure(group) for group, name in enumerate(self.split.names) if self.unsure(group)}
        return f"{', '.join(list(reasons)[:8])}: {next(iter(reasons.values()))}" if reasons else ""


def list_codes(data: AuditData, query: str) -> np.ndarray:
    """(N,) the list of each row, 0 to L - 1; all 0 where no column names it."""
    if not query:
        return np.zeros(len(data), dtype=np.int64)
    if query in data.groups:
        column = data.groups[query]
    else:  # a column may be named by a number, and the query is a text
        column = data.inputs[next(name for name in data.inputs.columns if str(name) == query)]
    return encode(np.asarray(column, dtype=str)).codes.astype(np.int64)


def longer_than_one(codes: np.ndarray) -> np.ndarray:
    """(N,) bool: whether a row has company in its list."""
    return np.asarray(np.bincount(codes)[codes] > 1)


def measure(split: Split, ranked: lists.Ranked, ks: tuple[float, ...], minimum: int) -> Listing:
    """Measure the groups of some attributes in the lists; not yet their spread and tests."""
    groups = len(split.usable)
    exposures = lists.exposures(ranked, split.codes, groups)
    return Listing(
        split, ranked, [_top(k, split, ranked, exposures.shares, minimum) for k in ks], exposures.exposure,
        exposures.relative, lists.divergences(ranked, split.codes, groups),
        np.bincount(split.codes[split.codes >= 0], minlength=groups),
    )  # fmt: skip


def _top(k: float, split: Split, ranked: lists.Ranked, shares: np.ndarray, minimum: int) -> Top:
    """One of the tops asked for, which lists it is about, and who is in it."""
    depth = np.full(len(ranked.lengths), int(k)) if k >= 1 else np.maximum(1, np.round(k * ranked.lengths))
    # A top as long as the list is the list, and cannot differ from it.
    depth = np.where(depth < ranked.lengths, depth, 0).astype(np.int64)
    is_long_enough = depth > 0
    few = fewer_than(minimum, "people") if depth.sum() < minimum else ""
    in_top = lists.tops(ranked, split.codes, len(split.usable), depth)[is_long_enough]
    return Top(
        k, depth, few if is_long_enough.any() else "no list is longer than that",
        in_top / depth[is_long_enough, None], shares[is_long_enough],
    )  # fmt: skip


def add_spread_and_tests(
    listing: Listing, scores: np.ndarray, codes: np.ndarray, draws: int, shuffles: int, rng: np.random.Generator
) -> None:
    """Fill in the spread of exposures, the p-values and what chance gives.

    Args:
        listing: the groups of some attributes in the lists.
        scores: (N,) finite.
        codes: (N,) the list of each row.
        draws: how many times people are drawn anew.
        shuffles: how many shuffles, or turns of signs.
        rng: the source of chance.
    """
    known = [top for top in listing.tops if not top.reason]
    if listing.single:
        depth = np.array([int(top.depth[0]) for top in known], dtype=np.int64)
        part = inference.cut_list(scores, listing.split.codes, listing.groups, depth)
        listing.estimate = inference.people_drawn_anew(listing.relative[0], part, listing.groups, draws, rng)
        if listing.comparable:
            one_list = inference.chance_in_one(part, listing.groups, depth, shuffles, rng)
            listing.usual = one_list.divergence_usual
            listing.p = {"exposure": one_list.exposure_p, "divergence": one_list.divergence_p}
            listing.p |= {f"top {top.k}": p for top, p in zip(known, one_list.top_p, strict=True)}
    elif listing.groups and not listing.doubt:
        listing.estimate = inference.lists_vary(listing.relative)
        if listing.comparable:
            # Divergence is above 0 by chance, so each list's is held against what shuffling it gives.
            mixed = chance_divergence(listing.split.codes, scores, codes, listing.groups, rng)
            listing.usual = float(mixed.mean())
            # A list without a group says nothing about it, and adds 0 to its sum.
            deviations = {
                "exposure": np.nan_to_num(listing.relative - 1),
                "divergence": (listing.divergence - mixed)[:, None],
            }
            deviations |= {f"top {top.k}": top.shares - top.list_shares for top in known}
            for name, values in deviations.items():
                listing.p[name] = inference.flipped_p(values, shuffles, rng, upwards=name == "divergence")


def chance_divergence(
    groups: np.ndarray, scores: np.ndarray, codes: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """(L,) the mean divergence of each list where its groups are shuffled a few times."""
    ranked = lists.rank(scores, codes)
    arrays = [lists.divergences(ranked, lists.shuffled_within(codes, groups, rng), count) for _ in range(SHUFFLES)]
    return np.asarray(np.mean(arrays, axis=0))


def share_interval(top: Top, group: int, level: float = 0.95) -> Interval | None:
    """An interval for one group's share of the top: Wilson in one list, Student over many."""
    if len(top.shares) == 1:
        # Equal scores share places, so the expected number need not be whole; by a rounding it may exceed the places.
        return stats.wilson(min(top.people, float(top.shares[0, group]) * top.people), top.people, level)
    return stats.student_interval(top.shares[:, group], level)


class Gap(NamedTuple):
    """An interval for the largest gap between top and list."""

    interval: Interval
    low: int | None
    """The position of the group that makes its low end; None where that is 0 for every group."""
    high: int


def gap_interval(top: Top, groups: Sequence[int], level: float = 0.95) -> Gap | None:
    """The interval, from intervals of all groups at once, so that it can reach 0; None where one has no interval.

    Args:
        top: the first places.
        groups: the positions of the groups that are looked at.
        level: the confidence, between 0 and 1.
    """
    level_of_each = stats.sidak_level(level, len(groups))
    low, high, lowest, highest = 0.0, 0.0, None, groups[0]
    for group in groups:
        differences = top.shares[:, group] - top.list_shares[:, group]
        ends = (
            share_interval(top, group, level_of_each)
            if len(differences) == 1
            else stats.student_interval(differences, level_of_each)
        )
        if ends is None or ends.low is None or ends.high is None:
            return None
        # In one list its share of the list is fixed, and the interval is of the share of the top alone.
        expected = float(top.list_shares[0, group]) if len(differences) == 1 else 0.0
        # A size is at least as large as 0 is far from the interval, and at most as large as its farther end.
        least, most = (
            max(ends.low - expected, expected - ends.high),
            max(abs(ends.low - expected), abs(ends.high - expected)),
        )
        if least > low:
            low, lowest = least, group
        if most > high:
            high, highest = most, group
    method = "Wilson" if len(top.shares) == 1 else "Student over lists"
    interval = Interval(low=low, high=min(1.0, high), level=level, method=f"{method}, all groups at once (Šidák)")
    return Gap(interval, lowest, highest)
