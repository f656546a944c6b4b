"""A slice against the rest, on rows that had no part in finding it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats as laws

from auditkit import stats
from auditkit.results import Interval


class Gap(NamedTuple):
    """The mean error of a slice, of the rest, and their difference."""

    inside: float
    outside: float
    inside_interval: Interval | None
    interval: Interval | None
    """For inside - outside."""
    p: float | None
    """That the slice is no different from the rest; None where nothing varies."""
    method: str
    detectable: float | None
    n: int


def compare(
    errors: np.ndarray, mask: np.ndarray, weights: np.ndarray | None, share: bool, slices: int, whole: bool = True
) -> Gap:
    """The slice against the rest, with intervals that hold for all of `slices` slices at once.

    Shares: Wilson, the score interval of the difference, and Fisher's exact test (twice its smaller tail), with weights
    the score test; all for Kish's effective number of rows. Numbers: Welch's interval and test, linearised for weights.

    Args:
        errors: (N,).
        mask: (N,) bool: the slice; some rows are inside and some outside.
        weights: (N,), or None.
        share: whether the errors are 0 or 1.
        slices: how many slices are reported.
        whole: False: for shares the means and the p-value alone, which is a hundred times faster.

    Source: Miettinen and Nurminen (1985), Statistics in Medicine 4; Fisher (1935); Welch (1947), Biometrika 34; Šidák
    (1967), JASA 62.
    """
    level = stats.sidak_level(0.95, slices)
    sides = [(errors[rows], None if weights is None else weights[rows]) for rows in (mask, ~mask)]
    means = [stats.weighted_mean(*side) for side in sides]
    together = f"simultaneous for {slices} slices (Šidák)" if slices > 1 else "one slice"
    if not share:
        return _numbers(sides, means, level, together, slices)
    n1, n2 = (float(len(own) if weight is None else stats.effective_size(weight)) for own, weight in sides)
    x1, x2 = min(n1, means[0] * n1), min(n2, means[1] * n2)
    method = "Fisher's exact test, two-sided by doubling" if weights is None else "score test, effective rows"
    p = _fisher(x1, n1, x2, n2) if weights is None else _score(x1, n1, x2, n2)
    if not whole:
        return Gap(means[0], means[1], None, None, p, method, None, int(mask.sum()))
    rate = (x1 + x2) / (n1 + n2)
    return Gap(
        means[0], means[1],
        _named(stats.wilson(x1, n1, level), f"Wilson, {together}"),
        _named(stats.difference_interval(x1, n1, x2, n2, level), f"Miettinen-Nurminen score, {together}"),
        p, method, stats.detectable_gap(rate, n1, n2, 0.05 / slices), int(mask.sum()),
    )  # fmt: skip


def _named(interval: Interval, method: str) -> Interval:
    return interval.model_copy(update={"level": 0.95, "method": method})


def _fisher(x1: float, n1: float, x2: float, n2: float) -> float:
    bad, n, good = round(x1), round(n1), (round(n1 + n2), round(x1 + x2))
    more, less = laws.hypergeom.sf(bad - 1, *good, n), laws.hypergeom.cdf(bad, *good, n)
    return float(min(1.0, 2 * min(more, less)))


def _score(x1: float, n1: float, x2: float, n2: float) -> float:
    pooled = (x1 + x2) / (n1 + n2)
    error = float(np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2)))
    return float(2 * laws.norm.sf(abs(x1 / n1 - x2 / n2) / error)) if error > 0 else 1.0


def _numbers(
    sides: Sequence[tuple[np.ndarray, np.ndarray | None]],
    means: Sequence[float],
    level: float,
    together: str,
    slices: int,
) -> Gap:
    spreads = [_squared_error(*side, mean) for side, mean in zip(sides, means, strict=True)]
    sizes = [len(own) for own, _ in sides]
    own = stats.student_interval(sides[0][0], level, sides[0][1])
    inside = None if own is None else _named(own, f"{own.method}, {together}")
    variance = sum(spreads)
    if min(sizes) < 2 or variance <= 0:
        return Gap(means[0], means[1], inside, None, None, "Welch", None, sizes[0])
    freedom = variance**2 / sum(spread**2 / (size - 1) for spread, size in zip(spreads, sizes, strict=True))
    error, gap = float(np.sqrt(variance)), means[0] - means[1]
    half = float(laws.t.ppf(0.5 + level / 2, freedom)) * error
    interval = Interval(low=gap - half, high=gap + half, method=f"Welch, {together}")
    detectable = (stats.critical(1 - 0.05 / slices) + float(laws.norm.ppf(0.8))) * error
    p = float(2 * laws.t.sf(abs(gap) / error, freedom))
    return Gap(means[0], means[1], inside, interval, p, "Welch's t-test", detectable, sizes[0])


def _squared_error(values: np.ndarray, weights: np.ndarray | None, mean: float) -> float:
    """The squared standard error of a mean."""
    n = len(values)
    shares = np.full(n, 1 / n) if weights is None else weights / weights.sum()
    return float(n / max(1, n - 1) * np.sum((shares * (values - mean)) ** 2))
