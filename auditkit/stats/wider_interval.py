"""A given interval at a higher level, worked out from the interval itself."""

import math

import numpy as np
import scipy

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
    recomputed = _from_counts(interval, value, n, level)
    if recomputed is not None:
        return recomputed
    is_student = interval.method.startswith("Student t") and n is not None and n > 1
    freedom = n - 1 if is_student and n is not None else HEAVY
    factor = float(
        scipy.special.stdtrit(freedom, 0.5 + level / 2) / scipy.special.stdtrit(freedom, 0.5 + interval.level / 2)
    )
    low = None if interval.low is None else value - (value - interval.low) * factor
    high = None if interval.high is None else value + (interval.high - value) * factor
    if not is_student and interval.high is not None and value > 0 and interval.high > value:
        # a ratio's law is skewed: on its own scale the upper end moves too little
        high = max(high or 0.0, value * (interval.high / value) ** factor)
    law = "" if is_student else f", widened as Student's law with {HEAVY} degrees of freedom"
    return interval.model_copy(update={"low": low, "high": high, "level": level, "method": f"{interval.method}{law}"})


def _from_counts(interval: Interval, value: float, n: int | None, level: float) -> Interval | None:
    """A Wilson or Clopper-Pearson interval made again; None where it is neither."""
    if interval.low is None or interval.high is None or not 0 <= value <= 1:
        return None
    ends = (interval.low, interval.high)
    # the name of the method alone is no proof: an interval may have been clipped or moved since, so it is made again
    # at its own level first, and taken only where that gives the same ends
    if interval.method.startswith("Wilson"):
        size = _wilson_size(ends, value, interval.level)
        if size is not None and _distance(wilson_bounds(value * size, size, interval.level), ends) < CLOSE:
            low, high = wilson_bounds(value * size, size, level)
            return interval.model_copy(update={"low": float(low), "high": float(high), "level": level})
    if interval.method.startswith("Clopper-Pearson") and n:
        narrow, wide = (clopper_pearson(value * n, n, confidence) for confidence in (interval.level, level))
        if _distance((narrow.low, narrow.high), ends) < CLOSE:
            return interval.model_copy(update={"low": wide.low, "high": wide.high, "level": level})
    return None


def _wilson_size(ends: tuple[float, float], value: float, level: float) -> float | None:
    """The rows from which Wilson's interval was made: its half width h solves h^2 (1 + a)^2 = a p (1 - p) + a^2 / 4."""
    square = ((ends[1] - ends[0]) / 2) ** 2
    roots = np.roots([square - 0.25, 2 * square - value * (1 - value), square])
    sizes = [critical(level) ** 2 / root.real for root in roots if abs(root.imag) < CLOSE and root.real > 0]
    # both roots can be positive, and the half width does not tell them apart: the centre does
    return min(sizes, key=lambda rows: _distance(wilson_bounds(value * rows, rows, level), ends), default=None)


def _distance(bounds: tuple[object, object], ends: tuple[float, float]) -> float:
    low, high = (float(end) for end in bounds)  # type: ignore[arg-type]
    return math.inf if math.isnan(low) else max(abs(low - ends[0]), abs(high - ends[1]))
