"""A confidence interval for one proportion that holds at every number of samples at once.

A count may be looked at as often as one likes, and sampling may stop for any reason: with probability at least
1 - alpha the proportion lies in the interval at all times. Robbins (1970), Statistical methods related to the law of
the iterated logarithm, Ann. Math. Stat. 41; Howard, Ramdas, McAuliffe and Sekhon (2021), Time-uniform, nonparametric,
nonasymptotic confidence sequences, Ann. Statist. 49, arXiv:1810.08240.
"""

import numpy as np
from scipy import special

PRIOR = (1.0, 0.5)
"""The weights of the Beta mixture: more of it near 1, where a proportion must lie to certify much. Any choice is
valid; it decides only where the interval is short."""
STEPS = 60
"""Halvings of the bracket of an end."""


def lower(successes: np.ndarray, n: np.ndarray, alpha: float, prior: tuple[float, float] = PRIOR) -> np.ndarray:
    """The lower end of the interval, between 0 and successes / n.

    The likelihood of the data under a Beta mixture of proportions, over that under the true one, is a martingale of
    mean 1: by Ville's inequality it ever reaches 1 / alpha with probability alpha at most. The interval is the set of
    proportions at which it has not. At a fixed n its lower end never exceeds that of Clopper and Pearson's one-sided
    interval.

    Args:
        successes: (N,) whole numbers from 0 to `n`.
        n: (N,) samples so far, at least 1.
        alpha: the chance that the interval is ever wrong, at either end, between 0 and 1.
        prior: the parameters of the Beta mixture.
    """
    s, n = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(n, dtype=float))
    a, b = prior
    # in logarithms: the likelihood of thousands of copies is no float
    log_mixture = special.betaln(a + s, b + n - s) - special.betaln(a, b)

    def log_ratio(proportions: np.ndarray) -> np.ndarray:
        return np.asarray(log_mixture - special.xlogy(s, proportions) - special.xlog1py(n - s, -proportions))

    # the logarithm falls up to s / n, so one halving finds the end; the rejected side of the bracket is kept
    low, high = np.zeros(s.shape), s / n
    for _ in range(STEPS):
        middle = (low + high) / 2
        rejected = log_ratio(middle) >= -np.log(alpha)
        low, high = np.where(rejected, middle, low), np.where(rejected, high, middle)
    return np.where(s > 0, low, 0.0)


def upper(successes: np.ndarray, n: np.ndarray, alpha: float, prior: tuple[float, float] = PRIOR) -> np.ndarray:
    """The upper end of the same interval: one `alpha` pays for both ends."""
    return 1 - lower(np.asarray(n) - np.asarray(successes), n, alpha, (prior[1], prior[0]))
