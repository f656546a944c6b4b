"""One measurement under one limit."""

import math

from auditkit.errors import present
from auditkit.judge.bounds import ends, inside, outside
from auditkit.judge.more_rows import more_rows
from auditkit.judge.sentences import bounds, interval_ends, show
from auditkit.results import Limit, Measurement, VerdictStatus, left_out_text, whose_text


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
