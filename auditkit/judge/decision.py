"""One measurement under one limit: on which side of the bounds it lies, and how many more rows would decide."""

import math
from collections.abc import Iterable
from typing import Literal

from auditkit.errors import present
from auditkit.judge.sentences import bounds, interval_ends, show
from auditkit.results import (
    POSSIBLE,
    Interval,
    Judged,
    LeftOut,
    Limit,
    Measurement,
    VerdictStatus,
    left_out_text,
    pairs,
    room,
    whose_text,
)


def judge_measurement(limit: Limit, measurement: Measurement) -> tuple[VerdictStatus, str]:
    """One measurement under one limit: the status and the reason in a sentence.

    A disparity that leaves groups out is judged by those that were compared: nobody left out makes anything missed, nor
    saves it. Who is left out can bar a limit from being met alone; then the reason names them.
    """
    value = measurement.value
    if value is None:
        return "inconclusive", f"there is no number: {measurement.reason}"
    if measurement.validity != "valid":
        return "inconclusive", f"the number is {measurement.validity}: {measurement.reason}"
    interval, by_point = measurement.interval, limit.judge == "point" or measurement.exact
    if interval is None and not by_point:
        return "inconclusive", f"{show(value, limit)} has no interval and is not exact, so it cannot be judged"
    bound = bound_to_name(limit, measurement)
    among = " among what was compared" if bound != measurement.bound else ""
    number = f"{bound or ''} {show(value, limit)}{among}".lstrip()
    basis = (
        f"{interval.level:.0%} interval {interval_ends(bound, interval, limit)}"
        if interval is not None and not by_point
        else "exact" if measurement.exact else "judged by the point alone"
    )  # fmt: skip
    sentence = f"{number} ({basis})"
    status, reason = _decide(limit, measurement)
    named_pair = whose_text(measurement, limit, status)
    return status, f"{sentence} {reason}" if not named_pair else f"{sentence} {reason.removesuffix('.')}; {named_pair}"


def bound_to_name(limit: Limit, measurement: Measurement) -> Literal["at least", "at most"] | None:
    """What the number is of that over all groups; None where the verdict is about those that were compared alone."""
    low, high = _ends_compared(limit, measurement)
    # "at most 0.98 is at least 0.8" shows nothing
    least = -math.inf if measurement.bound == "at most" else low
    most = math.inf if measurement.bound == "at least" else high
    if inside(low, limit) and inside(high, limit):
        proven = inside(least, limit) and inside(most, limit) and not _barring(measurement)
    else:
        proven = outside(least, most, limit) or not outside(low, high, limit)
    return measurement.bound if proven else None


def _ends_compared(limit: Limit, measurement: Measurement) -> tuple[float, float]:
    """What is held against the limit: the ends of the interval, or twice the value."""
    value = present(measurement.value, "judged only where there is a number")
    if limit.judge == "point" or measurement.exact or measurement.interval is None:
        return value, value
    return ends(measurement.interval)


def _barring(measurement: Measurement) -> list[LeftOut]:
    return [group for group in measurement.left_out if group.bars]


def _decide(limit: Limit, measurement: Measurement) -> tuple[VerdictStatus, str]:
    """The status and what is said of it."""
    required, (low, high) = bounds(limit), _ends_compared(limit, measurement)
    if outside(low, high, limit):
        return "missed", f"is not {required}"
    barring = left_out_text(_barring(measurement))
    if inside(low, limit) and inside(high, limit):
        if barring:
            return "inconclusive", f"would be {required}, but what is left out bars that ({barring})"
        unseen = left_out_text(measurement.left_out)
        return "met", f"is {required}" + (f", {unseen}" if unseen else "")
    value = present(measurement.value, "judged only where there is a number")
    side = "on the right side" if inside(value, limit) else "on the wrong side"
    more = (
        f", but what is left out bars that it is met ({barring})"
        if barring and inside(value, limit)  # no number of rows lets it be met
        else "" if measurement.interval is None else f". {more_rows(limit, measurement)}"
    )  # fmt: skip
    return "inconclusive", f"is across the bound ({required}); the point is {side}{more}"


def inside(value: float, limit: Limit) -> bool:
    """Whether a value is on the right side of every bound."""
    return room(limit, value, value) >= 0


def outside(low: float, high: float, limit: Limit) -> bool:
    """Whether everything from `low` to `high` is on the wrong side of a bound."""
    # even the end that is nearer to each bound is beyond it
    return room(limit, high, low) < 0


def ends(interval: Interval) -> tuple[float, float]:
    """The two ends; infinite where one is unbounded."""
    # an unbounded end is on the wrong side of every bound, so it can never meet a limit
    low = -math.inf if interval.low is None else interval.low
    high = math.inf if interval.high is None else interval.high
    return low, high


def closest_to_bound(limit: Limit, judged: Iterable[Judged]) -> Judged:
    """The judged measurement with the least room to the bound."""

    def slack(judgement: Judged) -> float:
        written = judgement.measurement
        return math.inf if written.value is None else room(limit, *_ends_compared(limit, written))

    return min(judged, key=slack)


NEVER = 100
"""Times the present rows beyond which more rows are no way to decide."""


def more_rows(limit: Limit, measurement: Measurement) -> str:
    """About how many more rows would decide: the half width of an interval shrinks with the root of n."""
    value = present(measurement.value, "only measurements with an interval are undecided")
    interval = present(measurement.interval, "only measurements with an interval are undecided")
    if interval.method.startswith(POSSIBLE):
        return "What is not known is in the way, and more rows like these would hardly change that."
    if not inside(value, limit):
        return "More rows would rather show that it is missed."
    low, high = ends(interval)
    needed = 0.0
    # each bound by the half of the interval that reaches over it: intervals of rates are not even
    for bound, reached in ((limit.at_least, low), (limit.at_most, high)):
        if bound is None or not (low < bound < high or bound in (low, high)):
            continue
        half, left = abs(value - reached), abs(value - bound)
        if left <= 1e-4 * half:  # a hundred million times the rows
            return "The point is on the bound itself: no number of rows decides."
        if math.isfinite(half):
            needed = max(needed, (half / left) ** 2)
    if measurement.n is None or needed <= 1:
        return "More rows would decide."
    # rows of one unit tell little beside the first, so that more units are asked for
    present_size, counted = (measurement.n, "rows") if measurement.units is None else (measurement.units, "units")
    if needed - 1 > NEVER:
        return f"In effect never: more than {NEVER} times the present {present_size:,} {counted} would decide."
    return f"About {two_digits(present_size * (needed - 1)):,} more {counted}{_of_whom(measurement)} would decide."


def two_digits(value: float) -> int:
    """A number above 0, rounded up to two significant digits: 69,567 is 70,000."""
    if value <= 10:
        return max(1, math.ceil(value))
    unit = 10 ** (math.floor(math.log10(value)) - 1)
    # rounded first: 70000 / 1000 can be a rounding above 70, which would give 71
    return math.ceil(round(value / unit, 6)) * unit


def _of_whom(measurement: Measurement) -> str:
    if measurement.slice:
        return f" of {pairs(measurement.slice)}"
    return f" over {', '.join(measurement.across)}" if measurement.across else ""
