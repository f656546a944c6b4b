"""The check's tests of itself: rates counted again row by row, shuffled groups, planted gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.groups.disparities import Compared, common_rate
from auditkit.plugins.fairness.groups.measures import PLACES, Rate

ROWS = 20_000
"""Rows that are shuffled at most: the law under test is the same for any number of them."""


def rate_by_rows(
    rate: Rate, rows: np.ndarray, selected: np.ndarray, outcomes: np.ndarray | None, weights: np.ndarray | None
) -> float | None:
    """A rate from masks over the rows, without the table of counts; None where its denominator is empty.

    Args:
        rate: which.
        rows: (N,) bool: the group.
        selected: (N,) bool.
        outcomes: (N,) bool, or None for the rate that needs no labels.
        weights: (N,), or None.
    """

    def among(names: str) -> np.ndarray:
        if names in ("selected", "decided"):
            return rows & selected if names == "selected" else rows
        assert outcomes is not None  # every other rate needs labels
        found = np.zeros(len(rows), dtype=bool)
        for name in names.split():
            label, decision = PLACES[name]
            found |= rows & (outcomes == bool(label)) & (selected == bool(decision))
        return found

    def amount(mask: np.ndarray) -> float:
        return float(np.count_nonzero(mask)) if weights is None else float(weights[mask].sum())

    below = amount(among(rate.denominator))
    return amount(among(rate.numerator)) / below if below else None


def largest_deviation(
    shown: Sequence[tuple[Rate, Mapping[str, str], float]],
    columns: Mapping[str, np.ndarray],
    selected: np.ndarray,
    outcomes: np.ndarray | None,
    weights: np.ndarray | None,
) -> float:
    """The largest difference between rates shown and the same rates from masks over the rows.

    Args:
        shown: (rate, {attribute: value}, its value).
        columns: {attribute: (N,) array of str}.
        selected: (N,) bool.
        outcomes: (N,) bool, or None.
        weights: (N,), or None.
    """
    masks = {
        (name, value): columns[name] == value
        for name, value in {pair for _, where, _ in shown for pair in where.items()}
    }
    worst = 0.0
    for rate, where, value in shown:
        rows = np.ones(len(selected), dtype=bool)
        for pair in where.items():
            rows &= masks[pair]
        again = rate_by_rows(rate, rows, selected, outcomes, weights)
        worst = max(worst, np.inf if again is None else abs(again - value))
    return worst


def false_alarms(
    codes: np.ndarray, selected: np.ndarray, weights: np.ndarray | None, shuffles: int, rng: np.random.Generator
) -> float | None:
    """The share of shuffles of the groups, row by row, that the test calls different at the 5 % level.

    None where only one group is left among the rows tried.

    Args:
        codes: (N,) the group of each row, 0 to k - 1.
        selected: (N,) bool.
        weights: (N,), or None.
        shuffles: how many.
        rng: the source of chance.
    """
    if len(codes) > ROWS:
        some = rng.choice(len(codes), ROWS, replace=False)
        codes, selected = codes[some], selected[some]
        weights = None if weights is None else weights[some]
    weight = np.ones(len(codes)) if weights is None else weights
    present, codes = np.unique(codes, return_inverse=True)
    groups = len(present)
    if groups < 2:
        return None
    part = _effective(codes, selected, weight, groups)
    law = stats.shuffled_z([part], 1999, rng)
    flagged = 0
    for _ in range(shuffles):
        mixed = _effective(rng.permutation(codes), selected, weight, groups)
        flagged += stats.permutation_p(stats.largest_z([mixed]), law) <= 0.05
    return flagged / shuffles


def found_when_planted(compared: Compared, gap: float, tests: int, trials: int, rng: np.random.Generator) -> float:
    """How often the test finds `gap` where it is planted between the two smallest groups and the others are equal.

    Args:
        compared: a comparison of one rate, with its shuffles.
        gap: the difference planted.
        tests: how many tests the p-value is adjusted for.
        trials: how many tables are drawn.
        rng: the source of chance.
    """
    assert compared.shuffled is not None  # only comparisons that were tested get here
    part = compared.parts[0]
    sizes = np.maximum(1, np.round(part.sizes)).astype(np.int64)
    rates = np.full(len(sizes), common_rate(part))
    one, two = np.argsort(sizes, kind="stable")[:2]
    rates[one], rates[two] = stats.apart(float(rates[0]), float(sizes[one]), float(sizes[two]), gap)
    drawn = [stats.Shares(counts, sizes) for counts in rng.binomial(sizes, rates, (trials, len(sizes)))]
    p = [stats.permutation_p(stats.largest_z([each]), compared.shuffled) * tests for each in drawn]
    return float(np.mean(np.asarray(p) <= 0.05))


def _effective(codes: np.ndarray, selected: np.ndarray, weight: np.ndarray, groups: int) -> stats.Shares:
    total = np.bincount(codes, weights=weight, minlength=groups)
    square = np.bincount(codes, weights=weight**2, minlength=groups)
    chosen = np.bincount(codes, weights=weight * selected, minlength=groups)
    return stats.Shares(chosen * total / square, total**2 / square)
