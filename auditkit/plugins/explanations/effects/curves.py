"""Partial dependence and accumulated local effects of one column of any model."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy

Ask = Callable[[np.ndarray], np.ndarray]
"""Rows (m, D) to outputs (m,)."""


class Curve(NamedTuple):
    """The effect of a column at some of its values, on average 0 over the rows."""

    values: np.ndarray
    """(G,) of the column."""
    effects: np.ndarray
    """(G,)"""
    covariance: np.ndarray
    """(G, G) of the effects' errors from the draw of rows."""
    freedom: float
    """Degrees of freedom of that estimate."""

    def half_widths(self, level: float = 0.95) -> np.ndarray:
        """(G,) half widths of Student t intervals."""
        return self._critical(level) * np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def range(self, level: float = 0.95) -> tuple[float, float, float]:
        """The largest effect less the smallest one, with the interval of the difference of these two values."""
        top, low = int(self.effects.argmax()), int(self.effects.argmin())
        size = float(self.effects[top] - self.effects[low])
        spread = self.covariance[top, top] + self.covariance[low, low] - 2 * self.covariance[top, low]
        half = float(self._critical(level) * np.sqrt(max(float(spread), 0.0)))
        return size, max(0.0, size - half), size + half

    def _critical(self, level: float) -> float:
        return float(scipy.stats.t.ppf(0.5 + level / 2, max(1.0, self.freedom)))


def grid_of(column: np.ndarray, points: int) -> np.ndarray:
    """Up to `points` real values of a column (n,), quantiles from the 1st to the 99th percentile, each once."""
    # the least and the largest value of all are those of single people
    present = column[~np.isnan(column)]
    return np.unique(np.quantile(present, np.linspace(0.01, 0.99, points), method="inverted_cdf"))


def partial_dependence(ask: Ask, x: np.ndarray, column: int, values: np.ndarray) -> Curve:
    """The mean output where everybody has the same value of a column, less its mean over the rows' own values.

    It asks about rows that nobody has where columns hang together. Of a sum of functions of single columns it gives
    the column's own, up to a constant.

    Args:
        ask: the model.
        x: (n, D) real rows.
        column: whose effect it is.
        values: (G,) of the column.

    Source: Friedman 2001, Greedy function approximation, Annals of Statistics 29.
    """
    rows = np.repeat(x[None], len(values), axis=0)
    rows[:, :, column] = values[:, None]
    outputs = ask(rows.reshape(-1, x.shape[1])).reshape(len(values), len(x))
    weights = _shares(x[:, column], values)
    # each row's own curve without its level, which says nothing about the column
    centred = outputs - weights @ outputs
    covariance = np.cov(centred).reshape(len(values), len(values)) / len(x)
    return Curve(values, centred.mean(axis=1), covariance, len(x) - 1)


def accumulated_local_effects(
    ask: Ask, x: np.ndarray, column: int, values: np.ndarray, categories: bool = False
) -> Curve:
    """Differences of the output over small steps of a column, each for the rows that lie in that step, added up.

    It asks only about rows whose value of the column moves to the ends of the step in which it lies. Of a sum of
    functions of single columns it gives the column's own, up to a constant.

    Args:
        ask: the model.
        x: (n, D) real rows without a missing value of the column.
        column: whose effect it is; its values have an order.
        values: (G,) ends of the steps, in their order, two at least; rows beyond them count to the outermost steps.
        categories: every row has one of the values; it counts to the step before its own and to the one after it.

    Source: Apley and Zhu 2020, Visualizing the effects of predictor variables in black box supervised learning models,
    JRSS B 82, arXiv:1612.08468, equations 15 and 16.
    """
    if categories:
        place = (x[:, [column]] == values).argmax(axis=1)
        own = np.concatenate([np.flatnonzero(place > 0), np.flatnonzero(place < len(values) - 1)])
        step = np.concatenate([place[place > 0], place[place < len(values) - 1] + 1])
    else:
        own, step = np.arange(len(x)), np.clip(np.searchsorted(values, x[:, column], side="left"), 1, len(values) - 1)
    ends = np.repeat(x[own][None], 2, axis=0)
    ends[0][:, column], ends[1][:, column] = values[step - 1], values[step]
    outputs = ask(ends.reshape(-1, x.shape[1])).reshape(2, len(own))
    moves, people = outputs[1] - outputs[0], np.bincount(step, minlength=len(values))[1:]
    means = np.bincount(step, moves, minlength=len(values))[1:] / np.maximum(people, 1)
    squares = np.bincount(step, (moves - means[step - 1]) ** 2, minlength=len(values))[1:]
    # a step of one row has no spread of its own: that of all rows stands in
    pooled = squares.sum() / max(1, int((people - 1).clip(0).sum()))
    variances = np.where(people > 1, squares / np.maximum(people - 1, 1), pooled) / np.maximum(people, 1)
    added = np.tri(len(values), len(people), -1)
    # on average 0 over the rows as partial dependence is, so that both can be laid upon each other
    linear = added - _shares(x[:, column], values) @ added
    return Curve(values, linear @ means, (linear * variances) @ linear.T, max(1, len(x) - len(people)))


def _shares(column: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(G,) the share of rows whose value is nearest to each of the values."""
    present = column[~np.isnan(column)]
    nearest = np.abs(present[:, None] - values).argmin(axis=1)
    return np.asarray(np.bincount(nearest, minlength=len(values)) / len(present))
