"""A criterion held over the groups of some attributes: value, interval, test and power, from counts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.groups.measures import GroupShares


@dataclass
class Compared:
    """One criterion over the groups of one set of attributes."""

    criterion: str
    across: tuple[str, ...]
    parts: list[stats.Shares] = field(default_factory=list)
    """One for each rate of the criterion: the groups that can be compared."""
    rows: int = 0
    """People in the groups compared, in the larger denominator."""
    unassessed: list[str] = field(default_factory=list)
    """Groups, with the reason, that could have been assessed and were not: the disparity is inconclusive."""
    hidden: list[str] = field(default_factory=list)
    """Groups, with the reason, that are too small to say anything about."""
    shuffled: np.ndarray | None = None
    """The largest differences, in standard errors, among shuffled groups."""
    p: float | None = None
    p_adjusted: float | None = None

    @property
    def comparable(self) -> bool:
        """Whether every rate of the criterion has two groups or more."""
        return bool(self.parts) and all(len(part.sizes) > 1 for part in self.parts)


def compare(
    criterion: str,
    across: tuple[str, ...],
    names: Sequence[str],
    rates: Sequence[tuple[str, GroupShares]],
    hidden: Sequence[str | None],
    minimum: int,
) -> Compared:
    """Which groups can be compared, and their counts.

    Args:
        criterion: its name.
        across: the attributes.
        names: K groups.
        rates: for each rate of the criterion, what its denominator counts and the shares of the K groups.
        hidden: why each of the K groups may not be shown; None where it may.
        minimum: the smallest denominator.
    """
    found = Compared(criterion, across)
    for of, share in rates:
        usable = np.array([reason is None for reason in hidden]) & (share.rows >= max(1, minimum))
        found.parts.append(stats.Shares(share.successes[usable], share.sizes[usable]))
        found.rows = max(found.rows, int(share.rows[usable].sum()))
        for name, reason, rows in zip(names, hidden, share.rows, strict=True):
            if reason is None and rows < max(1, minimum):
                found.unassessed.append(f"{name} ({undefined(int(rows), of, minimum)})")
    found.hidden = [f"{name} ({reason})" for name, reason in zip(names, hidden, strict=True) if reason is not None]
    return found


def undefined(rows: int, of: str, minimum: int) -> str:
    """Why a rate of a group that may be shown has no value."""
    return f"no {of}" if rows == 0 else f"fewer than {minimum} {of}"


def add_p_values(compared: Sequence[Compared], draws: int, rng: np.random.Generator) -> None:
    """Fill in the p-values, raw and adjusted by Holm over everything that was compared."""
    testable = [each for each in compared if each.comparable]
    for each in testable:
        each.shuffled = stats.shuffled_z(each.parts, draws, rng)
        each.p = stats.permutation_p(stats.largest_z(each.parts), each.shuffled)
    adjusted = stats.holm([each.p for each in testable if each.p is not None])
    for each, p in zip(testable, adjusted, strict=True):
        each.p_adjusted = float(p)


def detectable(parts: Sequence[stats.Shares], tests: int, level: float = 0.95) -> float | None:
    """The gap between the two smallest groups that would be found 8 times in 10, after adjusting for `tests` tests.

    The gap of any other two groups is found more often. For several rates: the larger of their gaps, so that it
    would be found in whichever rate it is.
    """
    pairs = sum(len(part.sizes) * (len(part.sizes) - 1) // 2 for part in parts)
    alpha = (1 - stats.sidak_level(level, pairs)) / max(1, tests)
    gaps = []
    for part in parts:
        n1, n2 = (float(size) for size in np.sort(part.sizes)[:2])
        gaps.append(stats.detectable_gap(common_rate(part), n1, n2, alpha))
    known = [gap for gap in gaps if gap is not None]
    return max(known) if len(known) == len(gaps) else None


def detectable_ratio(parts: Sequence[stats.Shares], gap: float | None) -> float | None:
    """The ratio of the two rates that lie `gap` apart, in the part where it is smaller; None without a gap."""
    if gap is None:
        return None
    ratios = []
    for part in parts:
        n1, n2 = (float(size) for size in np.sort(part.sizes)[:2])
        high, low = stats.apart(common_rate(part), n1, n2, gap)
        ratios.append(float(low / high))
    return min(ratios)


def common_rate(part: stats.Shares) -> float:
    """The share over all groups together."""
    return float(part.successes.sum() / part.sizes.sum())
