"""The slices with the highest scores among all conjunctions of a few conditions, exactly, with bounds that prune.

Sagadeeva and Boehm (2021), SliceLine: fast, linear-algebra-based slice finding for ML model debugging, SIGMOD. Here the
linear algebra is a count per set of features: conditions of one feature exclude each other, so all conjunctions over
the same features are the cells of one table, filled in one pass over the rows.
"""

import heapq
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np


class Slice(NamedTuple):
    """A conjunction of conditions."""

    features: tuple[int, ...]
    """Positions of the features, rising."""
    codes: tuple[int, ...]
    """The condition of each."""
    score: float
    size: int
    error: float
    """The sum of the errors of its rows."""


class Searched(NamedTuple):
    """What a search found."""

    slices: list[Slice]
    """Highest score first; ties in the order of depth, features and conditions."""
    evaluated: int
    """Slices with enough rows that were counted."""


class Space(NamedTuple):
    """What is searched."""

    codes: np.ndarray
    """(D, N) of whole numbers: the condition of each row in each feature; -1 for none."""
    widths: tuple[int, ...]
    """How many conditions each of the D features has."""
    hidden: Callable[[tuple[int, ...]], np.ndarray | None] = lambda chosen: None
    """Conjunctions that may not be shown, as a bool table over the conditions of some features; None: all may be."""


class _Table(NamedTuple):
    """All conjunctions over one set of features."""

    alive: np.ndarray
    """bool: may still have descendants with a score that counts."""
    sizes: np.ndarray
    errors: np.ndarray
    most: np.ndarray
    """An upper bound of the largest error of a row in it."""


def score(sizes: np.ndarray | float, errors: np.ndarray | float, rows: int, total: float, alpha: float) -> np.ndarray:
    """How bad a slice is: its mean error against everyone's, and its size, weighed against each other.

    alpha (mean error in the slice / mean error - 1) - (1 - alpha) (rows / rows in the slice - 1). Everyone scores 0.

    Args:
        sizes: rows of the slices, above 0.
        errors: sums of their errors.
        rows: all rows.
        total: the sum of all errors, above 0.
        alpha: above 0 and up to 1: how much the error counts against the size.

    Source: Sagadeeva and Boehm (2021), SliceLine, SIGMOD, definition of the scoring function.
    """
    share = rows / np.asarray(sizes, dtype=float)
    return alpha * (share * np.asarray(errors) / total - 1) - (1 - alpha) * (share - 1)


def bound(
    sizes: np.ndarray, errors: np.ndarray, most: np.ndarray, rows: int, total: float, alpha: float, support: int
) -> np.ndarray:
    """No conjunction with further conditions and at least `support` rows scores higher than this.

    Such a slice has at most `errors`, and at most `most` in each row. Between the sizes where one and where the other
    bound rules, the score moves one way, so the largest is at an end.

    Args:
        sizes: an upper bound of the rows, at least `support`.
        errors: an upper bound of the sum of errors.
        most: an upper bound of a single row's error.
        rows: all rows.
        total: the sum of all errors, above 0.
        alpha: as in `score`.
        support: the smallest number of rows.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = np.where(most > 0, errors / most, 0)
    largest = np.maximum(sizes, support).astype(float)  # too few rows: no slice at all, as the last line says
    best = np.full(largest.shape, -np.inf)
    for size in (np.full(largest.shape, float(support)), np.clip(turn, support, largest), largest):
        best = np.maximum(best, score(size, np.minimum(errors, size * most), rows, total, alpha))
    return np.where(np.asarray(sizes) >= support, best, -np.inf)


def top_slices(
    space: Space,
    errors: np.ndarray,
    *,
    k: int,
    depth: int,
    support: int,
    alpha: float,
    progress: Callable[[int, int, str], None] = lambda done, total, stage: None,
) -> Searched:
    """The `k` slices with the highest positive score, of up to `depth` conditions and at least `support` rows.

    Exact: a slice is left out only where a bound shows that neither it nor any that is inside it could be among them.

    Args:
        space: the conditions of the rows.
        errors: (N,) not negative.
        k: how many.
        depth: the largest number of conditions.
        support: the smallest number of rows, above 0.
        alpha: see `score`.
        progress: told after each number of conditions.
    """
    rows, total = space.codes.shape[1], float(errors.sum())
    if total <= 0:
        return Searched([], 0)
    best = _Best(k, rows, total, alpha)
    # Conditions with too few rows are dropped at once: no conjunction with one of them has more.
    level, kept_conditions, codes, evaluated = _singles(space, errors, support, best)
    widths = [len(conditions) for conditions in kept_conditions]

    def hidden(chosen: tuple[int, ...]) -> np.ndarray | None:
        mask = space.hidden(chosen)
        return None if mask is None else mask[np.ix_(*(kept_conditions[feature] for feature in chosen))]

    for size in range(2, depth + 1):
        tables: dict[tuple[int, ...], _Table] = {}
        for chosen in _joined(level):
            candidate = _candidates(chosen, level, hidden(chosen))
            limits = bound(candidate.sizes, candidate.errors, candidate.most, rows, total, alpha, support)
            is_wanted = candidate.alive & best.reaches(limits)
            if not is_wanted.any():
                continue
            # Only what the bounds leave is counted: the pass over the rows is what costs.
            shape = tuple(widths[feature] + 1 for feature in chosen)
            sizes, sums = _count(codes, chosen, shape, errors)
            is_wanted &= sizes >= support
            evaluated += int(is_wanted.sum())
            best.offer(chosen, is_wanted, sizes, sums, kept_conditions)
            alive = is_wanted & best.reaches(bound(sizes, sums, candidate.most, rows, total, alpha, support))
            if alive.any():
                tables[chosen] = _Table(alive, sizes, sums, candidate.most)
        level = tables
        progress(size, depth, "conditions searched")
    return Searched(best.slices, evaluated)


def members(space: Space, slice_: Slice) -> np.ndarray:
    """(N,) bool: the rows of a slice."""
    return np.all(space.codes[list(slice_.features)] == np.array(slice_.codes)[:, None], axis=0)


class _Best:
    """The k best slices so far."""

    def __init__(self, k: int, rows: int, total: float, alpha: float) -> None:
        self.k, self.rows, self.total, self.alpha = k, rows, total, alpha
        self.slices: list[Slice] = []

    def reaches(self, limits: np.ndarray) -> np.ndarray:
        """Where a score up to `limits` could still be among the best; a rounding error does not decide."""
        if len(self.slices) < self.k:
            return limits > -1e-9
        return limits >= self.slices[-1].score - 1e-9

    def offer(
        self,
        chosen: tuple[int, ...],
        is_wanted: np.ndarray,
        sizes: np.ndarray,
        sums: np.ndarray,
        kept_conditions: Sequence[np.ndarray],
    ) -> None:
        """Take in those of a table's cells that are among the best."""
        scores = np.full(sizes.shape, -np.inf)
        scores[is_wanted] = score(sizes[is_wanted], sums[is_wanted], self.rows, self.total, self.alpha)
        good = np.argwhere((scores > 1e-12) & self.reaches(scores))
        new = [
            Slice(
                chosen, tuple(int(kept_conditions[feature][code]) for feature, code in zip(chosen, cell, strict=True)),
                float(scores[tuple(cell)]), int(sizes[tuple(cell)]), float(sums[tuple(cell)]),
            )
            for cell in good
        ]  # fmt: skip
        if new:
            self.slices = heapq.nsmallest(self.k, [*self.slices, *new], key=_order)


def _order(slice_: Slice) -> tuple[float, int, tuple[int, ...], tuple[int, ...]]:
    # Equal scores that were added up in another order differ in the last digits.
    return -round(slice_.score, 10), len(slice_.features), slice_.features, slice_.codes


def _singles(
    space: Space, errors: np.ndarray, support: int, best: _Best
) -> tuple[dict[tuple[int, ...], _Table], list[np.ndarray], np.ndarray, int]:
    """The slices of one condition; and every feature with those conditions alone that have enough rows.

    Each table has one more place at the end of each axis, for the rows with none of these conditions.
    """
    level: dict[tuple[int, ...], _Table] = {}
    kept_conditions, codes, evaluated = [], np.empty_like(space.codes), 0
    for feature, width in enumerate(space.widths):
        conditions = np.where(space.codes[feature] < 0, width, space.codes[feature])
        enough = np.flatnonzero(np.bincount(conditions, minlength=width + 1)[:width] >= support)
        new_codes = np.full(width + 1, len(enough))
        new_codes[enough] = np.arange(len(enough))
        codes[feature] = new_codes[conditions]
        kept_conditions.append(enough)
        shape = (len(enough) + 1,)
        sizes, sums = _count(codes, (feature,), shape, errors)
        most = np.zeros(shape)
        np.maximum.at(most, codes[feature], errors)
        is_condition = np.arange(len(enough) + 1) < len(enough)
        evaluated += len(enough)
        best.offer((feature,), is_condition, sizes, sums, kept_conditions)
        level[(feature,)] = _Table(is_condition, sizes, sums, most)
    return level, kept_conditions, codes, evaluated


def _count(
    codes: np.ndarray, chosen: tuple[int, ...], shape: tuple[int, ...], errors: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and sums of errors of every conjunction over some features."""
    cells = codes[chosen[0]].astype(np.int64)  # numbers of cells may be larger than codes can be
    for feature, width in zip(chosen[1:], shape[1:], strict=True):
        cells = cells * width + codes[feature]
    cell_count = int(np.prod(shape))
    sizes = np.bincount(cells, minlength=cell_count).reshape(shape)
    return sizes, np.bincount(cells, weights=errors, minlength=cell_count).reshape(shape)


def _joined(level: dict[tuple[int, ...], _Table]) -> Iterator[tuple[int, ...]]:
    """Sets of features one larger, all of whose parts are in `level`."""
    by_start: dict[tuple[int, ...], list[int]] = {}
    for chosen in level:
        by_start.setdefault(chosen[:-1], []).append(chosen[-1])
    for start, ends in by_start.items():
        for pair in itertools.combinations(sorted(ends), 2):
            chosen = (*start, *pair)
            if all(chosen[:index] + chosen[index + 1 :] in level for index in range(len(chosen))):
                yield chosen


def _candidates(chosen: tuple[int, ...], level: dict[tuple[int, ...], _Table], hidden: np.ndarray | None) -> _Table:
    """What the parts of each conjunction say about it: the smallest of their sizes, errors and largest errors."""
    parts = [
        _Table(*(np.expand_dims(column, axis) for column in level[chosen[:axis] + chosen[axis + 1 :]]))
        for axis in range(len(chosen))
    ]
    alive = np.logical_and.reduce(np.broadcast_arrays(*(part.alive for part in parts)))
    if hidden is not None:
        alive[tuple(slice(0, length) for length in hidden.shape)] &= ~hidden
    low = [np.minimum.reduce(np.broadcast_arrays(*(part[field] for part in parts))) for field in (1, 2, 3)]
    return _Table(alive, *low)
