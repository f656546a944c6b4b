"""The check's tests of itself: numbers from row masks, shuffled groups, planted shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from auditkit import stats
from auditkit.errors import present
from auditkit.plugins.fairness.regression import distances, moments
from auditkit.plugins.fairness.regression.definitions import Quantity
from auditkit.plugins.fairness.shared import permutation
from auditkit.plugins.fairness.shared.self_tests import share_flagged

ROWS = 5_000
"""Rows that are shuffled at most: the law under test is the same for any number of them."""
DRAWS = 999


def largest_deviation(
    shown: Sequence[tuple[Quantity, Mapping[str, str], float]],
    columns: Mapping[str, np.ndarray],
    predicted: np.ndarray,
    labels: np.ndarray | None,
    weights: np.ndarray | None,
) -> float:
    """The largest difference between numbers shown and the same from masks over the rows, relative to their scale.

    Args:
        shown: (quantity, {attribute: value}, its value).
        columns: {attribute: (N,) array of str}.
        predicted: (N,).
        labels: (N,), or None.
        weights: (N,), or None.
    """
    masks = {
        (name, value): columns[name] == value
        for name, value in {pair for _, where, _ in shown for pair in where.items()}
    }
    worst = 0.0
    for quantity, where, value in shown:
        rows = np.ones(len(predicted), dtype=bool)
        for pair in where.items():
            rows &= masks[pair]
        mine, heavy = predicted[rows], None if weights is None else weights[rows]
        off = None if labels is None else mine - labels[rows]
        again = _again(quantity.name, mine, off, heavy)
        scale = max(float(np.abs(mine).max()), 0.0 if labels is None else float(np.abs(labels[rows]).max()), 1e-300)
        worst = max(worst, abs(again - value) / scale)
    return worst


def false_alarms(
    codes: np.ndarray, values: np.ndarray, weights: np.ndarray | None, trials: int, rng: np.random.Generator
) -> float | None:
    """The share of shuffles of the groups that the test of means calls different at the 5 % level.

    None where fewer than two groups have two rows among those tried.

    Args:
        codes: (N,) the group of each row, 0 to K - 1.
        values: (N,) finite numbers.
        weights: (N,) positive, or None.
        trials: how many.
        rng: the source of chance.
    """
    sample = _sample(codes, rng)
    codes, values, weights = codes[sample], values[sample], None if weights is None else weights[sample]
    large = np.bincount(codes) > 1
    kept = large[codes]
    codes, values, weights = codes[kept], values[kept], None if weights is None else weights[kept]
    present, codes = np.unique(codes, return_inverse=True)
    if len(present) < 2:
        return None
    law = permutation.shuffled_z(codes, values, weights, len(present), DRAWS, rng)

    def p_value() -> float:
        found = moments.means(rng.permutation(codes), values, weights, len(present))
        return stats.permutation_p(float(stats.largest_z_of_means(found.values[None], found.errors[None])[0]), law)

    return share_flagged(p_value, trials)


def false_alarms_of_distances(
    codes: np.ndarray, values: np.ndarray, weights: np.ndarray | None, trials: int, rng: np.random.Generator
) -> float | None:
    """`false_alarms` of the test of the Kolmogorov-Smirnov distance."""
    sample = _sample(codes, rng)
    present, codes = np.unique(codes[sample], return_inverse=True)
    values, weights = values[sample], None if weights is None else weights[sample]
    if len(present) < 2:
        return None
    law = distances.chance(codes, values, weights, len(present), DRAWS, rng).ks_law

    def p_value() -> float:
        binned = distances.rounded(rng.permutation(codes), values, weights, len(present))
        return stats.permutation_p(distances.scaled_ks(codes, binned), law)

    return share_flagged(p_value, trials)


def found_when_planted(
    codes: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray | None,
    gap: float,
    law: np.ndarray,
    tests: int,
    trials: int,
    rng: np.random.Generator,
) -> float:
    """How often the test finds `gap` where the means are made equal and one group is then moved by it.

    Groups up to 1,000 rows are drawn anew from their own rows; the means of larger ones from the normal law. The group
    that is moved is the one whose mean is least sure.

    Args:
        codes: (N,) the group of each row, 0 to K - 1.
        values: (N,) finite numbers.
        weights: (N,) positive, or None.
        gap: the difference of means.
        law: the test's statistic where groups are shuffled.
        tests: how many tests the p-value is adjusted for.
        trials: how many data sets are drawn.
        rng: the source of chance.
    """
    groups = int(codes.max()) + 1
    known = moments.means(codes, values, weights, groups)
    drawn, errors = np.empty((trials, groups)), np.empty((trials, groups))
    for group in range(groups):
        if known.rows[group] > 1000:
            drawn[:, group] = np.sqrt(known.errors[group]) * rng.standard_normal(trials)
            errors[:, group] = known.errors[group]
            continue
        mine = np.flatnonzero(codes == group)
        some = mine[rng.integers(0, len(mine), (trials, len(mine)))]
        off, heavy = values[some] - known.values[group], 1.0 if weights is None else weights[some]
        total = np.sum(np.ones_like(off) * heavy, axis=1)
        drawn[:, group] = (heavy * off).sum(axis=1) / total
        spread = ((heavy * (off - drawn[:, group, None])) ** 2).sum(axis=1)
        errors[:, group] = len(mine) / (len(mine) - 1) * spread / total**2
    drawn[:, int(np.argmax(known.errors))] += gap
    p = [stats.permutation_p(float(z), law) * tests for z in stats.largest_z_of_means(drawn, errors)]
    return float(np.mean(np.asarray(p) <= 0.05))


def _again(name: str, predicted: np.ndarray, off: np.ndarray | None, weights: np.ndarray | None) -> float:
    """A number of one group, the plain way."""
    if name == "mean_prediction":
        return float(np.average(predicted, weights=weights))
    off = present(off, "every other number needs labels")
    if name == "mean_residual":
        return float(np.average(off, weights=weights))
    if name == "mean_absolute_error":
        return float(np.average(np.abs(off), weights=weights))
    return float(np.average(off**2, weights=weights)) ** 0.5


def _sample(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(len(codes), ROWS, replace=False) if len(codes) > ROWS else np.arange(len(codes))
