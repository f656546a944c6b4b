"""Permutation importance: what shuffling columns costs, with an interval over rows and shuffles."""

from collections.abc import Callable, Sequence

import numpy as np
import scipy

from auditkit.plugins.explanations.shared.attributions import Estimate

Lose = Callable[[np.ndarray], np.ndarray]
"""Rows (n, D), in the order of the people whose labels they have, to losses (n,)."""


def permutation_importance(
    lose: Lose, x: np.ndarray, columns: Sequence[int], repeats: int, rng: np.random.Generator
) -> Estimate:
    """The mean loss where some columns take another row's values, together, less that of the rows as they are.

    Every row gives its values once in each shuffle. A row counts as one that takes values and as one that gives them:
    the mean of both is what varies from sample to sample (a U-statistic), and the interval is Student's over it.

    Args:
        lose: the model's losses.
        x: (n, D) rows.
        columns: shuffled together.
        repeats: shuffles.
        rng: draws them.

    Source: Breiman 2001, Random Forests, Machine Learning 45; Fisher, Rudin and Dominici 2019, All models are wrong,
    but many are useful, JMLR 20, arXiv:1801.01489; the variance of a U-statistic: Hoeffding 1948.
    """
    base, rows = lose(x), len(x)
    taking, giving = np.zeros(rows), np.zeros(rows)
    for _ in range(repeats):
        givers = _derangement(rows, rng)
        shuffled = x.copy()
        shuffled[:, columns] = x[np.ix_(givers, np.asarray(columns))]
        costs = lose(shuffled) - base
        taking += costs / repeats
        giving[givers] += costs / repeats
    mean = float(taking.mean())
    # the projection of the statistic on one row, which is there twice
    half = float(scipy.stats.t.ppf(0.975, rows - 1) * (taking + giving).std(ddof=1) / np.sqrt(rows))
    return Estimate(mean, mean - half, mean + half)


def _derangement(rows: int, rng: np.random.Generator) -> np.ndarray:
    """(n,) an order in which no row keeps its place: one long cycle, drawn evenly."""
    cycle = rng.permutation(rows)
    givers = np.empty(rows, dtype=np.int64)
    givers[cycle] = np.roll(cycle, 1)
    return givers
