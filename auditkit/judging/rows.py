"""How many more rows would decide."""

from __future__ import annotations

import math

from auditkit.judging.sides import ends, inside
from auditkit.results import Limit, Measurement, pairs


def more_rows(limit: Limit, each: Measurement) -> str:
    """About how many more rows would decide: the half width of an interval shrinks with the root of n."""
    assert each.value is not None and each.interval is not None  # only such measurements get here
    value, n = each.value, each.n
    low, high = ends(each.interval)
    needed = 0.0
    for bound, reached in ((limit.at_least, low), (limit.at_most, high)):
        if bound is None:
            continue
        wrong = not inside(value, limit)
        half = abs(value - (high if wrong and bound == limit.at_least else low if wrong else reached))
        crosses = low < bound < high or bound in (low, high)
        if crosses and abs(value - bound) < 1e-4 * half:  # a hundred million times the rows
            return "The point is on the bound itself: no number of rows decides."
        if crosses and math.isfinite(half):
            needed = max(needed, (half / abs(value - bound)) ** 2)
    if n is None or needed <= 1:
        return "More rows would decide."
    of = f" of {pairs(each.slice)}" if each.slice else f" over {', '.join(each.across)}" if each.across else ""
    return f"About {math.ceil(n * (needed - 1)):,} more rows{of} would decide."
