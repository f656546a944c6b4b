"""Search in one half of the rows; in the other, which had no part in finding them, each slice against the rest."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import scipy

from auditkit import stats
from auditkit.plugins.fairness.slices.outcomes import Errors
from auditkit.plugins.fairness.slices.parameters import Parameters
from auditkit.plugins.fairness.slices.search import Slice, Space, members, top_slices
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


def compare(errors: Errors, mask: np.ndarray, slices: int, with_intervals: bool = True) -> Gap:
    """The slice against the rest, with intervals that hold for all of `slices` slices at once.

    Shares: Wilson, the score interval of the difference, and Fisher's exact test (twice its smaller tail), with weights
    the score test; all for Kish's effective number of rows. Numbers: Welch's interval and test, linearised for weights.
    Of rows in units, for as many rows as are independent, and by the jackknife over units.

    Args:
        errors: of N rows.
        mask: (N,) bool: the slice; some rows are inside and some outside.
        slices: how many slices are reported.
        with_intervals: False: for shares the means and the p-value alone, which is a hundred times faster.

    Source: Miettinen and Nurminen (1985), Statistics in Medicine 4; Fisher (1935); Welch (1947), Biometrika 34; Šidák
    (1967), JASA 62.
    """
    level = stats.sidak_level(0.95, slices)
    sides = [errors.take(rows) for rows in (mask, ~mask)]
    means = [stats.weighted_mean(side.values, side.weights) for side in sides]
    together = f"simultaneous for {slices} slices (Šidák)" if slices > 1 else "one slice"
    together += "" if errors.unit is None else ", by units"
    if not errors.share:
        return _numbers(sides, means, level, together, slices)
    n1, n2 = map(_size, sides)
    x1, x2 = min(n1, means[0] * n1), min(n2, means[1] * n2)
    if errors.weights is None and errors.unit is None:
        method, p = "Fisher's exact test, two-sided by doubling", _fisher(x1, n1, x2, n2)
    else:  # effective numbers of rows are no whole numbers, and Fisher's test is of whole numbers only
        method, p = "score test, effective rows", _score(x1, n1, x2, n2)
        method += "" if errors.unit is None else ", by units"
    if not with_intervals:
        return Gap(means[0], means[1], None, None, p, method, None, int(mask.sum()))
    rate = (x1 + x2) / (n1 + n2)
    return Gap(
        means[0], means[1],
        _named(stats.wilson(x1, n1, level), f"Wilson, {together}"),
        _named(stats.difference_interval(x1, n1, x2, n2, level), f"Miettinen-Nurminen score, {together}"),
        p, method, stats.detectable_gap(rate, n1, n2, 0.05 / slices), int(mask.sum()),
    )  # fmt: skip


def _size(side: Errors) -> float:
    """How many independent rows tell as much of a share."""
    if side.unit is not None:
        return stats.cluster_size(side.values, side.unit, side.weights)
    return float(len(side.values) if side.weights is None else stats.effective_size(side.weights))


def _named(interval: Interval, method: str) -> Interval:
    return interval.model_copy(update={"level": 0.95, "method": method})


def _fisher(x1: float, n1: float, x2: float, n2: float) -> float:
    bad, n, good = round(x1), round(n1), (round(n1 + n2), round(x1 + x2))
    # Two tails cost the same for any size; adding up all tables that are less likely grows with it.
    upper_tail, lower_tail = scipy.stats.hypergeom.sf(bad - 1, *good, n), scipy.stats.hypergeom.cdf(bad, *good, n)
    return float(min(1.0, 2 * min(upper_tail, lower_tail)))


def _score(x1: float, n1: float, x2: float, n2: float) -> float:
    pooled = (x1 + x2) / (n1 + n2)
    error = float(np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2)))
    return float(2 * scipy.stats.norm.sf(abs(x1 / n1 - x2 / n2) / error)) if error > 0 else 1.0


def _numbers(sides: Sequence[Errors], means: Sequence[float], level: float, together: str, slices: int) -> Gap:
    """`compare` for errors that are numbers, not shares."""
    spreads = [_squared_error(side, mean) for side, mean in zip(sides, means, strict=True)]
    sizes = [_freedom(side) + 1 for side in sides]
    student = stats.student_interval(sides[0].values, level, sides[0].weights, sides[0].unit)
    inside = None if student is None else _named(student, f"{student.method}, {together}")
    variance = sum(spreads)
    if min(sizes) < 2 or variance <= 0:
        return Gap(means[0], means[1], inside, None, None, "Welch", None, len(sides[0].values))
    freedom = variance**2 / sum(spread**2 / (size - 1) for spread, size in zip(spreads, sizes, strict=True))
    error, gap = float(np.sqrt(variance)), means[0] - means[1]
    half = float(scipy.stats.t.ppf(0.5 + level / 2, freedom)) * error
    interval = Interval(low=gap - half, high=gap + half, method=f"Welch, {together}")
    detectable = (stats.critical(1 - 0.05 / slices) + float(scipy.stats.norm.ppf(0.8))) * error
    p = float(2 * scipy.stats.t.sf(abs(gap) / error, freedom))
    test = "Welch's t-test" if sides[0].unit is None else "Welch's t-test, by units"
    return Gap(means[0], means[1], inside, interval, p, test, detectable, len(sides[0].values))


def _freedom(side: Errors) -> float:
    """Degrees of freedom of the spread of a mean."""
    return len(side.values) - 1 if side.unit is None else stats.cluster_freedom(side.unit, side.weights)


def _squared_error(errors: Errors, mean: float) -> float:
    """The squared standard error of a mean."""
    if errors.unit is not None:
        return stats.cluster_error(stats.cluster_pulls(errors.values, errors.unit, errors.weights)) ** 2
    n = len(errors.values)
    shares = np.full(n, 1 / n) if errors.weights is None else errors.weights / errors.weights.sum()
    return float(n / max(1, n - 1) * np.sum((shares * (errors.values - mean)) ** 2))


class Rules(NamedTuple):
    """What the search is asked for."""

    asked: Parameters
    minimum: int
    """Rows under which nothing is said about a slice, or about all others."""

    def support(self, rows: int) -> int:
        """The smallest number of rows of a slice in a half of this many."""
        return max(self.asked.fewest, self.minimum, math.ceil(self.asked.support * rows))


class Worst(NamedTuple):
    """One slice that the search found, and what the rows kept back say about it."""

    slice_: Slice
    same: list[Slice]
    """Other descriptions of nearly the same rows."""
    gap: Gap | None
    """None where too few of the rows kept back are in it, or outside of it."""
    p_adjusted: float | None


class Outcome(NamedTuple):
    """A search and its confirmation."""

    worst: list[Worst]
    evaluated: int
    searched: int
    """Rows that were searched."""
    confirming: np.ndarray
    """(M,) positions of the rows kept back."""

    @property
    def confirmed(self) -> int:
        """Slices whose rows kept back are worse than the rest, beyond chance."""
        return sum(
            worst_case.gap is not None and worst_case.p_adjusted is not None and worst_case.p_adjusted <= 0.05
            and worst_case.gap.inside > worst_case.gap.outside
            for worst_case in self.worst
        )  # fmt: skip


def split_and_search(
    space: Space,
    errors: Errors,
    rules: Rules,
    rng: np.random.Generator,
    progress: Callable[[int, int, str], None] = lambda done, total, stage: None,
    with_intervals: bool = True,
) -> Outcome:
    """The worst slices of one random half of the rows, as the other half sees them.

    Args:
        space: the conditions of the N rows.
        errors: of the N rows.
        rules: what is searched.
        rng: draws the halves.
        progress: told of the search.
        with_intervals: False: p-values alone are wanted.
    """
    # The slices are chosen for their errors, so the same rows would say too much about them.
    # The rows of a unit are all in one half, or what was searched would be confirmed by more of the same.
    place = np.arange(len(errors.values)) if errors.unit is None else stats.numbered(errors.unit)
    order = rng.permutation(int(place.max()) + 1)
    is_first = np.isin(place, order[: len(order) // 2])
    first, second = np.flatnonzero(is_first), np.flatnonzero(~is_first)
    searched_space, kept_space = (space._replace(codes=space.codes[:, rows]) for rows in (first, second))
    worst, evaluated = distinct(searched_space, errors.values[first], rules, progress)
    masks = [members(kept_space, slice_) for slice_, _ in worst]
    fewest = max(2, rules.minimum)
    kept_back = errors.take(second)
    enough = [min(kept_back.take(rows).counted for rows in (mask, ~mask)) >= fewest for mask in masks]
    gaps = [
        compare(kept_back, mask, len(masks), with_intervals) if is_enough else None
        for mask, is_enough in zip(masks, enough, strict=True)
    ]
    # A slice that cannot be compared counts as a comparison too: which ones can is not known beforehand.
    adjusted = stats.holm([1.0 if gap is None or gap.p is None else gap.p for gap in gaps])
    rows = [
        Worst(slice_, same, gap, float(p_adjusted) if gap is not None and gap.p is not None else None)
        for (slice_, same), gap, p_adjusted in zip(worst, gaps, adjusted, strict=True)
    ]
    return Outcome(rows, evaluated, len(first), second)


def distinct(
    space: Space,
    errors: np.ndarray,
    rules: Rules,
    progress: Callable[[int, int, str], None] = lambda done, total, stage: None,
) -> tuple[list[tuple[Slice, list[Slice]]], int]:
    """The `k` slices with the highest scores of which no two share more than `overlap` of their rows (Jaccard).

    Of slices of nearly the same rows the one with the fewest conditions is named; it ranks as the worst of them.

    Returns:
        Each slice with the other descriptions of its rows, and how many slices were counted.
    """
    asked = rules.asked
    candidates = 4 * asked.k
    while True:
        searched = top_slices(
            space, errors, k=candidates, depth=asked.depth, support=rules.support(len(errors)), alpha=asked.alpha,
            progress=progress,
        )  # fmt: skip
        worst: list[tuple[Slice, list[Slice]]] = []
        masks: list[np.ndarray] = []
        for slice_ in searched.slices:
            mask = members(space, slice_)
            alike = next((index for index, other in enumerate(masks) if jaccard(mask, other) > asked.overlap), None)
            if alike is not None:
                worst[alike][1].append(slice_)
            elif len(worst) < asked.k:
                worst.append((slice_, []))
                masks.append(mask)
        if len(worst) == asked.k or len(searched.slices) < candidates or candidates > 64 * asked.k:
            return [_simplest([slice_, *same]) for slice_, same in worst], searched.evaluated
        candidates *= 4  # the first ones describe too few different sets of rows


def _simplest(slices: list[Slice]) -> tuple[Slice, list[Slice]]:
    """The description with the fewest conditions, of those the one with the highest score, before the others."""
    first, *rest = sorted(slices, key=lambda slice_: len(slice_.features))
    return first, rest


def jaccard(rows: np.ndarray, other: np.ndarray) -> float:
    """The share of the rows of either that are rows of both; between 0 and 1."""
    either = int((rows | other).sum())
    return int((rows & other).sum()) / either if either else 0.0
