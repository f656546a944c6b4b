"""Partial dependence and accumulated local effects against slow oracles, scikit-learn and sums of known terms."""

import itertools

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import partial_dependence as sklearn_dependence

from auditkit.plugins.explanations.effects.curves import accumulated_local_effects, grid_of, partial_dependence

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4))
TERMS = (np.sin, np.square, lambda values: 3 * values, np.abs)


def additive(rows):
    return sum(term(rows[:, column]) for column, term in enumerate(TERMS))


def slow_local_effects(f, x, column, values):
    """Equation 16 of Apley and Zhu, row by row."""
    effects = [0.0]
    for low, high in itertools.pairwise(values):
        first, last = low == values[0], high == values[-1]
        moves = []
        for row in x:
            if (row[column] > low or first) and (row[column] <= high or last):
                below, above = row.copy(), row.copy()
                below[column], above[column] = low, high
                moves.append(f(above[None])[0] - f(below[None])[0])
        effects.append(effects[-1] + (np.mean(moves) if moves else 0.0))
    return np.array(effects)


@pytest.mark.parametrize("curve", [partial_dependence, accumulated_local_effects])
@pytest.mark.parametrize("column", range(4))
def test_the_terms_of_a_sum_are_found_exactly_also_where_columns_hang_together(curve, column):
    for x in (X, X @ np.triu(np.ones((4, 4)))):
        values = grid_of(x[:, column], 20)
        drawn = curve(additive, x, column, values)
        assert np.ptp(drawn.effects - TERMS[column](values)) < 1e-9 and drawn.half_widths().max() < 1e-9


def test_local_effects_are_those_of_the_slow_loop():
    forest = RandomForestRegressor(10, random_state=0).fit(X, X[:, 0] * X[:, 1] + X[:, 2])
    for column in range(3):
        values = grid_of(X[:, column], 12)
        slow = slow_local_effects(forest.predict, X, column, values)
        quick = accumulated_local_effects(forest.predict, X, column, values).effects
        assert np.ptp(quick - slow) < 1e-9


def test_partial_dependence_is_that_of_scikit_learn():
    forest = RandomForestRegressor(10, random_state=0).fit(X, X[:, 0] * X[:, 1] + X[:, 2])
    values = grid_of(X[:, 0], 12)
    known = sklearn_dependence(forest, X, [0], method="brute", kind="average", custom_values={0: values})
    assert np.ptp(partial_dependence(forest.predict, X, 0, values).effects - known["average"][0]) < 1e-9


def test_a_product_is_worked_out_by_hand():
    x = np.array([[0.0, 1], [1, 2], [2, 6]])
    values = np.array([0.0, 1, 2])

    def product(rows):
        return rows[:, 0] * rows[:, 1]

    local = accumulated_local_effects(product, x, 0, values).effects
    assert np.diff(local).tolist() == [1.5, 6.0]  # the second column's mean among the rows of each step
    assert np.diff(partial_dependence(lambda rows: rows[:, 0] * rows[:, 1], x, 0, values).effects) == pytest.approx(
        [3, 3]
    )


def test_with_twins_that_interact_local_effects_are_right_and_partial_dependence_is_not():
    rng = np.random.default_rng(1)
    first = rng.normal(size=4000)
    x = np.column_stack([first, 0.95 * first + np.sqrt(1 - 0.95**2) * rng.normal(size=4000)])
    values = grid_of(first, 20)

    def apart(rows):
        return (rows[:, 0] - rows[:, 1]) ** 2

    # the slope of the output at x is on average 2 (x - 0.95 x) where people are, so that the effect is 0.05 x squared
    truth = 0.05 * values**2
    local, dependence = accumulated_local_effects(apart, x, 0, values), partial_dependence(apart, x, 0, values)
    assert np.ptp(local.effects - truth) < 0.2 and np.ptp(dependence.effects - truth) > 3
    assert (np.abs(local.effects - local.effects[10] - truth + truth[10]) <= 2 * local.half_widths() + 0.05).all()


def test_intervals_hold_the_curve_of_all_rows():
    rng = np.random.default_rng(2)
    many = rng.normal(size=(4000, 3))

    def f(rows):
        return rows[:, 0] * (1 + rows[:, 1])

    values, inside = grid_of(many[:, 0], 8), {"pd": [], "ale": []}
    for name, curve in (("pd", partial_dependence), ("ale", accumulated_local_effects)):
        truth = curve(f, many, 0, values)
        for _ in range(60):
            few = curve(f, many[rng.integers(0, 4000, 150)], 0, values)
            low, high = few.range()[1:]
            inside[name].append(low <= truth.range()[0] <= high)
    assert min(map(np.mean, inside.values())) >= 0.88


def test_the_grid_is_of_real_values_without_the_least_and_the_largest():
    values = grid_of(X[:, 0], 15)
    assert np.isin(values, X[:, 0]).all() and values[0] > X[:, 0].min() and values[-1] < X[:, 0].max()
    assert grid_of(np.array([1.0, 1, np.nan]), 5).tolist() == [1.0]
