"""Of very many groups, the pair that lies farthest apart in standard errors, without looking at every pair."""

import numpy as np

from auditkit.stats.resampling import chunks

STEPS = 4
"""Times that a better pair is looked for; each time far fewer pairs are left, and the result never depends on it."""
SLACK = 1e-9
"""Pairs that are this little short of being the largest are looked at too, as sums are rounded."""


def largest_z_of_one(values: np.ndarray, variances: np.ndarray, speck: float = 0.0) -> float:
    """The largest difference of two of K numbers in standard errors; infinite where two differ and neither varies.

    The root of a sum of squares is at least the sum over the root of 2. So with c = z / √2 a pair is z apart only where
    the one number less c of its errors reaches the other plus c of its errors, and most groups are in no such pair.

    Args:
        values: (K,) finite.
        variances: (K,) their squared standard errors, finite.
        speck: differences and standard errors up to this are roundings, and count as none.
    """
    errors = np.sqrt(variances)
    errors[errors <= speck] = 0.0
    slack = SLACK * speck + 1e-3 * SLACK * float(np.abs(values).max())
    low, high, z = values, values, 0.0
    for _ in range(STEPS):
        lower, higher = np.atleast_1d(low.argmin()), np.atleast_1d(high.argmax())
        z = max(z, _largest(values, variances, lower, higher, speck))
        if np.isinf(z):
            return z
        reach = z * (1 - SLACK) / np.sqrt(2) * errors
        low, high = values + reach, values - reach
    lower = np.flatnonzero(low <= high.max() + slack)
    higher = np.flatnonzero(high >= low.min() - slack)
    start = 0
    for count in chunks(len(lower), len(higher)):
        z = max(z, _largest(values, variances, lower[start : start + count], higher, speck))
        start += count
    return z


def _largest(values: np.ndarray, variances: np.ndarray, lower: np.ndarray, higher: np.ndarray, speck: float) -> float:
    """The largest over the pairs of one of `lower` and one of `higher`."""
    gap = np.abs(values[higher] - values[lower, None])
    error = np.sqrt(variances[higher] + variances[lower, None])
    apart = np.divide(gap, error, out=np.where(gap > speck, np.inf, 0.0), where=error > speck)
    return float(apart.max(initial=0.0))
