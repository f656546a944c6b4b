"""One measurement under one limit: on which side of the bounds it lies, and how many more rows would decide."""

import math
from collections.abc import Iterable

from auditkit.errors import present
from auditkit.judge.sentences import bounds, interval_ends, show
from auditkit.results import Interval, Judged, Limit, Measurement, VerdictStatus, left_out_text, pairs, whose_text


def judge_measurement(limit: Limit, measurement: Measurement) -> tuple[VerdictStatus, str]:
    """One measurement under one limit: the status and the reason in a sentence.

    Of a disparity that leaves groups out, the end of the interval that holds for all groups can prove that a limit is
    missed, or met; the other end is about the groups that were compared, and can meet it where nobody who is left out
    bars that; then the reason names them. Nobody left out makes anything missed, nor saves it.
    """
    value = measurement.value
    if value is None:
        return "inconclusive", f"there is no number: {measurement.reason}"
    if measurement.validity != "valid":
        return "inconclusive", f"the number is {measurement.validity}: {measurement.reason}"
    interval, by_point = measurement.interval, limit.judge == "point" or measurement.exact
    if interval is None and not by_point:
        return "inconclusive", f"{show(value, limit)} has no interval and is not exact, so it cannot be judged"
    low, high = (value, value) if by_point or interval is None else ends(interval)
    # "at most 0.98 is at least 0.8" shows nothing: such a verdict is about what was compared, and says so
    among = not measurement.exact and _rests_on_compared(limit, measurement, low, high)
    bound = None if among else measurement.bound
    number = f"{bound or ''} {show(value, limit)}{' among what was compared' if among else ''}".lstrip()
    basis = "exact" if measurement.exact else "judged by the point alone"
    if interval is not None and not by_point:
        basis = f"{interval.level:.0%} interval {interval_ends(bound, interval, limit)}"
    sentence = f"{number} ({basis})"
    status, reason = _decide(limit, measurement, low, high)
    named_pair = whose_text(measurement, limit, status)
    return status, f"{sentence} {reason}" if not named_pair else f"{sentence} {reason.removesuffix('.')}; {named_pair}"


def _rests_on_compared(limit: Limit, measurement: Measurement, low: float, high: float) -> bool:
    """Whether an end of a bound decides that does not hold for the groups that are left out."""
    least, most = _ends_for_all(measurement, low, high)
    if measurement.bound is None or outside(least, most, limit) or (inside(least, limit) and inside(most, limit)):
        return False
    return outside(low, high, limit) or (inside(low, limit) and inside(high, limit))


def _ends_for_all(measurement: Measurement, low: float, high: float) -> tuple[float, float]:
    """The ends that hold for all groups; infinite where there is none."""
    return (-math.inf if measurement.bound == "at most" else low), (
        math.inf if measurement.bound == "at least" else high
    )


def _decide(limit: Limit, measurement: Measurement, low: float, high: float) -> tuple[VerdictStatus, str]:
    """The status and what is said of it, from the ends over the groups that were compared."""
    required = bounds(limit)
    least, most = _ends_for_all(measurement, low, high)
    if outside(least, most, limit):
        return "missed", f"is not {required}"
    # after missed: nobody left out saves a number that is proven wrong
    barred = [group for group in measurement.left_out if group.bars]
    if inside(low, limit) and inside(high, limit):
        proven = measurement.bound is not None and inside(least, limit) and inside(most, limit)
        if proven or not barred:
            unseen = "" if proven else left_out_text(measurement.left_out)
            return "met", f"is {required}" + (f", {unseen}" if unseen else "")
        return "inconclusive", f"would be {required}, but what is left out bars that ({left_out_text(barred)})"
    if outside(low, high, limit):
        return "inconclusive", f"is not {required}, but may be with what is left out"
    value = present(measurement.value, "judged only where there is a number")
    side = "on the right side" if inside(value, limit) else "on the wrong side"
    more = "" if measurement.interval is None else f". {more_rows(limit, measurement)}"
    return "inconclusive", f"is across the bound ({required}); the point is {side}{more}"


def inside(value: float, limit: Limit) -> bool:
    """Whether a value is on the right side of every bound."""
    above = limit.at_least is None or value >= limit.at_least
    return above and (limit.at_most is None or value <= limit.at_most)


def outside(low: float, high: float, limit: Limit) -> bool:
    """Whether everything from `low` to `high` is on the wrong side of a bound."""
    above = limit.at_most is not None and low > limit.at_most
    return above or (limit.at_least is not None and high < limit.at_least)


def ends(interval: Interval) -> tuple[float, float]:
    """The two ends; infinite where one is unbounded."""
    # an unbounded end is on the wrong side of every bound, so it can never meet a limit
    low = -math.inf if interval.low is None else interval.low
    high = math.inf if interval.high is None else interval.high
    return low, high


def closest_to_bound(limit: Limit, judged: Iterable[Judged]) -> Measurement:
    """The measurement with the least room to the bound."""

    def room(judgement: Judged) -> float:
        if judgement.measurement.value is None:  # not written
            return math.inf
        low = high = judgement.measurement.value
        if judgement.measurement.interval is not None and limit.judge == "interval" and not judgement.measurement.exact:
            low, high = ends(judgement.measurement.interval)
        room_below = math.inf if limit.at_least is None else low - limit.at_least
        room_above = math.inf if limit.at_most is None else limit.at_most - high
        return min(room_below, room_above)

    return min(judged, key=room).measurement


NEVER = 100
"""Times the present rows beyond which more rows are no way to decide."""


def more_rows(limit: Limit, measurement: Measurement) -> str:
    """About how many more rows would decide: the half width of an interval shrinks with the root of n."""
    value = present(measurement.value, "only measurements with an interval are undecided")
    interval = present(measurement.interval, "only measurements with an interval are undecided")
    if not inside(value, limit):
        return "More rows would rather show that it is missed."
    low, high = ends(interval)
    needed = 0.0
    # each bound by the half of the interval that reaches over it: intervals of rates are not even
    for bound, reached in ((limit.at_least, low), (limit.at_most, high)):
        if bound is None or not (low < bound < high or bound in (low, high)):
            continue
        half, room = abs(value - reached), abs(value - bound)
        if room <= 1e-4 * half:  # a hundred million times the rows
            return "The point is on the bound itself: no number of rows decides."
        if math.isfinite(half):
            needed = max(needed, (half / room) ** 2)
    if measurement.n is None or needed <= 1:
        return "More rows would decide."
    if needed - 1 > NEVER:
        return f"In effect never: more than {NEVER} times the present {measurement.n:,} rows would decide."
    return f"About {two_digits(measurement.n * (needed - 1)):,} more rows{_of_whom(measurement)} would decide."


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
