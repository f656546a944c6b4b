"""Intervals for one proportion, and for the difference and the ratio of two independent ones."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
import scipy

from auditkit.results import Interval

Numbers: TypeAlias = float | np.ndarray
"""One number, or an array of them; arrays of different shapes are broadcast."""

STEPS = 38
"""Halvings of the bracket in which a score interval's end lies: right to nine digits."""


class Bounds(NamedTuple):
    """The two ends of intervals, as arrays of one shape; infinite where an end is unbounded, NaN where undefined."""

    low: np.ndarray
    high: np.ndarray


def wilson(successes: float, n: float, level: float = 0.95) -> Interval:
    """The score interval for a share of `successes` in `n` independent rows, between 0 and 1.

    Weighted rows: pass the effective number of rows as `n` (see `effective_size`) and the weighted share times it.

    Args:
        successes: between 0 and `n`; need not be whole.
        n: above 0.
        level: the confidence, between 0 and 1.

    Raises:
        ValueError: `n` is not above 0, or `successes` lies outside 0 to `n`.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
    """
    _check_counts(successes, n)
    low, high = wilson_bounds(successes, n, level)
    return Interval(low=float(low), high=float(high), level=level, method="Wilson")


def wilson_bounds(successes: Numbers, n: Numbers, level: float = 0.95) -> Bounds:
    """`wilson` for arrays; NaN where `n` is 0."""
    z = critical(level)
    x, n = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = x / n
        centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # at 0 and at 1 the formula's end is the bound itself, give or take a rounding
    low = np.where(x <= 0, 0.0, np.clip(centre - half, 0, 1))
    high = np.where(x >= n, 1.0, np.clip(centre + half, 0, 1))
    empty = ~(n > 0)
    return Bounds(np.where(empty, np.nan, low), np.where(empty, np.nan, high))


def clopper_pearson(successes: float, n: float, level: float = 0.95) -> Interval:
    """The exact (never too narrow) interval for a share of `successes` in `n` independent rows.

    Args:
        successes: between 0 and `n`.
        n: above 0.
        level: the confidence, between 0 and 1.

    Raises:
        ValueError: `n` is not above 0, or `successes` lies outside 0 to `n`.

    Source: Clopper and Pearson (1934), The use of confidence or fiducial limits, Biometrika 26.
    """
    _check_counts(successes, n)
    tail = (1 - level) / 2
    # the beta law has no parameter 0: at no success, and at successes only, the end is that of the scale
    low = scipy.special.betaincinv(successes, n - successes + 1, tail) if successes > 0 else 0.0
    high = scipy.special.betaincinv(successes + 1, n - successes, 1 - tail) if successes < n else 1.0
    return Interval(low=float(low), high=float(high), level=level, method="Clopper-Pearson")


def difference_interval(x1: float, n1: float, x2: float, n2: float, level: float = 0.95) -> Interval:
    """The score interval for x1/n1 - x2/n2; see `score_difference`.

    Raises:
        ValueError: a size is not above 0, or a count lies outside its range.
    """
    _check_counts(x1, n1)
    _check_counts(x2, n2)
    low, high = score_difference(x1, n1, x2, n2, level)
    return Interval(low=float(low), high=float(high), level=level, method="Miettinen-Nurminen score")


def ratio_interval(x1: float, n1: float, x2: float, n2: float, level: float = 0.95) -> Interval | None:
    """The score interval for (x1/n1) / (x2/n2); None where both counts are 0. See `score_ratio`.

    Raises:
        ValueError: a size is not above 0, or a count lies outside its range.
    """
    _check_counts(x1, n1)
    _check_counts(x2, n2)
    if x1 == 0 and x2 == 0:
        return None
    low, high = (float(end) for end in score_ratio(x1, n1, x2, n2, level))
    return Interval(
        low=low, high=high if np.isfinite(high) else None, level=level, method="Miettinen-Nurminen score"
    )  # fmt: skip


def score_difference(x1: Numbers, n1: Numbers, x2: Numbers, n2: Numbers, level: float = 0.95) -> Bounds:
    """Score intervals for the difference of two independent proportions, x1/n1 - x2/n2, between -1 and 1.

    The set of differences that the score test does not reject, with the factor N / (N - 1) on the variance.

    Args:
        x1: the first count, between 0 and its size; need not be whole.
        n1: its size, above 0.
        x2: the second count, as `x1`.
        n2: its size, above 0.
        level: the confidence, between 0 and 1.

    Source: Miettinen and Nurminen (1985), Comparative analysis of two rates, Statistics in Medicine 4; the constrained
    maximum in closed form as in Farrington and Manning (1990), Statistics in Medicine 9.
    """
    x1, n1, x2, n2 = _arrays(x1, n1, x2, n2)
    observed = x1 / n1 - x2 / n2

    def score(difference: np.ndarray) -> np.ndarray:
        p1, p2 = _constrained_difference(x1, n1, x2, n2, difference)
        spread = p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2
        return _studentized(observed - difference, spread * _unbias(n1 + n2))

    z = critical(level)
    return Bounds(
        falling_root(score, z, np.full(observed.shape, -1.0), observed),
        falling_root(score, -z, observed, np.full(observed.shape, 1.0)),
    )


def score_ratio(x1: Numbers, n1: Numbers, x2: Numbers, n2: Numbers, level: float = 0.95) -> Bounds:
    """Score intervals for the ratio of two independent proportions, (x1/n1) / (x2/n2), between 0 and infinity.

    Args:
        x1: the first count, between 0 and its size; need not be whole. Where both are 0 the ends are NaN.
        n1: its size, above 0.
        x2: the second count, as `x1`.
        n2: its size, above 0.
        level: the confidence, between 0 and 1.

    Source: Miettinen and Nurminen (1985), Comparative analysis of two rates, Statistics in Medicine 4; without the
    factor N / (N - 1) the interval of Koopman (1984), Biometrics 40.
    """
    x1, n1, x2, n2 = _arrays(x1, n1, x2, n2)
    first, second = x1 / n1, x2 / n2
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(first) - np.log(second)
    # the root is sought on the log scale, where both directions are alike; e^40 is beyond any ratio of counts
    far = 40.0
    centre = np.clip(np.nan_to_num(log_ratio, nan=0.0), -far, far)

    def score(log_scale: np.ndarray) -> np.ndarray:
        ratio = np.exp(log_scale)
        p1, p2 = _constrained_ratio(x1, n1, x2, n2, ratio)
        spread = p1 * (1 - p1) / n1 + ratio**2 * p2 * (1 - p2) / n2
        return _studentized(first - ratio * second, spread * _unbias(n1 + n2))

    z = critical(level)
    low = np.exp(falling_root(score, z, np.full(log_ratio.shape, -far), centre))
    high = np.exp(falling_root(score, -z, centre, np.full(log_ratio.shape, far)))
    # at a count of 0 the observed ratio is 0 or infinite: that end is the scale's own, and no root finds it
    nothing = (x1 <= 0) & (x2 <= 0)
    low = np.where(x1 <= 0, 0.0, low)
    high = np.where(x2 <= 0, np.inf, high)
    return Bounds(np.where(nothing, np.nan, low), np.where(nothing, np.nan, high))


def critical(level: float) -> float:
    """How many standard errors a two-sided normal interval of this confidence reaches to each side."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; {level} was given")
    return -float(scipy.special.ndtri((1 - level) / 2))


def _check_counts(successes: float, n: float) -> None:
    if not n > 0:
        raise ValueError(f"n must be above 0; {n} was given. A share of nothing is undefined")
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie between 0 and n = {n}; {successes} was given")


def _arrays(*values: Numbers) -> tuple[np.ndarray, ...]:
    return tuple(np.asarray(array, dtype=float) for array in np.broadcast_arrays(*values))


def _unbias(total: np.ndarray) -> np.ndarray:
    # np.where works out both branches: the maximum only keeps the unused one from dividing by 0
    return np.where(total > 1, total / np.maximum(total - 1, 1e-12), 1.0)


def _studentized(gap: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Gaps in standard errors; infinite where there is a gap and no variance."""
    certain = np.where(gap > 0, np.inf, np.where(gap < 0, -np.inf, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance > 0, gap / np.sqrt(variance), certain)


def falling_root(
    score: Callable[[np.ndarray], np.ndarray], target: float, below: Numbers, above: Numbers, steps: int = STEPS
) -> np.ndarray:
    """Where a falling function crosses `target`, by halving; the bracket's end where it does not.

    Args:
        score: takes and gives arrays of the shape of the bracket's ends.
        target: of the function.
        below: the low ends of the bracket.
        above: the high ends.
        steps: halvings.
    """
    # halving, for Newton's steps leave the bracket where the score is infinite at its end
    low, high = np.asarray(below), np.asarray(above)
    for _ in range(steps):
        middle = (low + high) / 2
        still_above = score(middle) > target
        low = np.where(still_above, middle, low)
        high = np.where(still_above, high, middle)
    return (low + high) / 2


def _constrained_ratio(
    x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray, ratio: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest two proportions whose ratio is `ratio`."""
    a = (n1 + n2) * ratio
    b = -(ratio * (n1 + x2) + x1 + n2)
    c = x1 + x2
    # the smaller root of the quadratic is the one within 0 and 1
    p2 = (-b - np.sqrt(np.maximum(b * b - 4 * a * c, 0))) / (2 * a)
    p2 = np.clip(p2, 0, 1)
    return np.clip(ratio * p2, 0, 1), p2


def _constrained_difference(
    x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray, gap: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest two proportions whose difference is `gap`: the root of a cubic (Farrington and Manning)."""
    theta = n2 / n1
    first, second = x1 / n1, x2 / n2
    a = 1 + theta
    b = -(1 + theta + first + theta * second + gap * (theta + 2))
    c = gap * gap + gap * (2 * first + theta + 1) + first + theta * second
    d = -first * gap * (1 + gap)
    v = b**3 / (3 * a) ** 3 - b * c / (6 * a * a) + d / (2 * a)
    size = np.sqrt(np.maximum((b / (3 * a)) ** 2 - c / (3 * a), 0))
    u = np.where(v >= 0, size, -size)
    # the cubic has three real roots; this branch of the cosine is the one within 0 and 1 (Farrington and Manning 1990)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(size > 0, v / u**3, 0.0)
    w = (np.pi + np.arccos(np.clip(cosine, -1, 1))) / 3
    p1 = 2 * u * np.cos(w) - b / (3 * a)
    p1 = np.clip(p1, np.maximum(0, gap), np.minimum(1, 1 + gap))
    return p1, p1 - gap
