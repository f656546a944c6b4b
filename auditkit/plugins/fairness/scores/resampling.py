"""Tables of people by group and level, shuffled and drawn anew; what is measured on many such tables at once."""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.scores.score_table import ScoreTable
from auditkit.plugins.fairness.shared.permutation import shuffled_table

LEVELS = 128
"""Levels of the scores in resampling. Coarser scores leave the tests valid; values are never computed from them."""
SPECK = 1e-12
"""Differences and standard errors of areas and of mean scores up to this are roundings."""
PLACES = 128
"""False positive rates at which resampled curves are compared."""


class Scale(NamedTuple):
    """People by label, group and level of score."""

    negative: np.ndarray
    """(k, LEVELS) (effective) people with a negative label."""
    positive: np.ndarray
    """(k, LEVELS) with a positive label."""


def common_scale(score_tables: list[ScoreTable]) -> Scale:
    """The groups on one scale: every score becomes its place among the group's own people, both labels counting alike.

    A rising transformation of one group's scores changes no ROC curve, so groups of equal curves, whatever their
    scores, have the same law on this scale and may be shuffled there.

    Source: the idea of Venkatraman (2000), A permutation test to compare receiver operating characteristic curves,
    Biometrics 56.
    """
    parts = []
    for score_table in score_tables:
        # Both labels count alike, so that how common the label is in a group does not move its scale.
        share = score_table.weight / score_table.weight.sum(axis=1, keepdims=True)
        levels = ((np.cumsum(share, axis=1) - share / 2).mean(axis=0) * LEVELS).astype(np.int64)
        sizes = score_table.sizes
        levels = np.clip(levels, 0, LEVELS - 1)
        parts.append([sizes[label] * np.bincount(levels, weights=share[label], minlength=LEVELS) for label in (0, 1)])
    return Scale(*np.stack(parts, axis=1))


def shuffled(counts: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(draws, k, L) tables as if people had been shuffled between the groups: all margins stay.

    The counts follow the multivariate hypergeometric law, which is drawn directly, at a cost that does not grow with
    the people. It does grow with groups times levels: many small groups are drawn by shuffling people, the same law.

    Args:
        counts: (k, L); numbers that are not whole are rounded, keeping the groups' sizes.
        draws: how many tables.
        rng: the source of chance.
    """
    sizes = np.maximum(1, np.round(counts.sum(axis=1))).astype(np.int64)
    level = rounded_to(counts.sum(axis=0), int(sizes.sum()))
    if len(sizes) > stats.PAIRWISE:
        return np.stack([shuffled_table(sizes, level, rng) for _ in range(draws)]).astype(float)
    tables = np.zeros((draws, *counts.shape))
    unplaced = np.tile(sizes, (draws, 1))
    # Level by level, and in a level group by group given those before: numpy's multivariate law takes one set of sizes
    # for all draws.
    for column in np.flatnonzero(level):
        to_place = np.full(draws, level[column])
        in_later_groups = unplaced.sum(axis=1)
        for group in range(len(sizes) - 1):
            in_later_groups -= unplaced[:, group]
            drawn = rng.hypergeometric(unplaced[:, group], in_later_groups, to_place)
            tables[:, group, column] = drawn
            unplaced[:, group] -= drawn
            to_place -= drawn
        tables[:, -1, column] = to_place
        unplaced[:, -1] -= to_place
    return tables


def redrawn(counts: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(draws, k, L) tables as if the people of each group had been drawn anew: the multinomial law, exactly.

    Args:
        counts: (k, L); the size of a group is rounded.
        draws: how many tables.
        rng: the source of chance.
    """
    sizes = np.maximum(1, np.round(counts.sum(axis=1))).astype(np.int64)
    shares = counts / counts.sum(axis=1, keepdims=True)
    drawn = [rng.multinomial(size, share, size=draws) for size, share in zip(sizes, shares, strict=True)]
    return np.stack(drawn, axis=1).astype(float)


def rounded_to(amounts: np.ndarray, total: int) -> np.ndarray:
    """(L,) whole numbers that sum to `total`, whose sums up to any level are as near to those of `amounts` as can be.

    Rounded each by itself, small amounts spread over many levels would all go to where they are a little larger, and
    what is drawn from the levels would vary less than people do.
    """
    # A product that should be whole may fall short of it by a rounding.
    ends = np.floor(np.cumsum(amounts) * (total / amounts.sum()) + 0.5 + 1e-9).astype(np.int64)
    ends[-1] = total
    return np.diff(ends, prepend=0)


def areas(negative: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(B, k) areas under the curve and (B, k) DeLong's variances, from (B, k, L) tables; no row of a table is empty."""
    n, p = negative.sum(axis=2, keepdims=True), positive.sum(axis=2, keepdims=True)
    below = (np.cumsum(negative, axis=2) - negative / 2) / n
    above = 1 - (np.cumsum(positive, axis=2) - positive / 2) / p
    value = (positive * below).sum(axis=2) / p[..., 0]
    spread = [
        (counts * (beaten - value[..., None]) ** 2).sum(axis=2) / (size * np.maximum(size - 1, 1))[..., 0]
        for counts, beaten, size in ((positive, below, p), (negative, above, n))
    ]
    return value, spread[0] + spread[1]


def heights(negative: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """(B, k, PLACES) true positive rates at evenly spaced false positive rates, from (B, k, L) tables."""
    grid = (np.arange(PLACES) + 0.5) / PLACES
    false, true = (rates_of(counts) for counts in (negative, positive))
    true_rates = np.empty((*negative.shape[:2], PLACES))
    # np.interp takes one curve at a time.
    for draw in range(true_rates.shape[0]):
        for group in range(true_rates.shape[1]):
            true_rates[draw, group] = np.interp(grid, false[draw, group], true[draw, group])
    return true_rates


def gaps(curves: np.ndarray, centre: np.ndarray | None = None) -> np.ndarray:
    """(B, pairs) areas between the curves of every pair of groups; with a centre, between their errors around it.

    Args:
        curves: (B, k, PLACES).
        centre: (k, PLACES), or None.
    """
    if centre is not None:
        curves = curves - centre
    i, j = np.triu_indices(curves.shape[1], 1)
    return np.stack([np.abs(curves[:, a] - curves[:, b]).mean(axis=1) for a, b in zip(i, j, strict=True)], axis=1)


def rates_of(counts: np.ndarray) -> np.ndarray:
    """(…, L + 1) shares at or above each threshold, from the strictest to the loosest, from (…, L) people by level."""
    above = np.zeros((*counts.shape[:-1], counts.shape[-1] + 1))
    np.cumsum(counts[..., ::-1], axis=-1, out=above[..., 1:])
    return above / above[..., -1:]
