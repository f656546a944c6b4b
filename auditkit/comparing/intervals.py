"""The interval of a change, from the intervals of two numbers that were measured apart."""

from __future__ import annotations

import math

from auditkit.comparing.records import Known
from auditkit.results import Interval

METHOD = "MOVER, from the two intervals as if they were independent"


def change_interval(old: Known, new: Known) -> Interval | None:
    """An interval for new - old of two numbers that were estimated from different rows.

    With values a, b and intervals (l, u), its ends are (b - a) -/+ the root of the sum of the squared distances of each
    value to the end that pulls the same way. For two shares with Wilson's interval this is Newcombe's. On the same
    rows, where errors go together, it is wider than a paired one.

    Args:
        old: the earlier number; an exact one has no error of its own.
        new: the later number.

    Returns:
        None where one has neither an interval nor is exact, the levels differ, or an interval does not hold its value.

    Source: Newcombe (1998), Interval estimation for the difference between independent proportions, Statistics in
    Medicine 17, method 10; Zou and Donner (2008), Construction of confidence limits about effect measures, Statistics
    in Medicine 27.
    """
    if not (old.exact or old.interval) or not (new.exact or new.interval):
        return None
    levels = {each.interval.level for each in (old, new) if each.interval and not each.exact}
    if len(levels) != 1 or not _holds(old) or not _holds(new):
        return None
    change = new.value - old.value
    low, high = _below(new, old), _below(old, new)
    return Interval(
        low=None if low is None else change - low, high=None if high is None else change + high, level=levels.pop(),
        method=METHOD,
    )  # fmt: skip


def _below(first: Known, second: Known) -> float | None:
    """How far first - second may lie below what was seen; None where that is unbounded."""
    ends = first.value if first.exact or first.interval is None else first.interval.low
    tops = second.value if second.exact or second.interval is None else second.interval.high
    return None if ends is None or tops is None else math.hypot(first.value - ends, tops - second.value)


def _holds(known: Known) -> bool:
    if known.exact or known.interval is None:
        return True
    low, high = known.interval.low, known.interval.high
    return (low is None or low <= known.value) and (high is None or known.value <= high)
