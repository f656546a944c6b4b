"""How many more rows would decide."""

import math

from auditkit.errors import present
from auditkit.judge.bounds import ends, inside
from auditkit.results import Limit, Measurement, pairs

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
