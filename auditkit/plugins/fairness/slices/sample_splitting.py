"""Search in one half of the rows, estimate in the other."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.slices import estimates
from auditkit.plugins.fairness.slices.outcomes import Errors
from auditkit.plugins.fairness.slices.parameters import Parameters
from auditkit.plugins.fairness.slices.search import Slice, Space, members, top_slices


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
    gap: estimates.Gap | None
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
    half, order = len(errors.values) // 2, rng.permutation(len(errors.values))
    first, second = np.sort(order[:half]), np.sort(order[half:])
    searched_space, kept_space = (space._replace(codes=space.codes[:, rows]) for rows in (first, second))
    worst, evaluated = distinct(searched_space, errors.values[first], rules, progress)
    masks = [members(kept_space, slice_) for slice_, _ in worst]
    fewest = max(2, rules.minimum)
    enough = [min(int(mask.sum()), int((~mask).sum())) >= fewest for mask in masks]
    kept_back = errors.take(second)
    gaps = [
        estimates.compare(kept_back, mask, len(masks), with_intervals) if is_enough else None
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
