"""Permutation importance against all pairs of rows, closed forms and scikit-learn."""

import numpy as np
import pytest
from sklearn.inspection import permutation_importance as sklearn_importance
from sklearn.linear_model import LinearRegression

from auditkit.plugins.explanations.permutation_importance.permutation import permutation_importance

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = 2 * X[:, 0] + X[:, 1] + RNG.normal(size=200)


def lose(rows):
    return (Y - 2 * rows[:, 0] - rows[:, 1]) ** 2


def all_pairs(columns):
    """The mean over all ordered pairs of different rows, which shuffles without end would give."""
    total = 0.0
    for place in range(len(X)):
        rows = X.copy()
        rows[:, columns] = X[place][columns]
        costs = lose(rows) - lose(X)
        total += costs.sum() - costs[place]
    return total / (len(X) * (len(X) - 1))


@pytest.mark.parametrize("columns", [[0], [1], [2], [0, 1]])
def test_many_shuffles_give_the_mean_over_all_pairs_of_rows(columns):
    estimate = permutation_importance(lose, X, columns, 400, RNG)
    assert estimate.value == pytest.approx(all_pairs(columns), rel=0.02, abs=1e-12)
    assert estimate.low <= all_pairs(columns) <= estimate.high


def test_it_agrees_with_scikit_learn():
    model = LinearRegression().fit(X, Y)
    known = sklearn_importance(model, X, Y, scoring="neg_mean_squared_error", n_repeats=200, random_state=0)
    for column in range(3):
        own = permutation_importance(lambda rows: (Y - model.predict(rows)) ** 2, X, [column], 200, RNG)
        # theirs lets a row keep its own value in one of 200 shuffles
        assert own.value == pytest.approx(known.importances_mean[column] * 200 / 199, rel=0.02, abs=1e-3)


def test_the_interval_holds_the_truth_in_95_of_100_samples():
    inside = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(100, 2))
        y = 2 * x[:, 0] + rng.normal(size=100)
        estimate = permutation_importance(lambda rows, y=y: (y - 2 * rows[:, 0]) ** 2, x, [0], 3, rng)
        inside.append(estimate.low <= 8 <= estimate.high)  # 2 b² times the variance
    assert 0.91 <= np.mean(inside) <= 0.99


def test_a_column_that_is_not_used_is_worth_nothing():
    assert permutation_importance(lose, X, [2], 3, RNG) == (0.0, 0.0, 0.0)
