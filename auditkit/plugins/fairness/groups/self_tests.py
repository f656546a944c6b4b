"""The check's tests of its own test: shuffled groups, planted gaps."""

import numpy as np

from auditkit import stats
from auditkit.errors import present
from auditkit.plugins.fairness.groups.disparities import Compared
from auditkit.plugins.fairness.shared.self_tests import share_flagged

ROWS = 20_000
"""People who are shuffled at most: the law under test is the same for any number of them."""


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
