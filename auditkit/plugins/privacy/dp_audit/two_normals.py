"""Epsilon between two normals of different spread, from their hockey-stick divergence."""

import numpy as np
import scipy

HALVINGS = 60
FLAT = 1e-9
CERTAIN = 1e6
"""Stands for an epsilon without bound."""


def normal_epsilon(gap: np.ndarray, present: np.ndarray, absent: np.ndarray, delta: float) -> np.ndarray:
    """The epsilon at `delta` of N(gap, present^2) against N(0, absent^2), the larger of both directions.

    Args:
        gap: (...) distance of the means.
        present: (...) standard deviation of the first, above 0.
        absent: (...) that of the second, above 0.
        delta: above 0, under 1.

    Returns:
        (...) 0 to `CERTAIN`.

    Source: Agrawal et al. (2026), Let's Ask Gauss: Improved One-Run Privacy Auditing, arXiv:2606.12733.
    """
    gap, present, absent = np.broadcast_arrays(*(np.asarray(part, float) for part in (gap, present, absent)))
    low, high = np.zeros(gap.shape), np.ones(gap.shape)

    def too_small(epsilon: np.ndarray) -> np.ndarray:
        there = hockey_stick(epsilon, gap, present, absent)
        return np.asarray(np.maximum(there, hockey_stick(epsilon, gap, absent, present)) > delta)

    above = too_small(high)
    while (above & (high < CERTAIN)).any():
        low, high = np.where(above, high, low), np.where(above, 2 * high, high)
        above = too_small(high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = too_small(middle)
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    # of what is 0 already the halving comes to nearly 0
    return np.where(too_small(np.zeros(gap.shape)), np.minimum(high, CERTAIN), 0.0)


def hockey_stick(epsilon: np.ndarray, gap: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The integral of (density of N(gap, first^2) - e^epsilon density of N(0, second^2))+.

    The log ratio of the densities is a parabola, so it exceeds epsilon outside of two points where the first is the
    wider, between them where it is the narrower, and beyond one where they are alike.
    """
    # in units of the second; the log ratio is a z^2 + b z + c, and a is never 0: the other point is then far away
    mean, spread = gap / second, first / second
    a = 0.5 - 0.5 / spread**2
    a = np.where(np.abs(a) < FLAT, FLAT, a)
    b = mean / spread**2
    c = -(mean**2) / (2 * spread**2) - np.log(spread) - epsilon
    square = b**2 - 4 * a * c
    with np.errstate(all="ignore"):
        # the larger sum first, so that nothing is lost where b is nearly the root
        half = -(b + np.copysign(np.sqrt(np.maximum(square, 0)), b)) / 2
        ends = np.sort(np.stack([half / a, np.where(half == 0, 0.0, c / half)]), axis=0)
        of_first, of_second = (_mass((ends - centre) / width, a > 0) for centre, width in ((mean, spread), (0.0, 1.0)))
        excess = of_first - np.exp(np.minimum(epsilon + np.log(of_second), 0))
    # a parabola that crosses nowhere is above everywhere, where it opens upwards, or nowhere
    return np.clip(np.where(square > 0, excess, np.where(a > 0, -np.expm1(np.minimum(epsilon, 1)), 0)), 0, 1)


def _mass(ends: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Of the standard normal, between two points or outside of them."""
    (low, high), normal = ends, scipy.special.ndtr
    # between two points in one tail, the difference of that tail
    between = np.where(low > 0, normal(-low) - normal(-high), normal(high) - normal(low))
    return np.asarray(np.where(outside, normal(low) + normal(-high), between))
