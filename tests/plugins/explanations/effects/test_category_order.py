"""The order of categories, and accumulated local effects along it."""

import numpy as np
import pytest

from auditkit.plugins.explanations.effects.category_order import category_order
from auditkit.plugins.explanations.effects.curves import accumulated_local_effects

RNG = np.random.default_rng(0)
CODES = np.array([2.0, 0.0, 3.0, 1.0])
"""Of towns along a river: the code of each, from the spring to the sea."""


def people(rows=600):
    """A town, the height at which people live, and whether they fish: both go with the place along the river."""
    place = RNG.integers(0, 4, rows)
    fishes = RNG.random(rows) < 0.2 + 0.2 * place
    return np.column_stack([CODES[place], -2 * place + RNG.normal(size=rows), fishes]).astype(float), place


def test_categories_are_put_in_the_order_that_the_other_columns_tell():
    x, _ = people()
    for numeric in ([False, True, False], [False, True, True]):
        ordered = category_order(x, 0, np.unique(x[:, 0]), np.array(numeric))
        assert ordered.tolist() in (CODES.tolist(), CODES[::-1].tolist())
    x[::7, 1] = np.nan
    assert sorted(category_order(x, 0, np.unique(x[:, 0]), np.array([False, True, False]))) == [0, 1, 2, 3]


def test_nothing_that_tells_them_apart_leaves_some_order():
    x = np.column_stack([np.arange(60) % 3, np.ones(60)]).astype(float)
    assert sorted(category_order(x, 0, np.arange(3.0), np.array([False, True]))) == [0, 1, 2]


def test_a_term_of_a_sum_is_given_whatever_the_order():
    x, place = people()
    effect = np.array([0.0, 3.0, -1.0, 2.0])
    curve = accumulated_local_effects(lambda rows: effect[rows[:, 0].astype(int)] + rows[:, 1], x, 0, CODES, True)
    assert np.ptp(curve.effects - effect[CODES.astype(int)]) < 1e-9
    # on average 0 over the rows
    assert abs(curve.effects[place].mean()) < 1e-9 and curve.range()[0] == pytest.approx(4)


def test_steps_are_those_of_people_on_both_sides_by_hand():
    x, place = people(40)

    def ask(rows):
        return np.where(rows[:, 0] == CODES[2], rows[:, 1], 0.0)

    curve, steps = accumulated_local_effects(ask, x, 0, CODES, True), []
    for step in range(3):
        near = x[(place == step) | (place == step + 1)]
        ends = [near.copy(), near.copy()]
        for end, code in zip(ends, CODES[step : step + 2], strict=True):
            end[:, 0] = code
        steps.append((ask(ends[1]) - ask(ends[0])).mean())
    assert np.diff(curve.effects) == pytest.approx(steps)
