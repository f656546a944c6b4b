"""Rows that lie where no real row does."""

import numpy as np
import pytest
import scipy

from auditkit.plugins.explanations.shared.outside_data import DataSpace

RNG = np.random.default_rng(0)


def pair(correlation, rows=400, width=4):
    x = np.random.default_rng(0).normal(size=(rows, width))
    x[:, 1] = correlation * x[:, 0] + np.sqrt(1 - correlation**2) * x[:, 1]
    return x


@pytest.mark.parametrize(("correlation", "low", "high"), [(0.0, 0, 0.06), (0.5, 0, 0.1), (0.95, 0.3, 1)])
def test_shuffled_columns_lie_outside_only_where_they_hang_together(correlation, low, high):
    x = pair(correlation)
    space = DataSpace.of_rows(x, np.ones(4, dtype=bool))
    shuffled = x.copy()
    shuffled[:, 0] = RNG.permutation(shuffled[:, 0])
    assert low <= space.outside(shuffled).mean() <= high and not space.outside(x).any()


def test_distances_are_those_of_a_slow_search():
    x = np.column_stack([RNG.normal(size=60), RNG.integers(0, 3, 60)])
    space = DataSpace.of_rows(x, np.array([True, False]))

    scores = scipy.stats.norm.ppf(scipy.stats.rankdata(x[:, 0]) / 61)
    order = np.argsort(x[:, 0])

    def score(value):
        return np.interp(value, x[order, 0], scores[order]) / scores.std()

    def distance(first, second):
        return np.sqrt((score(first[0]) - score(second[0])) ** 2 + (first[1] != second[1]))

    between = [min(distance(x[i], x[j]) for j in range(60) if j != i) for i in range(60)]
    assert space.limit == pytest.approx(np.quantile(between, 0.99))
    new = np.column_stack([RNG.normal(size=200), RNG.integers(0, 3, 200)])
    slow = [min(distance(row, real) for real in x) > space.limit for row in new]
    assert space.outside(new).tolist() == slow and 0 < sum(slow) < 200


def test_a_few_very_large_amounts_do_not_make_all_else_look_near():
    x = pair(0.95)
    shuffled = x.copy()
    shuffled[:, 0] = np.random.default_rng(1).permutation(shuffled[:, 0])
    shares = [
        DataSpace.of_rows(real, np.ones(4, dtype=bool)).outside(asked).mean()
        for real, asked in ((x, shuffled), (np.exp(3 * x), np.exp(3 * shuffled)))
    ]
    assert shares[0] > 0.3 and shares[1] == pytest.approx(shares[0])


def test_missing_values_and_columns_that_never_vary_do_no_harm():
    x = pair(0.5)
    x[::7, 2], x[:, 3] = np.nan, 1.0
    space = DataSpace.of_rows(x, np.array([True, True, True, True]))
    assert np.isfinite(space.limit) and not space.outside(x).any()


def test_of_many_independent_columns_a_shuffled_one_pushes_few_rows_outside():
    x = np.random.default_rng(0).normal(size=(400, 300))
    space = DataSpace.of_rows(x, np.ones(300, dtype=bool))
    shuffled = x.copy()
    shuffled[:, 0] = RNG.permutation(shuffled[:, 0])
    assert space.outside(shuffled).mean() < 0.1
