"""A given interval at a higher level, worked out from the interval itself."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from auditkit.errors import present
from auditkit.results import Interval
from auditkit.stats.proportions import clopper_pearson, critical, wilson_bounds

HEAVY = 5
"""Degrees of freedom of the law that stands in where the interval's own cannot be had; its tails are heavy."""
CLOSE = 1e-6
"""How near an interval that is worked out anew must come to the one that was given."""


def widened(interval: Interval, value: float, n: int | None, level: float) -> Interval:
    """The interval for `value` with confidence `level`, by the method that made it.

    Wilson's interval tells how many (effective) rows it was made from, Clopper and Pearson's is made again from value
    and n, and Student's is widened with n - 1 degrees of freedom. For every other method the ends move away from the
    value as those of Student's law with 5 degrees of freedom do, which is further than under the normal law, and the
    upper end of a positive interval on the logarithmic scale, which is further still.

    Args:
        interval: around `value`; an end that is None stays so.
        value: the number.
        n: its rows, where they are known.
        level: above that of the interval; the interval comes back where it is not.

    Source: Wilson (1927), JASA 22, solved for n; Clopper and Pearson (1934), Biometrika 26; Student (1908),
    Biometrika 6.
    """
    if level <= interval.level:
        return interval
    again = _from_counts(interval, value, n, level)
    if again is not None:
        return again
    known = interval.method.startswith("Student t") and n is not None and n > 1
    freedom = n - 1 if known and n is not None else HEAVY
    factor = float(special.stdtrit(freedom, 0.5 + level / 2) / special.stdtrit(freedom, 0.5 + interval.level / 2))
    low = None if interval.low is None else value - (value - interval.low) * factor
    high = None if interval.high is None else value + (interval.high - value) * factor
    if not known and interval.high is not None and value > 0 and interval.high > value:
        high = max(high or 0.0, value * (interval.high / value) ** factor)
    method = (
        interval.method if known else f"{interval.method}, widened as Student's law with {HEAVY} degrees of freedom"
    )
    return interval.model_copy(update={"low": low, "high": high, "level": level, "method": method})


def _from_counts(interval: Interval, value: float, n: int | None, level: float) -> Interval | None:
    """A Wilson or Clopper-Pearson interval made again; None where it is neither."""
    if interval.low is None or interval.high is None or not 0 <= value <= 1:
        return None
    if interval.method.startswith("Wilson"):
        size = _wilson_size(interval, value)
        if size is not None and _same(wilson_bounds(value * size, size, interval.level), interval):
            low, high = wilson_bounds(value * size, size, level)
            return interval.model_copy(update={"low": float(low), "high": float(high), "level": level})
    if interval.method.startswith("Clopper-Pearson") and n:
        given = clopper_pearson(value * n, n, interval.level)
        if _same((given.low, given.high), interval):
            wide = clopper_pearson(value * n, n, level)
            return interval.model_copy(update={"low": wide.low, "high": wide.high, "level": level})
    return None


def _wilson_size(interval: Interval, value: float) -> float | None:
    """The rows from which Wilson's interval was made: its half width h solves h^2 (1 + a)^2 = a p (1 - p) + a^2 / 4."""
    low = present(interval.low, "looked at before")
    high = present(interval.high, "looked at before")
    square = ((high - low) / 2) ** 2
    roots = np.roots([square - 0.25, 2 * square - value * (1 - value), square])
    size = [critical(interval.level) ** 2 / root.real for root in roots if abs(root.imag) < CLOSE and root.real > 0]
    return min(
        size, key=lambda rows: _distance(wilson_bounds(value * rows, rows, interval.level), interval), default=None
    )


def _same(bounds: tuple[object, object], interval: Interval) -> bool:
    return _distance(bounds, interval) < CLOSE


def _distance(bounds: tuple[object, object], interval: Interval) -> float:
    interval_low = present(interval.low, "looked at before")
    interval_high = present(interval.high, "looked at before")
    low, high = (float(end) for end in bounds)  # type: ignore[arg-type]
    return math.inf if math.isnan(low) else max(abs(low - interval_low), abs(high - interval_high))
