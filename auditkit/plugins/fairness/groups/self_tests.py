"""The check's tests of itself: numbers counted again row by row, shuffled groups, planted gaps."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np

from auditkit import stats
from auditkit.errors import present
from auditkit.metrics.catalogue import RATES
from auditkit.metrics.composites import COMPOSITES
from auditkit.plugins.fairness.groups.disparities import Compared
from auditkit.plugins.fairness.shared.self_tests import share_flagged

ROWS = 20_000
"""People who are shuffled at most: the law under test is the same for any number of them."""


class Rows(NamedTuple):
    """What every row is."""

    selected: np.ndarray
    """(N,) bool: decided for the class; False where there is no decision."""
    decided: np.ndarray
    """(N,) bool"""
    positive: np.ndarray | None
    """(N,) bool: the label is the class; None: there are no labels."""
    known: np.ndarray
    """(N,) bool: whether the label is known."""
    weight: np.ndarray | None
    """(N,) how much a row counts, its people times its weight; None: 1."""

    def take(self, indices: np.ndarray) -> Self:
        """Some of the rows."""
        return type(self)(*(None if column is None else column[indices] for column in self))  # type: ignore[arg-type]


def number(name: str, rows: Rows) -> float | None:
    """A rate or a composite of these rows, from masks over them; None where a denominator is empty."""

    def amount(mask: np.ndarray) -> float:
        return float(np.count_nonzero(mask)) if rows.weight is None else float(rows.weight[mask].sum())

    # From masks and not from counts, so that the recount shares nothing with the table that it tries.
    yes, no, out = rows.decided & rows.selected, rows.decided & ~rows.selected, ~rows.decided
    masks = {"selected": yes, "rejected": no, "decided": rows.decided, "abstained": out, "everyone": yes | no | out}
    if rows.positive is not None:
        good, bad = rows.known & rows.positive, rows.known & ~rows.positive
        masks |= {"tp": good & yes, "fp": bad & yes, "fn": good & no, "tn": bad & no}
        masks |= {"positives": good, "labelled": rows.known}
    if name in RATES:
        below = sum(amount(masks[word]) for word in RATES[name].denominator.split())
        return sum(amount(masks[word]) for word in RATES[name].numerator.split()) / below if below else None
    try:
        return COMPOSITES[name].plain(*(amount(masks[word]) for word in ("tp", "fp", "fn", "tn")))
    except ZeroDivisionError:
        return None


def largest_deviation(
    claims: Sequence[tuple[str, Mapping[str, str], float]], columns: Mapping[str, np.ndarray], rows: Rows
) -> float:
    """The largest difference between numbers shown and the same numbers counted again; relative above 1.

    Args:
        claims: (name, {attribute: value}, the number shown).
        columns: {attribute: (N,) array of str}.
        rows: what the N rows are.
    """
    pairs = {pair for _, where, _ in claims for pair in where.items()}
    # Each value is compared once, however many groups it is in.
    masks = {(name, value): np.asarray(columns[name]) == value for name, value in pairs}
    groups: dict[tuple[tuple[str, str], ...], Rows] = {}
    worst = 0.0
    for name, where, value in claims:
        key = tuple(where.items())
        if key not in groups:
            groups[key] = (
                rows.take(np.flatnonzero(np.logical_and.reduce([masks[pair] for pair in key]))) if key else rows
            )
        again = number(name, groups[key])
        worst = max(worst, math.inf if again is None else abs(again - value) / max(1.0, abs(value)))
    return worst


def false_alarms(
    codes: np.ndarray,
    selected: np.ndarray,
    weights: np.ndarray | None,
    shuffles: int,
    rng: np.random.Generator,
    people: np.ndarray | None = None,
) -> float | None:
    """The share of shuffles of the groups, person by person, that the test calls different at the 5 % level.

    None where only one group is left among the rows tried.

    Args:
        codes: (N,) the group of each row, 0 to k - 1.
        selected: (N,) bool.
        weights: (N,), or None.
        shuffles: how many.
        rng: the source of chance.
        people: (N,) how many people each row stands for; None: one.
    """
    some = _some(len(codes), people, rng)
    if some is not None:
        codes, selected = codes[some], selected[some]
        weights = None if weights is None else weights[some]
    weight = np.ones(len(codes)) if weights is None else weights
    present, codes = np.unique(codes, return_inverse=True)
    groups = len(present)
    if groups < 2:
        return None
    part = stats.Shares.of_rows(codes, selected, weight, groups)
    # Shuffling leaves the margins alone (with weights, nearly), and the law hangs on them only: it is drawn once for
    # all trials.
    law = stats.shuffled_z([part], 1999, rng)

    def p_value() -> float:
        mixed = stats.Shares.of_rows(rng.permutation(codes), selected, weight, groups)
        return stats.permutation_p(stats.largest_z([mixed]), law)

    return share_flagged(p_value, shuffles)


def found_when_planted(compared: Compared, gap: float, tests: int, trials: int, rng: np.random.Generator) -> float:
    """How often the test finds `gap` where it is planted between the two smallest groups and the others are equal.

    Args:
        compared: a comparison of one rate, with its shuffles.
        gap: the difference planted.
        tests: how many tests the p-value is adjusted for.
        trials: how many tables are drawn.
        rng: the source of chance.
    """
    shuffled = present(compared.shuffled, "only comparisons that were tested get here")
    part = compared.parts[0]
    # Effective numbers of rows are not whole, and the binomial law wants whole ones.
    sizes = np.maximum(1, np.round(part.sizes)).astype(np.int64)
    rates = np.full(len(sizes), part.common)
    smallest, second = np.argsort(sizes, kind="stable")[:2]
    rates[smallest], rates[second] = stats.apart(float(rates[0]), float(sizes[smallest]), float(sizes[second]), gap)
    drawn = [stats.Shares(counts, sizes) for counts in rng.binomial(sizes, rates, (trials, len(sizes)))]
    p = [stats.permutation_p(stats.largest_z([shares]), shuffled) * tests for shares in drawn]
    return float(np.mean(np.asarray(p) <= 0.05))


def _some(rows: int, people: np.ndarray | None, rng: np.random.Generator) -> np.ndarray | None:
    """The row of each person who is shuffled, at most `ROWS` of them, drawn at random; None: every row once."""
    if people is None:
        return rng.choice(rows, ROWS, replace=False) if rows > ROWS else None
    # Drawn as a count for each row: writing everybody out first could take more memory than there is.
    if people.sum() > ROWS:
        people = rng.multivariate_hypergeometric(people, ROWS, method="marginals")
    return np.repeat(np.arange(rows), people)
