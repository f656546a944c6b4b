"""One or many lists, the groups in them, and everything that is measured about both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.counts import encode
from auditkit.plugins.fairness.ranking import inference, lists
from auditkit.plugins.fairness.ranking.inference import Estimate
from auditkit.plugins.fairness.ranking.lists import Ranked
from auditkit.plugins.fairness.ranking.parameters import top_label
from auditkit.plugins.fairness.shared.partition import Split
from auditkit.results import Interval
from auditkit.too_few import fewer_than

if TYPE_CHECKING:
    from auditkit.data import AuditData

SHUFFLES = 5
"""Shuffles of every list behind what chance gives in it."""


@dataclass
class Top:
    """The first places of every list that is longer than them."""

    k: float
    depth: np.ndarray
    """(L,) how many places; 0 for a list that is left out."""
    reason: str = ""
    """Why it has no numbers."""
    shares: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    """(L', K) each group's share of the top, in the lists that count."""
    held: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
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
    ranked: Ranked
    tops: list[Top]
    exposure: np.ndarray
    """(L, K) mean position bias of each group; NaN where it is not in the list."""
    relative: np.ndarray
    """(L, K) the same over that of everyone in the list."""
    divergence: np.ndarray
    """(L,)"""
    rows: np.ndarray
    """(K,) people of each group."""
    estimate: Estimate | None = None
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

    def unsure(self, at: int) -> str:
        """Why a group's numbers have no interval; empty where they have."""
        if self.single:
            return ""
        count = int((~np.isnan(self.relative[:, at])).sum())
        return "" if count >= inference.FEWEST else f"in {fewer_than(inference.FEWEST, inference.UNKNOWN)}"

    @property
    def doubt(self) -> str:
        """Why disparities have no interval; empty where they have."""
        unsure = [name for at, name in enumerate(self.split.names) if self.unsure(at)]
        return f"{', '.join(unsure[:8])}: {self.unsure(0) or self._few()}" if unsure else ""

    def _few(self) -> str:
        return next(text for text in map(self.unsure, range(self.groups)) if text)


def list_codes(data: AuditData, query: str) -> np.ndarray:
    """(N,) the list of each row, 0 to L - 1; all 0 where no column names it."""
    if not query:
        return np.zeros(len(data), dtype=np.int64)
    column = data.groups[query] if query in data.groups else data.inputs[_column(data, query)]
    return encode(np.asarray(column, dtype=str)).codes.astype(np.int64)


def longer_than_one(codes: np.ndarray) -> np.ndarray:
    """(N,) bool: whether a row has company in its list."""
    return np.asarray(np.bincount(codes)[codes] > 1)


def tops(ranked: Ranked, ks: tuple[float, ...], minimum: int) -> list[Top]:
    """The tops asked for, and which lists each is about."""
    found = []
    for k in ks:
        depth = np.full(len(ranked.lengths), int(k)) if k >= 1 else np.maximum(1, np.round(k * ranked.lengths))
        depth = np.where(depth < ranked.lengths, depth, 0).astype(np.int64)
        top = Top(k, depth)
        if not depth.any():
            top.reason = "no list is longer than that"
        elif top.people < minimum:
            top.reason = fewer_than(minimum, "people")
        found.append(top)
    return found


def place(split: Split, ranked: Ranked, ks: tuple[float, ...], minimum: int) -> Listing:
    """Measure the groups of some attributes in the lists; not yet their spread and tests."""
    groups = len(split.usable)
    seen = lists.shown(ranked, split.codes, groups)
    listing = Listing(
        split, ranked, tops(ranked, ks, minimum), seen.exposure, seen.relative,
        lists.divergences(ranked, split.codes, groups),
        np.bincount(split.codes[split.codes >= 0], minlength=groups),
    )  # fmt: skip
    for top in listing.tops:
        counts = top.depth > 0
        inside = lists.tops(ranked, split.codes, groups, top.depth)
        top.shares, top.held = inside[counts] / top.depth[counts, None], seen.shares[counts]
    return listing


def add_spread_and_tests(
    each: Listing, scores: np.ndarray, codes: np.ndarray, draws: int, shuffles: int, rng: np.random.Generator
) -> None:
    """Fill in the spread of exposures, the p-values and what chance gives.

    Args:
        each: the groups of some attributes in the lists.
        scores: (N,) finite.
        codes: (N,) the list of each row.
        draws: how many times people are drawn anew.
        shuffles: how many shuffles, or turns of signs.
        rng: the source of chance.
    """
    known = [top for top in each.tops if not top.reason]
    if each.single:
        depth = np.array([int(top.depth[0]) for top in known], dtype=np.int64)
        part = inference.cut_list(scores, each.split.codes, each.groups, depth)
        each.estimate = inference.people_drawn_anew(each.relative[0], part, each.groups, draws, rng)
        if each.comparable:
            one_list = inference.chance_in_one(part, each.groups, depth, shuffles, rng)
            each.usual = one_list.divergence_usual
            each.p = {"exposure": one_list.exposure_p, "divergence": one_list.divergence_p}
            each.p |= {f"top {top.k}": p for top, p in zip(known, one_list.top_p, strict=True)}
        return
    if each.groups and not each.doubt:
        each.estimate = inference.lists_vary(each.relative)
        if each.comparable:
            mixed = chance_divergence(each.split.codes, scores, codes, each.groups, rng)
            each.usual = float(mixed.mean())
            off = {"exposure": np.nan_to_num(each.relative - 1), "divergence": (each.divergence - mixed)[:, None]}
            off |= {f"top {top.k}": top.shares - top.held for top in known}
            for name, values in off.items():
                each.p[name] = inference.flipped_p(values, shuffles, rng, upwards=name == "divergence")


def chance_divergence(
    groups: np.ndarray, scores: np.ndarray, codes: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """(L,) the mean divergence of each list where its groups are shuffled a few times."""
    ranked = lists.rank(scores, codes)
    arrays = [lists.divergences(ranked, lists.shuffled_within(codes, groups, rng), count) for _ in range(SHUFFLES)]
    return np.asarray(np.mean(arrays, axis=0))


def share_interval(top: Top, at: int, level: float = 0.95) -> Interval | None:
    """An interval for one group's share of the top: Wilson in one list, Student over many."""
    if len(top.shares) == 1:
        return stats.wilson(min(top.people, float(top.shares[0, at]) * top.people), top.people, level)
    return stats.student_interval(top.shares[:, at], level)


class Gap(NamedTuple):
    """An interval for the largest gap between top and list."""

    interval: Interval
    low: int | None
    """The position of the group that makes its low end; None where that is 0 for every group."""
    high: int


def gap_interval(top: Top, kept: Sequence[int], level: float = 0.95) -> Gap | None:
    """The interval, from intervals of all groups at once, so that it can reach 0; None where one has no interval.

    Args:
        top: the first places.
        kept: the positions of the groups that are looked at.
        level: the confidence, between 0 and 1.
    """
    each = stats.sidak_level(level, len(kept))
    low, high, lowest, highest = 0.0, 0.0, None, kept[0]
    for at in kept:
        off = top.shares[:, at] - top.held[:, at]
        found = share_interval(top, at, each) if len(off) == 1 else stats.student_interval(off, each)
        if found is None or found.low is None or found.high is None:
            return None
        still = float(top.held[0, at]) if len(off) == 1 else 0.0
        least, most = max(found.low - still, still - found.high), max(abs(found.low - still), abs(found.high - still))
        if least > low:
            low, lowest = least, at
        if most > high:
            high, highest = most, at
    how = "Wilson" if len(top.shares) == 1 else "Student over lists"
    interval = Interval(low=low, high=min(1.0, high), level=level, method=f"{how}, all groups at once (Šidák)")
    return Gap(interval, lowest, highest)


def _column(data: AuditData, query: str) -> object:
    return next(name for name in data.inputs.columns if str(name) == query)
